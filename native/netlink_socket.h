// One netlink socket. It moves messages; what they mean is TypeScript's business.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <vector>

#include "fd.h"
#include "handle.h"
#include "poller.h"

class NetlinkSocket : public Handle<NetlinkSocket> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NetlinkSocket(const Napi::CallbackInfo& info);

 private:
  void Open(const Napi::CallbackInfo& info);
  void OnReadable();
  // Fills packed_ with the messages of one recvmmsg. Returns 0 or an errno; EAGAIN: nothing waits.
  int ReceiveSome();
  void Deliver();
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
  std::optional<LoopCallback> on_messages_, on_overrun_, on_error_;
  std::optional<Poller> poller_;
  std::unique_ptr<uint8_t[]> datagrams_;  // kBatch receive areas, allocated at start()
  std::vector<uint8_t> packed_;
  // The last recvmmsg took all the time it may.
  bool is_slow_ = false;
};
