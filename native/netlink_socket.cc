#include "netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "arguments.h"
#include "bpf_program.h"
#include "netns.h"
#include "socket_options.h"

namespace {

// The kernel fills dump datagrams up to 32 KiB, however large the buffer. So many together are some 3000 forwarding
// entries, which JavaScript reads in a few milliseconds.
constexpr size_t kBatch = 8;
constexpr size_t kDatagram = 32768;
// Rounds of recvmmsg before the event loop gets its turn again, if they bring notifications, which are small.
constexpr int kRounds = 16;
constexpr size_t kEnoughBytes = 64 << 10;
// A dump is made while it is read, and each datagram of a large table costs milliseconds: the kernel walks the table
// from its beginning for every one. So reading ends after this time, too.
constexpr long kReadNanoseconds = 2'000'000;
constexpr uint32_t kDefaultReceiveBuffer = 8 << 20;

}  // namespace

Napi::Function NetlinkSocket::Define(Napi::Env env) {
  return DefineClass(env, "NetlinkSocket",
                     {
                         Getter<&NetlinkSocket::GetFd>("fd"),
                         Method<&NetlinkSocket::Send>("send"),
                         Method<&NetlinkSocket::Start>("start"),
                         Method<&NetlinkSocket::Stop>("stop"),
                         Method<&NetlinkSocket::JoinGroup>("joinGroup"),
                         Method<&NetlinkSocket::LeaveGroup>("leaveGroup"),
                         Method<&NetlinkSocket::AttachFilter>("attachFilter"),
                         Method<&NetlinkSocket::Close>("close"),
                     });
}

NetlinkSocket::NetlinkSocket(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] { Open(info); });
}

