#include "tap_device.h"

#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "arguments.h"

namespace {

constexpr uint32_t kDefaultSlots = 64;
constexpr uint32_t kDefaultSlotSize = 65536 + 512;
constexpr uint32_t kDefaultHeadroom = 128;

// Without addresses of its own the device sends no router solicitations or MLD reports into the frame stream.
void DisableIpv6(const std::string& name) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6";
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  // Absent where the kernel has no IPv6, which is as good.
  if (fd.open() && write(fd.get(), "1", 1) != 1) FailErrno("write", "switch off IPv6 on " + name);
}

struct Created {
  Fd fd;
  uint32_t ifindex;
};

// With IPv6, but as silent: the stack is told to make no address.
void MakeNoAddresses(const std::string& name) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + name + "/addr_gen_mode";
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.open() && write(fd.get(), "1", 1) != 1) FailErrno("write", "keep IPv6 addresses from " + name);
}

// Called in the namespace where the device shall be.
Created CreateDevice(const std::string& name, std::optional<uint32_t> mtu, std::optional<uint32_t> queue_length,
                     bool ipv6) {
  Created created{Fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)), 0};
  if (!created.fd.open()) FailErrno("open", "open /dev/net/tun");
  ifreq request{};
  memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI | static_cast<short>(IFF_TUN_EXCL);
  if (ioctl(created.fd.get(), TUNSETIFF, &request) != 0) FailErrno("ioctl(TUNSETIFF)", "create TAP device " + name);

  const Fd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control.open()) FailErrno("socket", "set up TAP device " + name);
  ipv6 ? MakeNoAddresses(name) : DisableIpv6(name);
  if (mtu) {
    request.ifr_mtu = static_cast<int>(*mtu);
    if (ioctl(control.get(), SIOCSIFMTU, &request) != 0)
      FailErrno("ioctl(SIOCSIFMTU)", "set the MTU of " + name + " to " + std::to_string(*mtu));
  }
  if (queue_length) {
    request.ifr_qlen = static_cast<int>(*queue_length);
    if (ioctl(control.get(), SIOCSIFTXQLEN, &request) != 0)
      FailErrno("ioctl(SIOCSIFTXQLEN)", "set the queue of " + name + " to " + std::to_string(*queue_length) + " frames");
  }
  request.ifr_flags = IFF_UP | IFF_NOARP;
  if (ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) FailErrno("ioctl(SIOCSIFFLAGS)", "bring up " + name);
  if (ioctl(control.get(), SIOCGIFINDEX, &request) != 0) FailErrno("ioctl(SIOCGIFINDEX)", "find " + name);
  created.ifindex = static_cast<uint32_t>(request.ifr_ifindex);
  return created;
}

}  // namespace

Napi::Function TapDevice::Define(Napi::Env env) {
  return DefineClass(env, "TapDevice",
                     {
                         Getter<&TapDevice::GetFd>("fd"),
                         Getter<&TapDevice::LastSendErrno>("lastSendErrno"),
                         Method<&TapDevice::Receive>("receive"),
                         Method<&TapDevice::Send>("send"),
                         Method<&TapDevice::Start>("start"),
                         Method<&TapDevice::Stop>("stop"),
                         Method<&TapDevice::Close>("close"),
                     });
}

TapDevice::TapDevice(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] { Open(info); });
}

void TapDevice::Open(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const std::string name = options.String("name");
  if (name.empty() || name.size() >= IFNAMSIZ || name.find_first_of("/ %") != std::string::npos)
    FailArgument("name must be an interface name of 1 to 15 characters");
  std::optional<uint32_t> mtu;
  if (options.Has("mtu")) mtu = options.Uint32("mtu");
  std::optional<uint32_t> queue_length;
  if (options.Has("queueLength")) queue_length = options.Uint32("queueLength");
  const bool ipv6 = options.Bool("ipv6", false);
  Created created =
      Netns::FromJavaScript(options.Get("netns")).Run([&] { return CreateDevice(name, mtu, queue_length, ipv6); });
  fd_ = std::move(created.fd);
  ifindex_ = created.ifindex;
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperties({
      Napi::PropertyDescriptor::Value("name", Napi::String::New(info.Env(), name), napi_enumerable),
      Napi::PropertyDescriptor::Value("ifindex", Napi::Number::New(info.Env(), ifindex_), napi_enumerable),
  });
  pool_.emplace(self, options.Uint32("slots", kDefaultSlots), options.Uint32("slotSize", kDefaultSlotSize),
                options.Uint32("headroom", kDefaultHeadroom));
}

int TapDevice::fd() const {
  if (!fd_.open()) FailClosed("TapDevice");
  return fd_.get();
}

Napi::Value TapDevice::Receive(const Napi::CallbackInfo& info) {
  const int device = fd();
  const size_t room = pool_->slot_size() - pool_->headroom();
  uint32_t count = 0;
  while (count < pool_->slots()) {
    const ssize_t size = read(device, pool_->Slot(count) + pool_->headroom(), room);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    // What was read already is delivered first; the next call meets the error again.
    if (size < 0 && count > 0) break;
    if (size < 0) FailErrno("read", "read from the TAP device");
    FrameDescriptor& frame = pool_->Descriptor(count);
    frame = {};
    frame.offset = static_cast<int32_t>(pool_->SlotOffset(count) + pool_->headroom());
    frame.length = static_cast<int32_t>(size);
    frame.ifindex = static_cast<int32_t>(ifindex_);
    // read() does not tell that it cut a frame; a full slot is as much as can be known.
    if (static_cast<size_t>(size) == room) frame.flags |= kFrameTruncated;
    count++;
  }
  return Napi::Number::New(info.Env(), count);
}

Napi::Value TapDevice::Send(const Napi::CallbackInfo& info) {
  const OutgoingBatch batch = ReadOutgoing(info);
  const int device = fd();
  uint32_t sent = 0;
  for (uint32_t i = 0; i < batch.count; i++) {
    FrameDescriptor& frame = batch.frames[i];
    const bool inside = batch.Contains(frame);
    if (inside && write(device, batch.pool.data + frame.offset, frame.length) == frame.length) {
      sent++;
      continue;
    }
    frame.flags |= kFrameRefused;
    last_send_error_ = inside ? errno : EINVAL;
  }
  return Napi::Number::New(info.Env(), sent);
}

Napi::Value TapDevice::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value TapDevice::LastSendErrno(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), last_send_error_);
}

Napi::Value TapDevice::Start(const Napi::CallbackInfo& info) {
  if (poller_) FailArgument("the device is started already");
  const int device = fd();
  on_readable_.emplace(ReadFunction(info[0], "onReadable"), "vtepd.TapDevice");
  poller_.emplace(info.Env(), device, [this] { on_readable_->Call({}); });
  Ref();
  return info.Env().Undefined();
}

void TapDevice::StopPolling() {
  if (!poller_) return;
  poller_.reset();
  Unref();
}

Napi::Value TapDevice::Stop(const Napi::CallbackInfo& info) {
  StopPolling();
  return info.Env().Undefined();
}

Napi::Value TapDevice::Close(const Napi::CallbackInfo& info) {
  StopPolling();
  fd_.Close();
  return info.Env().Undefined();
}
