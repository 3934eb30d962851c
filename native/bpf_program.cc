#include "bpf_program.h"

#include <algorithm>
#include <array>

#include "addon_data.h"
#include "bpf_map.h"
#include "test_run.h"

namespace {

constexpr size_t kMostMaps = 64;  // as the kernel limits a program

}  // namespace

Napi::Function BpfProgram::Define(Napi::Env env) {
  return DefineClass(env, "BpfProgram",
                     {
                         Static<&BpfProgram::OpenPinned>("openPinned"),
                         Static<&BpfProgram::OpenById>("openById"),
                         Getter<&BpfProgram::GetFd>("fd"),
                         Getter<&BpfProgram::GetMapIds>("mapIds"),
                         Method<&BpfProgram::TestRun>("testRun"),
                         Method<&BpfProgram::TestRunAsync>("testRunAsync"),
                         Method<&BpfProgram::Pin>("pin"),
                         Method<&BpfProgram::Close>("close"),
                     });
}

Napi::Object BpfProgram::Wrap(Napi::Env env, Fd fd, std::string name) {
  Parts parts{std::move(fd), std::move(name)};
  return New(env, AddonData::Of(env).bpf_program, parts);
}

BpfProgram* BpfProgram::Of(Napi::Value value) {
  return From(value, AddonData::Of(value.Env()).bpf_program, "BpfProgram");
}

BpfProgram::BpfProgram(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] {
    Parts& parts = PartsOf<Parts>(info, "BpfObject.program() or BpfProgram.openPinned()");
    fd_ = std::move(parts.fd);
    bpf_prog_info kernel{};
    uint32_t size = sizeof kernel;
    if (bpf_obj_get_info_by_fd(fd_.get(), &kernel, &size) != 0)
      FailErrno("bpf(BPF_OBJ_GET_INFO_BY_FD)", "read about program " + parts.name);
    name_ = parts.name.empty() ? kernel.name : parts.name;
    Napi::Env env = info.Env();
    info.This().As<Napi::Object>().DefineProperties({
        Napi::PropertyDescriptor::Value("name", Napi::String::New(env, name_), napi_enumerable),
        Napi::PropertyDescriptor::Value("id", Napi::Number::New(env, kernel.id), napi_enumerable),
        Napi::PropertyDescriptor::Value("type", Napi::Number::New(env, kernel.type), napi_enumerable),
    });
  });
}

int BpfProgram::fd() const {
  if (!fd_.open()) FailClosed("BpfProgram");
  return fd_.get();
}

Napi::Value BpfProgram::OpenPinned(const Napi::CallbackInfo& info) {
  const std::string path = ReadString(info[0], "path");
  return Wrap(info.Env(), OpenPinnedObject(path, "prog"), "");
}

Napi::Value BpfProgram::OpenById(const Napi::CallbackInfo& info) {
  const uint32_t id = ReadUint32(info[0], "id");
  Fd fd(bpf_prog_get_fd_by_id(id));
  if (!fd.open()) FailErrno("bpf(BPF_PROG_GET_FD_BY_ID)", "open program " + std::to_string(id));
  return Wrap(info.Env(), std::move(fd), "");
}

Napi::Value BpfProgram::GetMapIds(const Napi::CallbackInfo& info) {
  std::array<uint32_t, kMostMaps> ids{};
  bpf_prog_info kernel{};
  kernel.map_ids = reinterpret_cast<uint64_t>(ids.data());
  kernel.nr_map_ids = ids.size();
  uint32_t size = sizeof kernel;
  if (bpf_obj_get_info_by_fd(fd(), &kernel, &size) != 0)
    FailErrno("bpf(BPF_OBJ_GET_INFO_BY_FD)", "read about program " + name_);
  const uint32_t count = std::min<uint32_t>(kernel.nr_map_ids, ids.size());
  Napi::Array result = Napi::Array::New(info.Env(), count);
  for (uint32_t at = 0; at < count; at++) result[at] = ids[at];
  return result;
}

Napi::Value BpfProgram::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value BpfProgram::TestRun(const Napi::CallbackInfo& info) {
  TestRunRequest request(Fd::Duplicate(fd()), name_, Options(info[0]));
  request.OnSuitableThread([&] { request.Run(request.repeat); });
  return request.Result(info.Env());
}

Napi::Value BpfProgram::TestRunAsync(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  TestRunRequest request(Fd::Duplicate(fd()), name_, options);
  return StartTestRunThread(info.Env(), std::move(request), options);
}

Napi::Value BpfProgram::Pin(const Napi::CallbackInfo& info) {
  PinObject(fd(), ReadString(info[0], "path"), "program " + name_);
  return info.Env().Undefined();
}

Napi::Value BpfProgram::Close(const Napi::CallbackInfo& info) {
  fd_.Close();
  return info.Env().Undefined();
}
