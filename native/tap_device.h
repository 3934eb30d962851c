// One TAP device without offloads. It exists as long as the handle is open.
#pragma once

#include <napi.h>

#include <optional>
#include <string>

#include "fd.h"
#include "frame_pool.h"
#include "handle.h"
#include "netns.h"
#include "poller.h"

class TapDevice : public Handle<TapDevice> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit TapDevice(const Napi::CallbackInfo& info);

 private:
  void Open(const Napi::CallbackInfo& info);
  void StopPolling();
  int fd() const;

  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Receive(const Napi::CallbackInfo& info);
  Napi::Value Send(const Napi::CallbackInfo& info);
  Napi::Value LastSendErrno(const Napi::CallbackInfo& info);
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  Fd fd_;
  uint32_t ifindex_ = 0;
  int last_send_error_ = 0;
  std::optional<FramePool> pool_;
  std::optional<LoopCallback> on_readable_;
  std::optional<Poller> poller_;
};
