// The addon's entry: one JavaScript class per kernel handle, and some functions. src/native/index.ts is its only user.
#include <napi.h>

#include "addon_data.h"
#include "bpf_link.h"
#include "bpf_map.h"
#include "bpf_object.h"
#include "bpf_program.h"
#include "gso_device.h"
#include "netlink_socket.h"
#include "packet_socket.h"
#include "ring_buffer.h"
#include "system.h"
#include "tap_device.h"
#include "xsk_socket.h"

namespace {

Napi::Value SetErrorClass(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).error_class = Napi::Persistent(ReadFunction(info[0], "errorClass"));
  return info.Env().Undefined();
}

template <typename Class>
Napi::FunctionReference ExportClass(Napi::Env env, Napi::Object exports, const char* name) {
  Napi::Function constructor = Class::Define(env);
  exports[name] = constructor;
  return Napi::Persistent(constructor);
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  auto* data = new AddonData();
  env.SetInstanceData(data);  // owned by the environment from here
  data->bpf_object = ExportClass<BpfObject>(env, exports, "BpfObject");
  data->bpf_map = ExportClass<BpfMap>(env, exports, "BpfMap");
  data->bpf_program = ExportClass<BpfProgram>(env, exports, "BpfProgram");
  data->bpf_link = ExportClass<BpfLink>(env, exports, "BpfLink");
  data->xsk_socket = ExportClass<XskSocket>(env, exports, "XskSocket");
  ExportClass<RingBuffer>(env, exports, "RingBuffer");
  ExportClass<NetlinkSocket>(env, exports, "NetlinkSocket");
  ExportClass<PacketSocket>(env, exports, "PacketSocket");
  ExportClass<GsoDevice>(env, exports, "GsoDevice");
  ExportClass<TapDevice>(env, exports, "TapDevice");
  DefineInterfaceFunctions(env, exports);
  DefineProcessFunctions(env, exports);
  DefineBpffsFunctions(env, exports);
  DefineProbeFunctions(env, exports);
  DefineInterfaceProgramFunctions(env, exports);
  Export<SetErrorClass>(env, exports, "setErrorClass");
  return exports;
}

}  // namespace

NODE_API_MODULE(vtepd, Initialize)
