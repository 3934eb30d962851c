// Programs on an interface that no handle of ours holds: they stay until somebody removes them or the interface goes.
// And what programs there are, by whomever. BpfLink is for those that are to go with the process.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "bpf_link.h"
#include "bpf_program.h"
#include "libbpf_log.h"
#include "netns.h"
#include "system.h"
#include "tc_filters.h"

namespace {

constexpr uint32_t kMostPrograms = 64;  // the kernel takes no more at one TCX hook

struct Placed {
  const char* hook;
  uint32_t program_id;
  uint32_t priority = 0;
  uint32_t handle = 0;
};

std::string On(uint32_t ifindex) { return " interface " + std::to_string(ifindex); }

// Laid out as the kernel has it, which headers before 6.6 do not know in full.
int TcxCall(int command, bpf_attr& attr) { return syscall(SYS_bpf, command, &attr, sizeof attr) < 0 ? -errno : 0; }

void ListXdp(uint32_t ifindex, std::vector<Placed>& found) {
  LIBBPF_OPTS(bpf_xdp_query_opts, query);
  const int status = bpf_xdp_query(static_cast<int>(ifindex), 0, &query);
  if (status != 0) throw NativeFailure(-status, "bpf_xdp_query", "ask for XDP programs of" + On(ifindex));
  if (query.drv_prog_id) found.push_back({"xdp", query.drv_prog_id});
  if (query.skb_prog_id) found.push_back({"xdp-generic", query.skb_prog_id});
  if (query.hw_prog_id) found.push_back({"xdp-offload", query.hw_prog_id});
}

// A kernel without TCX has none there.
void ListTcx(uint32_t ifindex, std::vector<Placed>& found) {
  uint32_t ids[kMostPrograms] = {};
  bpf_attr attr{};
  attr.query.target_fd = ifindex;
  attr.query.attach_type = kAttachTcxIngress;
  attr.query.prog_ids = reinterpret_cast<uint64_t>(ids);
  attr.query.prog_cnt = kMostPrograms;
  if (TcxCall(BPF_PROG_QUERY, attr) != 0) return;
  for (uint32_t at = 0; at < attr.query.prog_cnt; at++) found.push_back({"tcx", ids[at]});
}

void ListClsact(uint32_t ifindex, std::vector<Placed>& found) {
  std::vector<TcFilter> filters;
  ListFilters(ifindex, TC_H_MIN_INGRESS, filters);
  for (const TcFilter& filter : filters) {
    if (filter.program_id) found.push_back({"clsact", filter.program_id, filter.priority, filter.handle});
  }
}

Napi::Value ListPrograms(const Napi::CallbackInfo& info) {
  const uint32_t ifindex = ReadUint32(info[0], "ifindex");
  const auto found = Netns::FromJavaScript(info[1]).Run([&] {
    LibbpfLog log;
    std::vector<Placed> all;
    ListXdp(ifindex, all);
    ListTcx(ifindex, all);
    ListClsact(ifindex, all);
    return all;
  });
  Napi::Array result = Napi::Array::New(info.Env(), found.size());
  for (uint32_t at = 0; at < found.size(); at++) {
    Napi::Object one = Napi::Object::New(info.Env());
    one["hook"] = found[at].hook;
    one["programId"] = found[at].program_id;
    one["priority"] = found[at].priority;
    one["handle"] = found[at].handle;
    result[at] = one;
  }
  return result;
}

uint32_t XdpMode(const std::string& hook) { return hook == "xdp" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE; }

bpf_tc_hook IngressOf(uint32_t ifindex) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(ifindex);
  hook.attach_point = BPF_TC_INGRESS;
  return hook;
}

int PlaceTcx(int program_fd, uint32_t ifindex) {
  bpf_attr attr{};
  attr.target_fd = ifindex;
  attr.attach_bpf_fd = program_fd;
  attr.attach_type = kAttachTcxIngress;
  attr.attach_flags = kAttachBefore;
  return TcxCall(BPF_PROG_ATTACH, attr);
}

int RemoveTcx(int program_fd, uint32_t ifindex) {
  bpf_attr attr{};
  attr.target_fd = ifindex;
  attr.attach_bpf_fd = program_fd;
  attr.attach_type = kAttachTcxIngress;
  return TcxCall(BPF_PROG_DETACH, attr);
}

// Without a priority the kernel puts a filter before all others.
int PlaceClsact(int program_fd, uint32_t ifindex) {
  bpf_tc_hook hook = IngressOf(ifindex);
  LIBBPF_OPTS(bpf_tc_opts, options);
  options.prog_fd = program_fd;
  return bpf_tc_attach(&hook, &options);
}

