#include "packet_socket.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <cerrno>
#include <cstring>

#include "netns.h"
#include "socket_options.h"

namespace {

constexpr uint32_t kTagBytes = 4;
constexpr uint32_t kMacBytes = 12;
constexpr uint32_t kDefaultSlots = 64;
constexpr uint32_t kDefaultSlotSize = 65536 + 512;
constexpr uint32_t kDefaultHeadroom = 128;
constexpr uint32_t kDefaultReceiveBuffer = 4 << 20;
constexpr uint32_t kDefaultSendBuffer = 4 << 20;  // a batch of super-packets

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

const tpacket_auxdata* AuxiliaryData(const msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(const_cast<msghdr*>(&message), part)) {
    if (part->cmsg_level == SOL_PACKET && part->cmsg_type == PACKET_AUXDATA)
      return reinterpret_cast<const tpacket_auxdata*>(CMSG_DATA(part));
  }
  return nullptr;
}

int FanoutMode(const std::string& name) {
  if (name == "hash") return PACKET_FANOUT_HASH;
  if (name == "cpu") return PACKET_FANOUT_CPU;
  if (name == "load-balance") return PACKET_FANOUT_LB;
  FailArgument("fanout.mode must be \"hash\", \"cpu\" or \"load-balance\"");
}

}  // namespace

Napi::Function PacketSocket::Define(Napi::Env env) {
  return DefineClass(env, "PacketSocket",
                     {
                         Getter<&PacketSocket::GetFd>("fd"),
                         Getter<&PacketSocket::LastSendErrno>("lastSendErrno"),
                         Method<&PacketSocket::Receive>("receive"),
                         Method<&PacketSocket::Send>("send"),
                         Method<&PacketSocket::Statistics>("statistics"),
                         Method<&PacketSocket::Start>("start"),
                         Method<&PacketSocket::Stop>("stop"),
                         Method<&PacketSocket::Close>("close"),
                     });
}

PacketSocket::PacketSocket(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] { Open(info); });
}

void PacketSocket::Open(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  ifindex_ = options.Uint32("ifindex");
  const bool receive = options.Bool("receive", ifindex_ != 0);
  if (receive && ifindex_ == 0) FailArgument("ifindex 0 is for transmission only");
  vnet_header_ = options.Bool("vnetHeader", false);

  // Protocol 0: nothing is received before bind(), when the filter and all options are in place.
  fd_ = Netns::FromJavaScript(options.Get("netns")).OpenSocket(AF_PACKET, SOCK_RAW, 0, "packet socket");
  if (vnet_header_) SetSocketOption(fd_.get(), SOL_PACKET, PACKET_VNET_HDR, 1, "pass offload headers");
  if (options.Bool("qdiscBypass", false))
    SetSocketOption(fd_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, 1, "bypass the queueing discipline");
  SetSendBuffer(fd_.get(), options.Uint32("sendBufferBytes", kDefaultSendBuffer));
  if (receive) SetUpReceive(options);
  if (options.Bool("promiscuous", false)) MakePromiscuous();
  Bind(options, receive);

  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperty(
      Napi::PropertyDescriptor::Value("ifindex", Napi::Number::New(info.Env(), ifindex_), napi_enumerable));
  pool_.emplace(self, options.Uint32("slots", kDefaultSlots), options.Uint32("slotSize", kDefaultSlotSize),
                options.Uint32("headroom", kDefaultHeadroom));
  if (receive) PrepareSlots();
}

void PacketSocket::SetUpReceive(const Options& options) {
  const int fd = fd_.get();
  SetSocketOption(fd, SOL_PACKET, PACKET_AUXDATA, 1, "have VLAN tags reported");
  SetReceiveBuffer(fd, options.Uint32("receiveBufferBytes", kDefaultReceiveBuffer));
  if (options.Bool("ignoreOutgoing", true))
    SetSocketOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "ignore outgoing frames (needs kernel 4.20)");
  if (const auto filter = options.OptionalBytes("filter")) AttachClassicFilter(fd, *filter);
}

void PacketSocket::MakePromiscuous() {
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(ifindex_);
  membership.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(fd_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0)
    FailErrno("setsockopt", "make interface " + std::to_string(ifindex_) + " promiscuous");
}

void PacketSocket::Bind(const Options& options, bool receive) {
  if (ifindex_ == 0) return;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = receive ? htons(ETH_P_ALL) : 0;
  address.sll_ifindex = static_cast<int>(ifindex_);
  if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    FailErrno("bind", "bind a packet socket to interface " + std::to_string(ifindex_));
  if (!receive || !options.Has("fanout")) return;
  const Options fanout(options.Get("fanout"));
  const uint32_t group = fanout.Uint32("group");
  if (group > UINT16_MAX) FailArgument("fanout.group must be at most 65535");
  const int membership = static_cast<int>(group | FanoutMode(fanout.String("mode")) << 16);
  SetSocketOption(fd_.get(), SOL_PACKET, PACKET_FANOUT, membership,
                  "join packet fanout group " + std::to_string(group));
}

void PacketSocket::PrepareSlots() {
  // A frame starts behind the headroom and room for a tag, so that restoring the tag leaves the headroom whole.
  const uint32_t frame_at = pool_->headroom() + kTagBytes;
  slots_.resize(pool_->slots());
  messages_.resize(pool_->slots());
  for (uint32_t i = 0; i < pool_->slots(); i++) {
    Slot& slot = slots_[i];
    slot.parts[0] = {&slot.vnet, sizeof slot.vnet};
    slot.parts[1] = {pool_->Slot(i) + frame_at, pool_->slot_size() - frame_at};
    msghdr& message = messages_[i].msg_hdr;
    message = {};
    message.msg_iov = vnet_header_ ? &slot.parts[0] : &slot.parts[1];
    message.msg_iovlen = vnet_header_ ? 2 : 1;
    message.msg_control = slot.control;
  }
}

