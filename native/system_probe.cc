// What this kernel can do, found by trying it. Attachments are tried on the loopback of a namespace made for it, where
// they concern nobody.
#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <thread>

#include "arguments.h"
#include "bpf_link.h"
#include "netns.h"
#include "system.h"

namespace {

constexpr uint32_t kLoopback = 1;  // in every namespace

// A program that only returns `verdict`.
Fd LoadTrivial(bpf_prog_type type, int verdict) {
  const bpf_insn code[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, verdict},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  Fd fd(bpf_prog_load(type, "vtepd_probe", "Dual BSD/GPL", code, 2, nullptr));
  if (!fd.open()) FailErrno("bpf(BPF_PROG_LOAD)", "load a probe program");
  return fd;
}

// Whether a link can be made in a fresh namespace. Missing permission is an error, not an answer.
bool CanAttachToLoopback(bpf_prog_type type, uint32_t attach_type, uint32_t flags) {
  int result = 0;
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      if (unshare(CLONE_NEWNET) != 0) FailErrno("unshare", "make a network namespace to probe in");
      const Fd program = LoadTrivial(type, 0);
      result = CreateInterfaceLink(program.get(), kLoopback, attach_type, flags);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
  if (result == -EPERM) throw NativeFailure(EPERM, "bpf(BPF_LINK_CREATE)", "probe a link");
  const Fd link(result);
  return result >= 0;
}

Napi::Value ProbeTcx(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), CanAttachToLoopback(BPF_PROG_TYPE_SCHED_CLS, kAttachTcxIngress, 0));
}

Napi::Value ProbeXdpLink(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), CanAttachToLoopback(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_FLAGS_SKB_MODE));
}

Napi::Value ProbeXsk(const Napi::CallbackInfo& info) {
  const Fd fd(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd.open() && (errno == EPERM || errno == EACCES)) FailErrno("socket", "probe AF_XDP");
  return Napi::Boolean::New(info.Env(), fd.open());
}

Napi::Value ProbeMapBatch(const Napi::CallbackInfo& info) {
  const Fd map(bpf_map_create(BPF_MAP_TYPE_HASH, "vtepd_probe", 4, 4, 1, nullptr));
  if (!map.open()) FailErrno("bpf(BPF_MAP_CREATE)", "make a map to probe");
  uint32_t key = 1, value = 1, count = 1;
  return Napi::Boolean::New(info.Env(), bpf_map_update_batch(map.get(), &key, &value, &count, nullptr) == 0);
}

Napi::Value ProbeXdp(const Napi::CallbackInfo& info) {
  const uint32_t ifindex = ReadUint32(info[0], "ifindex");
  const std::string mode = ReadString(info[1], "mode");
  if (mode != "native" && mode != "generic") FailArgument("mode must be \"native\" or \"generic\"");
  constexpr int kXdpPass = 2;
  const Fd program = LoadTrivial(BPF_PROG_TYPE_XDP, kXdpPass);
  const Fd link(Netns::FromJavaScript(info[2]).Run([&] {
    return CreateInterfaceLink(program.get(), ifindex, BPF_XDP,
                               mode == "native" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
  }));
  // EBUSY and EEXIST: a program is there, so the driver takes one.
  const bool able = link.get() >= 0 || link.get() == -EBUSY || link.get() == -EEXIST;
  if (link.get() == -EPERM) throw NativeFailure(EPERM, "bpf(BPF_LINK_CREATE)", "probe XDP");
  return Napi::Boolean::New(info.Env(), able);
}

}  // namespace

void DefineProbeFunctions(Napi::Env env, Napi::Object exports) {
  Export<ProbeTcx>(env, exports, "probeTcx");
  Export<ProbeXdpLink>(env, exports, "probeXdpLink");
  Export<ProbeXsk>(env, exports, "probeXsk");
  Export<ProbeMapBatch>(env, exports, "probeMapBatch");
  Export<ProbeXdp>(env, exports, "probeXdp");
}
