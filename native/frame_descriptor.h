// The layout of a frame descriptor: eight 32-bit words per frame. TWIN: src/native/descriptor.ts, which explains them.
#pragma once

#include <cstdint>

struct FrameDescriptor {
  int32_t offset;
  int32_t length;
  int32_t ifindex;
  int32_t flags;
  int32_t gso_type;
  int32_t gso_size;
  int32_t checksum_start;
  int32_t checksum_offset;
};
static_assert(sizeof(FrameDescriptor) == 32);

constexpr int32_t kFrameChecksumPartial = 1 << 0;
constexpr int32_t kFrameChecksumValid = 1 << 1;
constexpr int32_t kFrameTagRestored = 1 << 2;
constexpr int32_t kFrameTruncated = 1 << 3;
constexpr int32_t kFrameRefused = 1 << 4;
