#include "gso_device.h"

#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arguments.h"
#include "tap_interface.h"

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

void TakeSuperPackets(int device) {
  if (ioctl(device, TUNSETOFFLOAD, kOffloads) != 0)
    FailErrno("ioctl(TUNSETOFFLOAD)", "send super-packets of tunnels (needs kernel 6.17)");
  int little_endian = 1, header_bytes = kHeaderBytes;
  if (ioctl(device, TUNSETVNETLE, &little_endian) != 0 || ioctl(device, TUNSETVNETHDRSZ, &header_bytes) != 0)
    FailErrno("ioctl(TUNSETVNETHDRSZ)", "describe super-packets of tunnels");
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
  TapSettings settings = ReadTapSettings(options);
  settings.flags = IFF_VNET_HDR;
  settings.prepare = TakeSuperPackets;
  TapInterface created = MakeTap(options, settings);
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
