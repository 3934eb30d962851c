// What concerns this process: clock, CPUs, capabilities, namespace, and the service manager that started it.
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "arguments.h"
#include "netns.h"
#include "system.h"

namespace {

constexpr uint64_t kTickNs = 100'000'000;

struct Capability {
  const char* name;
  int bit;
};

constexpr Capability kCapabilities[] = {
    {"CAP_NET_ADMIN", CAP_NET_ADMIN}, {"CAP_NET_RAW", CAP_NET_RAW},     {"CAP_BPF", CAP_BPF},
    {"CAP_PERFMON", CAP_PERFMON},     {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
};

Napi::Value MonotonicCoarseTicks(const Napi::CallbackInfo& info) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  const uint64_t ns = static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
  return Napi::Number::New(info.Env(), static_cast<uint32_t>(ns / kTickNs));
}

Napi::Value PossibleCpus(const Napi::CallbackInfo& info) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) throw NativeFailure(-cpus, "libbpf_num_possible_cpus", "count the possible CPUs");
  return Napi::Number::New(info.Env(), cpus);
}

Napi::Value SetAffinity(const Napi::CallbackInfo& info) {
  const uint32_t cpu = ReadUint32(info[0], "cpu");
  if (cpu >= CPU_SETSIZE) FailArgument("cpu must be below " + std::to_string(CPU_SETSIZE));
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) FailErrno("sched_setaffinity", "run on CPU " + std::to_string(cpu));
  return info.Env().Undefined();
}

Napi::Value Capabilities(const Napi::CallbackInfo& info) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, data) != 0) FailErrno("capget", "read the capabilities");
  Napi::Array names = Napi::Array::New(info.Env());
  for (const Capability& capability : kCapabilities) {
    if (data[capability.bit / 32].effective & (1u << (capability.bit % 32))) names[names.Length()] = capability.name;
  }
  return names;
}

Napi::Value EnterNetns(const Napi::CallbackInfo& info) {
  if (IsAbsent(info[0])) FailArgument("netns must be a path or a descriptor");
  Netns::FromJavaScript(info[0]).Enter();
  return info.Env().Undefined();
}

Napi::Value NotifySystemd(const Napi::CallbackInfo& info) {
  const std::string state = ReadString(info[0], "state");
  const char* path = getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!path || !*path) return Napi::Boolean::New(info.Env(), false);
  const size_t length = strlen(path);
  if (length >= sizeof address.sun_path) FailArgument("NOTIFY_SOCKET is too long");
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const socklen_t size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.open()) FailErrno("socket", "notify systemd");
  if (sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size) < 0)
    FailErrno("sendto", std::string("notify systemd at ") + path);
  return Napi::Boolean::New(info.Env(), true);
}

}  // namespace

void DefineProcessFunctions(Napi::Env env, Napi::Object exports) {
  Export<MonotonicCoarseTicks>(env, exports, "monotonicCoarseTicks");
  Export<PossibleCpus>(env, exports, "possibleCpus");
  Export<SetAffinity>(env, exports, "setAffinity");
  Export<Capabilities>(env, exports, "capabilities");
  Export<EnterNetns>(env, exports, "enterNetns");
  Export<NotifySystemd>(env, exports, "notifySystemd");
}
