// Memory for frames and their descriptors, shared with JavaScript, and reading a batch that JavaScript wants sent.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>

#include "arguments.h"
#include "frame_descriptor.h"

// Zeroed pages that live as long as any owner, C++ or an ArrayBuffer, does.
class Pages {
 public:
  explicit Pages(size_t size);
  ~Pages();
  Pages(const Pages&) = delete;
  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_;
  size_t size_;
};

// At most one ArrayBuffer may be made of the same pages: V8 forbids a second one.
Napi::ArrayBuffer ShareWithJavaScript(Napi::Env env, const std::shared_ptr<Pages>& pages);

// `count` descriptors of a batch to send, and the pool their offsets point into.
struct OutgoingBatch {
  FrameDescriptor* frames;
  uint32_t count;
  Bytes pool;

  bool Contains(const FrameDescriptor& frame) const {
    return frame.length > 0 && frame.offset >= 0 && static_cast<size_t>(frame.offset) + frame.length <= pool.size;
  }
};
// Reads an Int32Array of at least `count` descriptors.
FrameDescriptor* ReadDescriptors(Napi::Value value, uint32_t count);
// Reads the arguments (descriptors, count, pool) of send().
OutgoingBatch ReadOutgoing(const Napi::CallbackInfo& info);

// The slots that a socket or device receives into, and the properties `pool`, `descriptors`, `slots`, `slotSize` and
// `headroom` of its JavaScript object.
class FramePool {
 public:
  FramePool(Napi::Object owner, uint32_t slots, uint32_t slot_size, uint32_t headroom);

  uint32_t slots() const { return slots_; }
  uint32_t headroom() const { return headroom_; }
  uint32_t slot_size() const { return slot_size_; }
  uint8_t* Slot(uint32_t index) const { return memory_->data() + SlotOffset(index); }
  uint32_t SlotOffset(uint32_t index) const { return index * slot_size_; }
  FrameDescriptor& Descriptor(uint32_t index) const {
    return reinterpret_cast<FrameDescriptor*>(descriptors_->data())[index];
  }

 private:
  uint32_t slots_, slot_size_, headroom_;
  std::shared_ptr<Pages> memory_, descriptors_;
};