void NetlinkSocket::Open(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const uint32_t protocol = options.Uint32("protocol", NETLINK_ROUTE);
  fd_ = Netns::FromJavaScript(options.Get("netns")).OpenSocket(AF_NETLINK, SOCK_RAW, protocol, "netlink socket");
  SetReceiveBuffer(fd_.get(), options.Uint32("receiveBufferBytes", kDefaultReceiveBuffer));
  // Both are refinements of what the kernel tells us: an old kernel without them works too.
  TrySetSocketOption(fd_.get(), SOL_NETLINK, NETLINK_EXT_ACK, 1);
  if (options.Bool("strict", true)) TrySetSocketOption(fd_.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);

  if (const auto filter = options.OptionalBytes("filter")) AttachClassicFilter(fd_.get(), *filter);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    FailErrno("bind", "bind a netlink socket");
  socklen_t size = sizeof address;
  if (getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    FailErrno("getsockname", "read the netlink port");
  if (options.Has("groups")) {
    if (!options.Get("groups").IsArray()) FailArgument("groups must be an array of group numbers");
    Napi::Array groups = options.Get("groups").As<Napi::Array>();
    for (uint32_t i = 0; i < groups.Length(); i++) {
      const uint32_t group = ReadUint32(groups.Get(i), "groups");
      SetSocketOption(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group,
                      "join netlink group " + std::to_string(group));
    }
  }
  info.This().As<Napi::Object>().DefineProperties({
      Napi::PropertyDescriptor::Value("portId", Napi::Number::New(info.Env(), address.nl_pid), napi_enumerable),
      Napi::PropertyDescriptor::Value("receiveBufferBytes",
                                      Napi::Number::New(info.Env(), GetSocketOption(fd_.get(), SOL_SOCKET, SO_RCVBUF)),
                                      napi_enumerable),
  });
}

int NetlinkSocket::fd() const {
  if (!fd_.open()) FailClosed("NetlinkSocket");
  return fd_.get();
}

Napi::Value NetlinkSocket::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value NetlinkSocket::Send(const Napi::CallbackInfo& info) {
  const Bytes messages = ReadBytes(info[0], "messages");
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (sendto(fd(), messages.data, messages.size, 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel) < 0)
    FailErrno("sendto", "send " + std::to_string(messages.size) + " bytes of netlink requests");
  return info.Env().Undefined();
}

Napi::Value NetlinkSocket::Start(const Napi::CallbackInfo& info) {
  if (poller_) FailArgument("the socket is started already");
  const int socket = fd();
  on_messages_.emplace(ReadFunction(info[0], "onMessages"), "vtepd.NetlinkSocket");
  on_overrun_.emplace(ReadFunction(info[1], "onOverrun"), "vtepd.NetlinkSocket");
  on_error_.emplace(ReadFunction(info[2], "onError"), "vtepd.NetlinkSocket");
  // Not zeroed: only the pages that datagrams reach become resident.
  datagrams_ = std::make_unique_for_overwrite<uint8_t[]>(kBatch * kDatagram);
  poller_.emplace(info.Env(), socket, [this] { OnReadable(); });
  Ref();
  return info.Env().Undefined();
}

int NetlinkSocket::ReceiveSome() {
  mmsghdr headers[kBatch];
  iovec areas[kBatch];
  for (size_t i = 0; i < kBatch; i++) {
    areas[i] = {datagrams_.get() + i * kDatagram, kDatagram};
    headers[i] = {};
    headers[i].msg_hdr.msg_iov = &areas[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  packed_.clear();
  is_slow_ = false;
  timespec left{0, kReadNanoseconds};
  const int count = recvmmsg(fd_.get(), headers, kBatch, MSG_DONTWAIT, &left);
  if (count < 0) return errno;
  is_slow_ = left.tv_sec == 0 && left.tv_nsec == 0;
  for (int i = 0; i < count; i++) {
    // A cut datagram lost messages, as an overrun does.
    if (headers[i].msg_hdr.msg_flags & MSG_TRUNC) return ENOBUFS;
    const uint8_t* from = datagrams_.get() + i * kDatagram;
    packed_.insert(packed_.end(), from, from + headers[i].msg_len);
    packed_.resize(NLMSG_ALIGN(packed_.size()));
  }
  return 0;
}

void NetlinkSocket::Deliver() {
  if (packed_.empty()) return;
  on_messages_->Call({Napi::Buffer<uint8_t>::Copy(on_messages_->Env(), packed_.data(), packed_.size())});
}

void NetlinkSocket::OnReadable() {
  // Each callback may stop or close the socket.
  for (int round = 0; round < kRounds && poller_; round++) {
    const int error = ReceiveSome();
    if (error == EAGAIN || error == EINTR) return;
    Deliver();
    if (!poller_) return;
    if (error == ENOBUFS) {
      on_overrun_->Call({});
    } else if (error != 0) {
      Napi::Env env = on_error_->Env();
      on_error_->Call({NativeFailure(error, "recvmmsg", "receive netlink messages").ToJavaScript(env).Value()});
    }
    if (is_slow_ || packed_.size() >= kEnoughBytes) return;
  }
}

void NetlinkSocket::StopPolling() {
  if (!poller_) return;
  poller_.reset();
  Unref();
}

Napi::Value NetlinkSocket::Stop(const Napi::CallbackInfo& info) {
  StopPolling();
  return info.Env().Undefined();
}

void NetlinkSocket::Membership(const Napi::CallbackInfo& info, int option, const char* verb) {
  const uint32_t group = ReadUint32(info[0], "group");
  SetSocketOption(fd(), SOL_NETLINK, option, group, std::string(verb) + " netlink group " + std::to_string(group));
}

Napi::Value NetlinkSocket::JoinGroup(const Napi::CallbackInfo& info) {
  Membership(info, NETLINK_ADD_MEMBERSHIP, "join");
  return info.Env().Undefined();
}

Napi::Value NetlinkSocket::LeaveGroup(const Napi::CallbackInfo& info) {
  Membership(info, NETLINK_DROP_MEMBERSHIP, "leave");
  return info.Env().Undefined();
}

Napi::Value NetlinkSocket::AttachFilter(const Napi::CallbackInfo& info) {
  const BpfProgram* program = BpfProgram::Of(info[0]);
  SetSocketOption(fd(), SOL_SOCKET, SO_ATTACH_BPF, program->fd(), "filter a netlink socket by " + program->name());
  return info.Env().Undefined();
}

Napi::Value NetlinkSocket::Close(const Napi::CallbackInfo& info) {
  StopPolling();
  fd_.Close();
  return info.Env().Undefined();
}
