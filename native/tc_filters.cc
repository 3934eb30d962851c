#include "tc_filters.h"

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "fd.h"

namespace {

constexpr size_t kReplyBytes = 32768;

const rtattr* Find(const rtattr* attribute, size_t size, unsigned short type) {
  for (; RTA_OK(attribute, size); attribute = RTA_NEXT(attribute, size)) {
    if ((attribute->rta_type & NLA_TYPE_MASK) == type) return attribute;
  }
  return nullptr;
}

uint32_t ProgramOf(const nlmsghdr* message) {
  auto* tc = static_cast<tcmsg*>(NLMSG_DATA(const_cast<nlmsghdr*>(message)));
  const size_t size = message->nlmsg_len - NLMSG_LENGTH(sizeof *tc);
  const auto* first = reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(tc) + NLMSG_ALIGN(sizeof *tc));
  const rtattr* kind = Find(first, size, TCA_KIND);
  const rtattr* options = Find(first, size, TCA_OPTIONS);
  if (!kind || !options || strcmp(static_cast<const char*>(RTA_DATA(kind)), "bpf") != 0) return 0;
  const rtattr* id = Find(static_cast<const rtattr*>(RTA_DATA(options)), RTA_PAYLOAD(options), TCA_BPF_ID);
  uint32_t program = 0;
  if (id && RTA_PAYLOAD(id) >= sizeof program) memcpy(&program, RTA_DATA(id), sizeof program);
  return program;
}

// Whether the whole list has come. A filter of the kernel's own making, without handle, is its root: not a filter.
bool Read(Fd& fd, std::vector<TcFilter>& filters) {
  alignas(nlmsghdr) char buffer[kReplyBytes];
  for (;;) {
    const ssize_t received = recv(fd.get(), buffer, sizeof buffer, 0);
    if (received <= 0) return false;
    size_t size = received;
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(message, size);
         message = NLMSG_NEXT(message, size)) {
      if (message->nlmsg_type == NLMSG_DONE) return true;
      if (message->nlmsg_type == NLMSG_ERROR) return false;
      if (message->nlmsg_type != RTM_NEWTFILTER) continue;
      const auto* tc = static_cast<tcmsg*>(NLMSG_DATA(message));
      if (tc->tcm_handle != 0) filters.push_back({TC_H_MAJ(tc->tcm_info) >> 16, tc->tcm_handle, ProgramOf(message)});
    }
  }
}

}  // namespace

bool ListFilters(uint32_t ifindex, uint32_t side, std::vector<TcFilter>& filters) {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd.open()) return false;
  struct {
    nlmsghdr header;
    tcmsg tc;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETTFILTER;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.tc.tcm_family = AF_UNSPEC;
  request.tc.tcm_ifindex = static_cast<int>(ifindex);
  request.tc.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side);
  return send(fd.get(), &request, sizeof request, 0) >= 0 && Read(fd, filters);
}
