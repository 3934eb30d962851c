#include "xsk_socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "addon_data.h"
#include "netns.h"

namespace {

// What the kernel keeps free before each received frame, for XDP programs that push headers.
constexpr uint32_t kXdpHeadroom = 256;
constexpr uint32_t kDefaultFrames = 4096;
constexpr uint32_t kDefaultFrameSize = 2048;
constexpr uint32_t kDefaultRing = 2048;
// In copy mode one system call sends at most 32 frames, and may find the device busy.
constexpr int kFruitlessKicks = 16;

}  // namespace

Napi::Function XskSocket::Define(Napi::Env env) {
  return DefineClass(env, "XskSocket",
                     {
                         Getter<&XskSocket::GetFd>("fd"),
                         Getter<&XskSocket::FreeFrames>("freeFrames"),
                         Method<&XskSocket::Receive>("receive"),
                         Method<&XskSocket::Allocate>("allocate"),
                         Method<&XskSocket::Send>("send"),
                         Method<&XskSocket::Release>("release"),
                         Method<&XskSocket::Statistics>("statistics"),
                         Method<&XskSocket::Start>("start"),
                         Method<&XskSocket::Stop>("stop"),
                         Method<&XskSocket::Close>("close"),
                     });
}

XskSocket::XskSocket(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] { Open(info); });
}

void XskSocket::Open(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  ifindex_ = options.Uint32("ifindex");
  queue_ = options.Uint32("queue");
  XskSocket* sharer = nullptr;
  if (options.Has("shareWith"))
    sharer = From(options.Get("shareWith"), AddonData::Of(info.Env()).xsk_socket, "XskSocket");
  if (sharer) sharer->fd();
  memory_ = sharer ? sharer->memory_
                   : std::make_shared<XskMemory>(options.Uint32("frameCount", kDefaultFrames),
                                                 options.Uint32("frameSize", kDefaultFrameSize),
                                                 options.Uint32("headroom", 0));
  const Netns netns = Netns::FromJavaScript(options.Get("netns"));
  fd_ = netns.OpenSocket(AF_XDP, SOCK_RAW, 0, "AF_XDP socket");
  sending_ = netns.OpenSocket(AF_XDP, SOCK_RAW, 0, "AF_XDP socket");
  if (!sharer) memory_->Register(fd_.get());
  const uint32_t ring = options.Uint32("ringSize", kDefaultRing);
  if (ring == 0 || (ring & (ring - 1)) != 0) FailArgument("ringSize must be a power of two");
  MapRings(ring);
  Bind(options, sharer);
  BindSending();

  // By default half of the frames at most wait for reception, so that there are some to send.
  const uint32_t frames = static_cast<uint32_t>(memory_->pages()->size() / memory_->frame_size());
  fill_target_ = std::min(ring, options.Uint32("fillFrames", frames / 2));
  owner_ = memory_->NewSocket();
  Recycle();
  descriptors_ = std::make_shared<Pages>(kBatch * sizeof(FrameDescriptor));
  Napi::Value pool = sharer ? options.Get("shareWith").As<Napi::Object>().Get("pool")
                            : Napi::Uint8Array::New(info.Env(), memory_->pages()->size(),
                                                    ShareWithJavaScript(info.Env(), memory_->pages()), 0);
  DefineProperties(info.This().As<Napi::Object>(), pool);
}

void XskSocket::MapRings(uint32_t size) {
  xdp_mmap_offsets offsets{};
  socklen_t length = sizeof offsets;
  if (getsockopt(fd_.get(), SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) != 0 || length != sizeof offsets)
    FailErrno("getsockopt", "read the layout of the AF_XDP rings (needs kernel 5.4)");
  const auto map = [&](const Fd& socket, int option, uint64_t page_offset, const xdp_ring_offset& where, size_t entry) {
    auto ring = std::make_unique<XskRing>();
    ring->Map(socket.get(), option, size, page_offset, where, entry);
    return ring;
  };
  fill_ = map(fd_, XDP_UMEM_FILL_RING, XDP_UMEM_PGOFF_FILL_RING, offsets.fr, sizeof(uint64_t));
  completion_ = map(fd_, XDP_UMEM_COMPLETION_RING, XDP_UMEM_PGOFF_COMPLETION_RING, offsets.cr, sizeof(uint64_t));
  receive_ = map(fd_, XDP_RX_RING, XDP_PGOFF_RX_RING, offsets.rx, sizeof(xdp_desc));
  transmit_ = map(sending_, XDP_TX_RING, XDP_PGOFF_TX_RING, offsets.tx, sizeof(xdp_desc));
}

