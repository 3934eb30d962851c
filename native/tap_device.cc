#include "tap_device.h"

#include <unistd.h>

#include <cerrno>

#include "arguments.h"
#include "tap_interface.h"

namespace {

constexpr uint32_t kDefaultSlots = 64;
constexpr uint32_t kDefaultSlotSize = 65536 + 512;
constexpr uint32_t kDefaultHeadroom = 128;

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
  const TapSettings settings = ReadTapSettings(options);
  TapInterface created = MakeTap(options, settings);
  fd_ = std::move(created.fd);
  ifindex_ = created.ifindex;
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperties({
      Napi::PropertyDescriptor::Value("name", Napi::String::New(info.Env(), settings.name), napi_enumerable),
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
