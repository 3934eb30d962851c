// What the addon keeps per JavaScript environment (main thread or worker): the constructors of its classes.
#pragma once

#include <napi.h>

struct AddonData {
  Napi::FunctionReference error_class;
  Napi::FunctionReference bpf_map;
  Napi::FunctionReference bpf_program;
  Napi::FunctionReference bpf_link;
  Napi::FunctionReference bpf_object;
  Napi::FunctionReference xsk_socket;

  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }
};