int RemoveClsactFilter(uint32_t ifindex, uint32_t priority, uint32_t handle) {
  bpf_tc_hook hook = IngressOf(ifindex);
  LIBBPF_OPTS(bpf_tc_opts, options);
  options.priority = priority;
  options.handle = handle;
  return bpf_tc_detach(&hook, &options);
}

int Place(const std::string& hook, int program_fd, uint32_t ifindex) {
  if (hook == "tcx") return PlaceTcx(program_fd, ifindex);
  if (hook == "clsact") return PlaceClsact(program_fd, ifindex);
  return bpf_xdp_attach(static_cast<int>(ifindex), program_fd, XdpMode(hook) | XDP_FLAGS_UPDATE_IF_NOEXIST, nullptr);
}

int Remove(const std::string& hook, int program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle) {
  if (hook == "tcx") return RemoveTcx(program_fd, ifindex);
  if (hook == "clsact") return RemoveClsactFilter(ifindex, priority, handle);
  LIBBPF_OPTS(bpf_xdp_attach_opts, expected);
  expected.old_prog_fd = program_fd;
  return bpf_xdp_detach(static_cast<int>(ifindex), XdpMode(hook), &expected);
}

std::string ReadHook(const Options& options) {
  const std::string hook = options.String("hook");
  if (hook != "xdp" && hook != "xdp-generic" && hook != "tcx" && hook != "clsact")
    FailArgument("hook must be \"xdp\", \"xdp-generic\", \"tcx\" or \"clsact\"");
  return hook;
}

// Runs `attempt` in the namespace that the options name; a negative errno becomes a failure with libbpf's words.
template <typename Attempt>
void RunThere(const Options& options, const char* function, const std::string& what, Attempt&& attempt) {
  Netns::FromJavaScript(options.Get("netns")).Run([&] {
    LibbpfLog log;
    const int status = attempt();
    if (status == 0) return 0;
    NativeFailure failure(-status, function, what);
    failure.libbpf_log = log.Messages();
    throw failure;
  });
}

Napi::Value PlaceProgram(const Napi::CallbackInfo& info) {
  BpfProgram* program = BpfProgram::Of(info[0]);
  const uint32_t ifindex = ReadUint32(info[1], "ifindex");
  const Options options(info[2]);
  const std::string hook = ReadHook(options);
  RunThere(options, "attach", "attach program " + program->name() + " by " + hook + " to" + On(ifindex),
           [&] { return Place(hook, program->fd(), ifindex); });
  return info.Env().Undefined();
}

Napi::Value RemoveProgram(const Napi::CallbackInfo& info) {
  BpfProgram* program = BpfProgram::Of(info[0]);
  const uint32_t ifindex = ReadUint32(info[1], "ifindex");
  const Options options(info[2]);
  const std::string hook = ReadHook(options);
  const uint32_t priority = options.Uint32("priority", 0), handle = options.Uint32("handle", 0);
  RunThere(options, "detach", "detach program " + program->name() + " from" + On(ifindex),
           [&] { return Remove(hook, program->fd(), ifindex, priority, handle); });
  return info.Env().Undefined();
}

Napi::Value MakeClsact(const Napi::CallbackInfo& info) {
  const uint32_t ifindex = ReadUint32(info[0], "ifindex");
  const bool made = Netns::FromJavaScript(info[1]).Run([&] {
    LibbpfLog log;
    bpf_tc_hook hook = IngressOf(ifindex);
    const int status = bpf_tc_hook_create(&hook);
    if (status != 0 && status != -EEXIST)
      throw NativeFailure(-status, "bpf_tc_hook_create", "make a clsact qdisc on" + On(ifindex));
    return status == 0;
  });
  return Napi::Boolean::New(info.Env(), made);
}

// Filters of others keep it.
Napi::Value RemoveClsact(const Napi::CallbackInfo& info) {
  const uint32_t ifindex = ReadUint32(info[0], "ifindex");
  const bool removed = Netns::FromJavaScript(info[1]).Run([&] {
    LibbpfLog log;
    std::vector<TcFilter> filters;
    const bool known = ListFilters(ifindex, TC_H_MIN_INGRESS, filters) && ListFilters(ifindex, TC_H_MIN_EGRESS, filters);
    if (!known || !filters.empty()) return false;
    bpf_tc_hook hook = IngressOf(ifindex);
    hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    return bpf_tc_hook_destroy(&hook) == 0;
  });
  return Napi::Boolean::New(info.Env(), removed);
}

}  // namespace

void DefineInterfaceProgramFunctions(Napi::Env env, Napi::Object exports) {
  Export<ListPrograms>(env, exports, "listPrograms");
  Export<PlaceProgram>(env, exports, "placeProgram");
  Export<RemoveProgram>(env, exports, "removeProgram");
  Export<MakeClsact>(env, exports, "makeClsact");
  Export<RemoveClsact>(env, exports, "removeClsact");
}