// Turns what the kernel reported about the frame in slot `index` into its descriptor.
void PacketSocket::Describe(uint32_t index, const mmsghdr& message) {
  const Slot& slot = slots_[index];
  const uint32_t vnet_bytes = vnet_header_ ? sizeof slot.vnet : 0;
  FrameDescriptor frame{};
  frame.offset = static_cast<int32_t>(pool_->SlotOffset(index) + pool_->headroom() + kTagBytes);
  frame.length = static_cast<int32_t>(message.msg_len - std::min<uint32_t>(message.msg_len, vnet_bytes));
  frame.ifindex = static_cast<int32_t>(ifindex_);
  if (message.msg_hdr.msg_flags & MSG_TRUNC) frame.flags |= kFrameTruncated;
  if (vnet_header_) {
    if (slot.vnet.flags & VnetHeader::kNeedsChecksum) {
      frame.flags |= kFrameChecksumPartial;
      frame.checksum_start = slot.vnet.checksum_start;
      frame.checksum_offset = slot.vnet.checksum_offset;
    } else if (slot.vnet.flags & VnetHeader::kDataValid) {
      frame.flags |= kFrameChecksumValid;
    }
    frame.gso_type = slot.vnet.gso_type;
    frame.gso_size = slot.vnet.gso_size;
  }

  const tpacket_auxdata* auxiliary = AuxiliaryData(message.msg_hdr);
  if (auxiliary && !vnet_header_) {
    if (auxiliary->tp_status & TP_STATUS_CSUMNOTREADY) frame.flags |= kFrameChecksumPartial;
    if (auxiliary->tp_status & TP_STATUS_CSUM_VALID) frame.flags |= kFrameChecksumValid;
  }
  if (auxiliary && (auxiliary->tp_status & TP_STATUS_VLAN_VALID) && frame.length >= static_cast<int32_t>(kMacBytes)) {
    const bool has_protocol = auxiliary->tp_status & TP_STATUS_VLAN_TPID_VALID;
    const uint16_t protocol = has_protocol ? auxiliary->tp_vlan_tpid : ETH_P_8021Q;
    const uint16_t tag[2] = {htons(protocol), htons(auxiliary->tp_vlan_tci)};
    uint8_t* start = pool_->Slot(index) + pool_->headroom();
    memmove(start, start + kTagBytes, kMacBytes);
    memcpy(start + kMacBytes, tag, sizeof tag);
    frame.offset -= kTagBytes;
    frame.length += kTagBytes;
    frame.flags |= kFrameTagRestored;
    if (frame.checksum_start != 0) frame.checksum_start += kTagBytes;
  }
  pool_->Descriptor(index) = frame;
}

int PacketSocket::fd() const {
  if (!fd_.open()) FailClosed("PacketSocket");
  return fd_.get();
}

Napi::Value PacketSocket::Receive(const Napi::CallbackInfo& info) {
  const int socket = fd();
  for (size_t i = 0; i < messages_.size(); i++) messages_[i].msg_hdr.msg_controllen = sizeof slots_[i].control;
  const int count = recvmmsg(socket, messages_.data(), messages_.size(), MSG_DONTWAIT, nullptr);
  if (count < 0 && errno != EAGAIN && errno != EINTR)
    FailErrno("recvmmsg", "receive from interface " + std::to_string(ifindex_));
  for (int i = 0; i < count; i++) Describe(i, messages_[i]);
  return Napi::Number::New(info.Env(), std::max(count, 0));
}

Napi::Value PacketSocket::Send(const Napi::CallbackInfo& info) {
  const OutgoingBatch batch = ReadOutgoing(info);
  if (!sender_) sender_ = std::make_unique<PacketSender>();
  return Napi::Number::New(info.Env(), sender_->Send(fd(), batch, vnet_header_, last_send_error_));
}

Napi::Value PacketSocket::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value PacketSocket::LastSendErrno(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), last_send_error_);
}

Napi::Value PacketSocket::Statistics(const Napi::CallbackInfo& info) {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  if (getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0)
    FailErrno("getsockopt", "read packet socket statistics");
  Napi::Object result = Napi::Object::New(info.Env());
  result["packets"] = statistics.tp_packets;
  result["drops"] = statistics.tp_drops;
  return result;
}

Napi::Value PacketSocket::Start(const Napi::CallbackInfo& info) {
  if (poller_) FailArgument("the socket is started already");
  const int socket = fd();
  on_readable_.emplace(ReadFunction(info[0], "onReadable"), "vtepd.PacketSocket");
  poller_.emplace(info.Env(), socket, [this] { on_readable_->Call({}); });
  Ref();
  return info.Env().Undefined();
}

void PacketSocket::StopPolling() {
  if (!poller_) return;
  poller_.reset();
  Unref();
}

Napi::Value PacketSocket::Stop(const Napi::CallbackInfo& info) {
  StopPolling();
  return info.Env().Undefined();
}

Napi::Value PacketSocket::Close(const Napi::CallbackInfo& info) {
  StopPolling();
  fd_.Close();
  return info.Env().Undefined();
}