void XskSocket::Bind(const Options& options, XskSocket* sharer) {
  const std::string mode = options.String("mode");
  if (mode != "copy" && mode != "zerocopy") FailArgument("mode must be \"copy\" or \"zerocopy\"");
  copy_mode_ = sharer ? sharer->copy_mode_ : mode == "copy";
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = ifindex_;
  address.sxdp_queue_id = queue_;
  if (sharer) {
    // The kernel takes mode and wake-up from the first socket and refuses other flags.
    address.sxdp_flags = XDP_SHARED_UMEM;
    address.sxdp_shared_umem_fd = static_cast<uint32_t>(sharer->fd());
  } else {
    address.sxdp_flags = static_cast<uint16_t>(XDP_USE_NEED_WAKEUP | (mode == "copy" ? XDP_COPY : XDP_ZEROCOPY) |
                                               options.Uint32("bindFlags", 0));
  }
  if (!BindXsk(fd_.get(), address))
    FailErrno("bind", "bind an AF_XDP socket to interface " + std::to_string(ifindex_) + " queue " +
                          std::to_string(queue_) + " in " + mode + " mode");
}

// On the same queue, so it has memory, fill and completion ring in common with the other.
void XskSocket::BindSending() {
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_flags = XDP_SHARED_UMEM;
  address.sxdp_ifindex = ifindex_;
  address.sxdp_queue_id = queue_;
  address.sxdp_shared_umem_fd = static_cast<uint32_t>(fd_.get());
  if (bind(sending_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    FailErrno("bind", "send by AF_XDP on interface " + std::to_string(ifindex_));
}

void XskSocket::DefineProperties(Napi::Object self, Napi::Value pool) {
  Napi::Env env = self.Env();
  const auto number = [&](uint32_t value) { return Napi::Number::New(env, value); };
  auto words = Napi::Int32Array::New(env, kBatch * sizeof(FrameDescriptor) / sizeof(int32_t),
                                     ShareWithJavaScript(env, descriptors_), 0);
  self.DefineProperties({
      Napi::PropertyDescriptor::Value("pool", pool, napi_enumerable),
      Napi::PropertyDescriptor::Value("descriptors", words, napi_enumerable),
      Napi::PropertyDescriptor::Value("slots", number(kBatch), napi_enumerable),
      Napi::PropertyDescriptor::Value("slotSize", number(memory_->frame_size()), napi_enumerable),
      Napi::PropertyDescriptor::Value("headroom", number(memory_->headroom() + kXdpHeadroom), napi_enumerable),
      Napi::PropertyDescriptor::Value("ifindex", number(ifindex_), napi_enumerable),
      Napi::PropertyDescriptor::Value("queue", number(queue_), napi_enumerable),
  });
}

int XskSocket::fd() const {
  if (!fd_.open()) FailClosed("XskSocket");
  return fd_.get();
}

void XskSocket::CloseSocket() {
  if (!fd_.open()) return;
  // A mapped ring keeps the socket open behind the descriptor's back.
  for (auto* ring : {&fill_, &completion_, &receive_, &transmit_}) ring->reset();
  sending_.Close();
  fd_.Close();
  // In copy mode close() returns when nobody uses the frames any more. A zero-copy driver may write to them for a
  // moment longer, so there they stay out of use.
  if (copy_mode_) memory_->Reclaim(owner_);
}

void XskSocket::Recycle() {
  const uint32_t sent = completion_->Ready();
  for (uint32_t i = 0; i < sent; i++) memory_->TakeBack(completion_->ToConsume<uint64_t>(i));
  if (sent > 0) completion_->Consume(sent);

  const uint32_t waiting = fill_->Unconsumed();
  if (waiting >= fill_target_) return;
  const uint32_t more = std::min(fill_target_ - waiting, memory_->free_count());
  for (uint32_t i = 0; i < more; i++) fill_->ToProduce<uint64_t>(i) = memory_->Take(owner_);
  if (more > 0) fill_->Produce(more);
}

void XskSocket::Kick() {
  // In copy mode nobody looks at the ring unless called.
  if (!copy_mode_ && !transmit_->NeedsWakeup()) return;
  int fruitless = 0;
  for (uint32_t left = transmit_->Unconsumed(); left > 0 && fruitless < kFruitlessKicks;) {
    // Errors here are of the moment (EAGAIN, EBUSY, ENOBUFS) or of the interface (ENETDOWN), whose frames then wait in
    // the ring until it is up again or the socket is closed.
    if (sendto(sending_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno == ENETDOWN) return;
    const uint32_t now = transmit_->Unconsumed();
    fruitless = now == left ? fruitless + 1 : 0;
    left = now;
    Recycle();
  }
}

Napi::Value XskSocket::Receive(const Napi::CallbackInfo& info) {
  const int socket = fd();
  if (transmit_->Unconsumed() > 0) Kick();
  Recycle();
  const uint32_t count = std::min(receive_->Ready(), kBatch);
  auto* frames = reinterpret_cast<FrameDescriptor*>(descriptors_->data());
  for (uint32_t i = 0; i < count; i++) {
    const xdp_desc& received = receive_->ToConsume<xdp_desc>(i);
    memory_->Give(received.addr, XskMemory::kCaller);
    frames[i] = {};
    frames[i].offset = static_cast<int32_t>(received.addr);
    frames[i].length = static_cast<int32_t>(received.len);
    frames[i].ifindex = static_cast<int32_t>(ifindex_);
  }
  if (count > 0) receive_->Consume(count);
  // A driver that ran out of frames sleeps until told that there are new ones.
  if (fill_->NeedsWakeup()) recvfrom(socket, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  return Napi::Number::New(info.Env(), count);
}

Napi::Value XskSocket::Allocate(const Napi::CallbackInfo& info) {
  fd();
  const uint32_t wanted = ReadUint32(info[1], "count");
  FrameDescriptor* frames = ReadDescriptors(info[0], wanted);
  Recycle();
  const uint32_t count = std::min(wanted, memory_->free_count());
  for (uint32_t i = 0; i < count; i++) {
    frames[i] = {};
    frames[i].offset = static_cast<int32_t>(memory_->Take(XskMemory::kCaller) + memory_->headroom() + kXdpHeadroom);
    frames[i].ifindex = static_cast<int32_t>(ifindex_);
  }
  return Napi::Number::New(info.Env(), count);
}

Napi::Value XskSocket::Send(const Napi::CallbackInfo& info) {
  fd();
  const uint32_t count = ReadUint32(info[1], "count");
  FrameDescriptor* frames = ReadDescriptors(info[0], count);
  Recycle();
  uint32_t position = 0, sent = 0;
  while (position < count) {
    const uint32_t room = transmit_->Room();
    uint32_t queued = 0;
    for (; position < count && queued < room; position++) {
      FrameDescriptor& frame = frames[position];
      if (!memory_->CallerMaySend(frame.offset, frame.length)) {
        frame.flags |= kFrameRefused;
        continue;
      }
      transmit_->ToProduce<xdp_desc>(queued++) = {static_cast<uint64_t>(frame.offset),
                                                  static_cast<uint32_t>(frame.length), 0};
      memory_->Give(frame.offset, owner_);
    }
    if (queued > 0) transmit_->Produce(queued);
    sent += queued;
    Kick();
    if (transmit_->Room() > 0) continue;
    for (; position < count; position++) frames[position].flags |= kFrameRefused;
  }
  Recycle();
  return Napi::Number::New(info.Env(), sent);
}

Napi::Value XskSocket::Release(const Napi::CallbackInfo& info) {
  fd();
  const uint32_t count = ReadUint32(info[1], "count");
  const FrameDescriptor* frames = ReadDescriptors(info[0], count);
  uint32_t foreign = 0;
  for (uint32_t i = 0; i < count; i++) foreign += memory_->Release(frames[i].offset) ? 0 : 1;
  Recycle();
  if (foreign > 0) FailArgument(std::to_string(foreign) + " of the frames to release are not the caller's");
  return info.Env().Undefined();
}

Napi::Value XskSocket::Statistics(const Napi::CallbackInfo& info) {
  const xdp_statistics kernel = ReadXskStatistics(fd()), sent = ReadXskStatistics(sending_.get());
  Napi::Object result = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, uint64_t value) { result[name] = static_cast<double>(value); };
  set("rxDropped", kernel.rx_dropped);
  set("rxInvalidDescriptors", kernel.rx_invalid_descs);
  set("txInvalidDescriptors", sent.tx_invalid_descs);
  set("rxRingFull", kernel.rx_ring_full);
  set("rxFillRingEmpty", kernel.rx_fill_ring_empty_descs);
  set("txRingEmpty", sent.tx_ring_empty_descs);
  return result;
}

Napi::Value XskSocket::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value XskSocket::FreeFrames(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), memory_->free_count());
}

Napi::Value XskSocket::Start(const Napi::CallbackInfo& info) {
  if (poller_) FailArgument("the socket is started already");
  const int socket = fd();
  on_readable_.emplace(ReadFunction(info[0], "onReadable"), "vtepd.XskSocket");
  poller_.emplace(info.Env(), socket, [this] { on_readable_->Call({}); });
  Ref();
  return info.Env().Undefined();
}

void XskSocket::StopPolling() {
  if (!poller_) return;
  poller_.reset();
  Unref();
}

Napi::Value XskSocket::Stop(const Napi::CallbackInfo& info) {
  StopPolling();
  return info.Env().Undefined();
}

Napi::Value XskSocket::Close(const Napi::CallbackInfo& info) {
  StopPolling();
  CloseSocket();
  return info.Env().Undefined();
}
