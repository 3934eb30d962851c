#include "netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "arguments.h"
#include "bpf_program.h"
#include "netns.h"
#include "socket_options.h"

namespace {

// An answer often leads to the next question, which the kernel answers while it is asked: so many are one turn of the
// event loop. After more than a few messages others have their turn.
constexpr int kRounds = 16;
constexpr size_t kFewBytes = 4 << 10;
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

  threaded_ = options.Bool("thread", false);

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
  area_ = Napi::Reference<Napi::ArrayBuffer>::New(Napi::ArrayBuffer::New(info.Env(), kNetlinkArea), 1);
  if (threaded_) thread_.emplace(socket);
  poller_.emplace(info.Env(), threaded_ ? thread_->ready_fd() : socket, [this] { OnReadable(); });
  Ref();
  return info.Env().Undefined();
}

NetlinkBatch NetlinkSocket::Receive() {
  Napi::ArrayBuffer area = area_.Value();
  // JavaScript could have moved it to somebody else.
  if (area.ByteLength() != kNetlinkArea) return {0, EFAULT};
  auto* bytes = static_cast<uint8_t*>(area.Data());
  return thread_ ? thread_->Take(bytes) : ReceiveNetlink(fd_.get(), bytes);
}

void NetlinkSocket::Deliver(size_t used) {
  if (used == 0) return;
  on_messages_->Call({Napi::Uint8Array::New(on_messages_->Env(), used, area_.Value(), 0)});
}

void NetlinkSocket::OnReadable() {
  // Each callback may stop or close the socket.
  for (int round = 0; round < kRounds && poller_; round++) {
    const NetlinkBatch batch = Receive();
    Deliver(batch.used);
    if (!poller_ || batch.error == EINTR || (batch.error == EAGAIN && batch.used == 0)) return;
    if (batch.error == ENOBUFS) {
      on_overrun_->Call({});
    } else if (batch.error != 0 && batch.error != EAGAIN) {
      Napi::Env env = on_error_->Env();
      on_error_->Call({NativeFailure(batch.error, "recv", "receive netlink messages").ToJavaScript(env).Value()});
    }
    if (batch.used > kFewBytes) return;
  }
}

void NetlinkSocket::StopPolling() {
  if (!poller_) return;
  poller_.reset();
  thread_.reset();
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
