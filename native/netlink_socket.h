// One netlink socket. It moves messages; what they mean is TypeScript's business.
#pragma once

#include <napi.h>

#include <optional>

#include "fd.h"
#include "handle.h"
#include "netlink_thread.h"
#include "poller.h"

class NetlinkSocket : public Handle<NetlinkSocket> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NetlinkSocket(const Napi::CallbackInfo& info);

 private:
  void Open(const Napi::CallbackInfo& info);
  void OnReadable();
  NetlinkBatch Receive();
  void Deliver(size_t used);
  void StopPolling();
  int fd() const;
  void Membership(const Napi::CallbackInfo& info, int option, const char* verb);

  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Send(const Napi::CallbackInfo& info);
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  Napi::Value JoinGroup(const Napi::CallbackInfo& info);
  Napi::Value LeaveGroup(const Napi::CallbackInfo& info);
  Napi::Value AttachFilter(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  Fd fd_;
  bool threaded_ = false;
  std::optional<LoopCallback> on_messages_, on_overrun_, on_error_;
  // The area that messages are handed over in: JavaScript's memory, so that none is copied.
  Napi::Reference<Napi::ArrayBuffer> area_;
  std::optional<NetlinkThread> thread_;
  std::optional<Poller> poller_;
};
