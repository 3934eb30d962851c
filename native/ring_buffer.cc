#include "ring_buffer.h"

#include <cerrno>
#include <cstring>

#include "bpf_map.h"

namespace {

// Bytes per wake-up; what is left wakes us again at once, with the loop's other work in between.
constexpr size_t kWakeUpBytes = 1 << 20;

}  // namespace

Napi::Function RingBuffer::Define(Napi::Env env) {
  return DefineClass(env, "RingBuffer", {Method<&RingBuffer::Close>("close")});
}

RingBuffer::RingBuffer(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] {
    BpfMap* map = BpfMap::Of(info[0]);
    if (map->info().type != BPF_MAP_TYPE_RINGBUF) FailArgument("the map is not a ring buffer");
    Napi::Function callback = ReadFunction(info[1], "onRecords");
    map_ = Fd::Duplicate(map->fd());
    ring_.reset(ring_buffer__new(map_.get(), OnRecord, this, nullptr));
    if (!ring_) FailErrno("ring_buffer__new", "consume the ring buffer");
    on_records_.emplace(callback, "vtepd.RingBuffer");
    poller_.emplace(info.Env(), ring_buffer__epoll_fd(ring_.get()), [this] { OnReadable(); });
    Ref();  // until Stop(): records must arrive although JavaScript dropped the object
  });
}

int RingBuffer::OnRecord(void* self, void* data, size_t size) {
  // Stored before the return code stops libbpf: the record counts as consumed either way.
  std::vector<uint8_t>& packed = static_cast<RingBuffer*>(self)->packed_;
  const size_t at = packed.size();
  const uint32_t length = static_cast<uint32_t>(size);
  packed.resize(at + ((sizeof length + size + 7) & ~size_t{7}));
  memcpy(packed.data() + at, &length, sizeof length);
  memcpy(packed.data() + at + sizeof length, data, size);
  return packed.size() >= kWakeUpBytes ? -ECANCELED : 0;
}

void RingBuffer::OnReadable() {
  packed_.clear();
  ring_buffer__consume(ring_.get());
  if (packed_.empty()) return;
  on_records_->Call({Napi::Buffer<uint8_t>::Copy(on_records_->Env(), packed_.data(), packed_.size())});
}

void RingBuffer::Stop() {
  if (!poller_) return;
  poller_.reset();
  ring_.reset();
  map_.Close();
}

Napi::Value RingBuffer::Close(const Napi::CallbackInfo& info) {
  if (poller_) {
    Stop();
    Unref();
  }
  return info.Env().Undefined();
}
