#include "frame_pool.h"

#include <sys/mman.h>

#include "native_failure.h"

Pages::Pages(size_t size) : size_(size) {
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) FailErrno("mmap", "allocate " + std::to_string(size) + " bytes for frames");
  data_ = static_cast<uint8_t*>(memory);
}

Pages::~Pages() { munmap(data_, size_); }

Napi::ArrayBuffer ShareWithJavaScript(Napi::Env env, const std::shared_ptr<Pages>& pages) {
  auto* owner = new std::shared_ptr<Pages>(pages);
  return Napi::ArrayBuffer::New(
      env, pages->data(), pages->size(), [](Napi::Env, void*, std::shared_ptr<Pages>* held) { delete held; }, owner);
}

FrameDescriptor* ReadDescriptors(Napi::Value value, uint32_t count) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
    FailArgument("descriptors must be an Int32Array");
  auto array = value.As<Napi::Int32Array>();
  if (array.ByteLength() < count * sizeof(FrameDescriptor))
    FailArgument("descriptors is shorter than " + std::to_string(count) + " frames");
  return reinterpret_cast<FrameDescriptor*>(array.Data());
}

OutgoingBatch ReadOutgoing(const Napi::CallbackInfo& info) {
  const uint32_t count = ReadUint32(info[1], "count");
  return {ReadDescriptors(info[0], count), count, ReadBytes(info[2], "pool")};
}

FramePool::FramePool(Napi::Object owner, uint32_t slots, uint32_t slot_size, uint32_t headroom)
    : slots_(slots), slot_size_(slot_size), headroom_(headroom) {
  if (slots == 0 || slots > 4096) FailArgument("slots must be 1 to 4096");
  if (slot_size > 1u << 20 || slot_size < 64 + headroom) FailArgument("slotSize must be headroom + 64 to 1048576");
  memory_ = std::make_shared<Pages>(size_t{slots} * slot_size);
  descriptors_ = std::make_shared<Pages>(slots * sizeof(FrameDescriptor));
  Napi::Env env = owner.Env();
  auto pool = Napi::Uint8Array::New(env, memory_->size(), ShareWithJavaScript(env, memory_), 0);
  auto words = Napi::Int32Array::New(env, descriptors_->size() / sizeof(int32_t),
                                     ShareWithJavaScript(env, descriptors_), 0);
  const auto number = [&](uint32_t value) { return Napi::Number::New(env, value); };
  owner.DefineProperties({
      Napi::PropertyDescriptor::Value("pool", pool, napi_enumerable),
      Napi::PropertyDescriptor::Value("descriptors", words, napi_enumerable),
      Napi::PropertyDescriptor::Value("slots", number(slots), napi_enumerable),
      Napi::PropertyDescriptor::Value("slotSize", number(slot_size), napi_enumerable),
      Napi::PropertyDescriptor::Value("headroom", number(headroom), napi_enumerable),
  });
}
