#include "clsact.h"

#include <bpf/libbpf.h>
#include <linux/pkt_sched.h>

#include <cerrno>
#include <string>
#include <vector>

#include "libbpf_log.h"
#include "native_failure.h"
#include "tc_filters.h"

namespace {

std::string OnInterface(const char* verb, uint32_t ifindex) {
  return std::string(verb) + " interface " + std::to_string(ifindex);
}

bpf_tc_hook HookOf(uint32_t ifindex, int attach_point) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(ifindex);
  hook.attach_point = static_cast<bpf_tc_attach_point>(attach_point);
  return hook;
}

// Is there any filter on this side of the qdisc? When in doubt: yes. Called in the interface's namespace.
bool HasFilters(uint32_t ifindex, uint32_t side) {
  std::vector<TcFilter> filters;
  return !ListFilters(ifindex, side, filters) || !filters.empty();
}

}  // namespace

ClsactFilter ClsactFilter::Attach(int program_fd, uint32_t ifindex, bool egress, uint32_t priority, uint32_t handle,
                                  Netns netns) {
  ClsactFilter filter;
  filter.netns_ = std::move(netns);
  filter.ifindex_ = ifindex;
  filter.egress_ = egress;
  filter.priority_ = priority;
  filter.handle_ = handle;
  filter.netns_.Run([&] {
    LibbpfLog log;
    bpf_tc_hook hook = HookOf(ifindex, egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
    const int status = bpf_tc_hook_create(&hook);
    if (status != 0 && status != -EEXIST)
      throw NativeFailure(-status, "bpf_tc_hook_create", OnInterface("make a clsact qdisc on", ifindex));
    filter.made_qdisc_ = status == 0;
    filter.AttachThere(program_fd);
    return 0;
  });
  return filter;
}

void ClsactFilter::AttachThere(int program_fd) {
  LibbpfLog log;
  bpf_tc_hook hook = HookOf(ifindex_, egress_ ? BPF_TC_EGRESS : BPF_TC_INGRESS);
  LIBBPF_OPTS(bpf_tc_opts, options);
  options.prog_fd = program_fd;
  options.priority = priority_;
  options.handle = handle_;
  options.flags = priority_ != 0 && handle_ != 0 ? BPF_TC_F_REPLACE : 0;
  const int status = bpf_tc_attach(&hook, &options);
  if (status != 0) {
    NativeFailure failure(-status, "bpf_tc_attach", OnInterface("attach a clsact filter to", ifindex_));
    failure.libbpf_log = log.Messages();
    throw failure;
  }
  priority_ = options.priority;
  handle_ = options.handle;
}

void ClsactFilter::Replace(int program_fd) {
  netns_.Run([&] {
    AttachThere(program_fd);
    return 0;
  });
}

void ClsactFilter::Detach() {
  netns_.Run([&] {
    LibbpfLog log;
    bpf_tc_hook hook = HookOf(ifindex_, egress_ ? BPF_TC_EGRESS : BPF_TC_INGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options);
    options.priority = priority_;
    options.handle = handle_;
    const int status = bpf_tc_detach(&hook, &options);
    if (status != 0 && status != -ENOENT && status != -ENODEV && status != -EINVAL)
      throw NativeFailure(-status, "bpf_tc_detach", OnInterface("remove a clsact filter from", ifindex_));
    if (made_qdisc_ && !HasFilters(ifindex_, TC_H_MIN_INGRESS) && !HasFilters(ifindex_, TC_H_MIN_EGRESS)) {
      bpf_tc_hook qdisc = HookOf(ifindex_, BPF_TC_INGRESS | BPF_TC_EGRESS);
      bpf_tc_hook_destroy(&qdisc);  // fails only if somebody else was faster
    }
    return 0;
  });
}

uint32_t ClsactFilter::ProgramId() const {
  return netns_.Run([&]() -> uint32_t {
    LibbpfLog log;
    bpf_tc_hook hook = HookOf(ifindex_, egress_ ? BPF_TC_EGRESS : BPF_TC_INGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options);
    options.priority = priority_;
    options.handle = handle_;
    return bpf_tc_query(&hook, &options) == 0 ? options.prog_id : 0;
  });
}
