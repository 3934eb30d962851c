// One loaded BPF program.
#pragma once

#include <bpf/bpf.h>
#include <napi.h>

#include <string>

#include "fd.h"
#include "handle.h"

class BpfProgram : public Handle<BpfProgram> {
 public:
  struct Parts {
    Fd fd;
    std::string name;
  };

  static Napi::Function Define(Napi::Env env);
  static Napi::Object Wrap(Napi::Env env, Fd fd, std::string name);
  static BpfProgram* Of(Napi::Value value);

  explicit BpfProgram(const Napi::CallbackInfo& info);
  int fd() const;
  const std::string& name() const { return name_; }

 private:
  static Napi::Value OpenPinned(const Napi::CallbackInfo& info);
  static Napi::Value OpenById(const Napi::CallbackInfo& info);
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value GetMapIds(const Napi::CallbackInfo& info);
  Napi::Value TestRun(const Napi::CallbackInfo& info);
  Napi::Value TestRunAsync(const Napi::CallbackInfo& info);
  Napi::Value Pin(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  Fd fd_;
  std::string name_;
};
