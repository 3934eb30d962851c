#include "gso_device.h"

#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "arguments.h"

// Newer than the headers that we may be built with (linux/if_tun.h).
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef TUN_F_UDP_TUNNEL_GSO
#define TUN_F_UDP_TUNNEL_GSO 0x80
#endif

namespace {

// struct virtio_net_hdr_v1_hash_tunnel
constexpr int kHeaderBytes = 24;
constexpr unsigned kOffloads =
    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6 | TUN_F_UDP_TUNNEL_GSO;

struct Created {
  Fd fd;
  uint32_t ifindex;
};

// Without addresses of its own the device sends nothing by itself. Absent where the kernel has no IPv6, which is as good.
void DisableIpv6(const std::string& name) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6";
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.open() && write(fd.get(), "1", 1) != 1) FailErrno("write", "switch off IPv6 on " + name);
}

// Called in the namespace where the device shall be.
Created CreateDevice(const std::string& name) {
  Created created{Fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)), 0};
  const int device = created.fd.get();
  if (!created.fd.open()) FailErrno("open", "open /dev/net/tun");
  ifreq request{};
  memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | static_cast<short>(IFF_TUN_EXCL);
  if (ioctl(device, TUNSETIFF, &request) != 0) FailErrno("ioctl(TUNSETIFF)", "create TAP device " + name);
  if (ioctl(device, TUNSETOFFLOAD, kOffloads) != 0)
    FailErrno("ioctl(TUNSETOFFLOAD)", "send super-packets of tunnels (needs kernel 6.17)");
  int little_endian = 1, header_bytes = kHeaderBytes;
  if (ioctl(device, TUNSETVNETLE, &little_endian) != 0 || ioctl(device, TUNSETVNETHDRSZ, &header_bytes) != 0)
    FailErrno("ioctl(TUNSETVNETHDRSZ)", "describe super-packets of tunnels");

  const Fd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control.open()) FailErrno("socket", "set up TAP device " + name);
  DisableIpv6(name);
  request.ifr_flags = IFF_UP | IFF_NOARP;
  if (ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) FailErrno("ioctl(SIOCSIFFLAGS)", "bring up " + name);
  if (ioctl(control.get(), SIOCGIFINDEX, &request) != 0) FailErrno("ioctl(SIOCGIFINDEX)", "find " + name);
  created.ifindex = static_cast<uint32_t>(request.ifr_ifindex);
  return created;
}

}  // namespace

Napi::Function GsoDevice::Define(Napi::Env env) {
  return DefineClass(env, "GsoDevice", {Method<&GsoDevice::Send>("send"), Method<&GsoDevice::Close>("close")});
}

GsoDevice::GsoDevice(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] { Open(info); });
}

void GsoDevice::Open(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  const std::string name = options.String("name");
  if (name.empty() || name.size() >= IFNAMSIZ || name.find_first_of("/ %") != std::string::npos)
    FailArgument("name must be an interface name of 1 to 15 characters");
  Created created = Netns::FromJavaScript(options.Get("netns")).Run([&] { return CreateDevice(name); });
  fd_ = std::move(created.fd);
  info.This().As<Napi::Object>().DefineProperty(Napi::PropertyDescriptor::Value(
      "ifindex", Napi::Number::New(info.Env(), created.ifindex), napi_enumerable));
}

Napi::Value GsoDevice::Send(const Napi::CallbackInfo& info) {
  if (!fd_.open()) FailClosed("GsoDevice");
  const Bytes bytes = ReadBytes(info[0], "bytes");
  const uint32_t offset = ReadUint32(info[1], "offset"), length = ReadUint32(info[2], "length");
  if (size_t{offset} + length > bytes.size) FailArgument("the frame is not inside its buffer");
  const ssize_t written = write(fd_.get(), bytes.data + offset, length);
  return Napi::Boolean::New(info.Env(), written == static_cast<ssize_t>(length));
}

Napi::Value GsoDevice::Close(const Napi::CallbackInfo& info) {
  fd_.Close();
  return info.Env().Undefined();
}
