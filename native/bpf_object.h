// One BPF object file, loaded from memory. Its maps and programs are handles of their own: closing the object does not
// take them away.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <string>

#include "handle.h"

class BpfObject : public Handle<BpfObject> {
 public:
  struct Parts {
    bpf_object* object;
    std::string verifier_log;
  };

  static Napi::Function Define(Napi::Env env);
  explicit BpfObject(const Napi::CallbackInfo& info);
  ~BpfObject() override;

 private:
  static Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value Map(const Napi::CallbackInfo& info);
  Napi::Value Program(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  bpf_object* open() const;

  bpf_object* object_ = nullptr;
};
