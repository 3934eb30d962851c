// A TAP device that only takes frames in: what is written appears as received by the device, super-packets of tunnels
// included (Linux 6.17). It exists as long as the handle is open.
#pragma once

#include <napi.h>

#include "fd.h"
#include "handle.h"
#include "netns.h"

class GsoDevice : public Handle<GsoDevice> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit GsoDevice(const Napi::CallbackInfo& info);

 private:
  void Open(const Napi::CallbackInfo& info);
  Napi::Value Send(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  Fd fd_;
};
