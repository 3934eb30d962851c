// Consumer of one BPF ring buffer map.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <optional>
#include <vector>

#include "fd.h"
#include "handle.h"
#include "poller.h"

class RingBuffer : public Handle<RingBuffer> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit RingBuffer(const Napi::CallbackInfo& info);
  ~RingBuffer() override { Stop(); }

 private:
  static int OnRecord(void* self, void* data, size_t size);
  void OnReadable();
  void Stop();
  Napi::Value Close(const Napi::CallbackInfo& info);

  Fd map_;
  std::unique_ptr<ring_buffer, decltype(&ring_buffer__free)> ring_{nullptr, ring_buffer__free};
  std::optional<LoopCallback> on_records_;
  std::optional<Poller> poller_;
  std::vector<uint8_t> packed_;
};
