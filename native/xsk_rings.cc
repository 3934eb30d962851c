#include "xsk_rings.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include <cerrno>

#include "native_failure.h"

void XskRing::Map(int fd, int option, uint32_t size, uint64_t page_offset, const xdp_ring_offset& offsets,
                  size_t entry_bytes) {
  if (setsockopt(fd, SOL_XDP, option, &size, sizeof size) != 0)
    FailErrno("setsockopt", "make an AF_XDP ring of " + std::to_string(size) + " entries");
  mapped_ = offsets.desc + size * entry_bytes;
  void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
                      static_cast<off_t>(page_offset));
  if (memory == MAP_FAILED) FailErrno("mmap", "map an AF_XDP ring");
  memory_ = memory;
  size_ = size;
  auto* base = static_cast<uint8_t*>(memory);
  producer_ = reinterpret_cast<uint32_t*>(base + offsets.producer);
  consumer_ = reinterpret_cast<uint32_t*>(base + offsets.consumer);
  flags_ = reinterpret_cast<uint32_t*>(base + offsets.flags);
  entries_ = base + offsets.desc;
}

XskRing::~XskRing() {
  if (memory_) munmap(memory_, mapped_);
}

XskMemory::XskMemory(uint32_t frame_count, uint32_t frame_size, uint32_t headroom)
    : frame_size_(frame_size), headroom_(headroom) {
  if (frame_size != 2048 && frame_size != 4096) FailArgument("frameSize must be 2048 or 4096");
  if (frame_count == 0 || frame_count > 1u << 18 || (frame_count & (frame_count - 1)) != 0)
    FailArgument("frameCount must be a power of two up to 262144");
  pages_ = std::make_shared<Pages>(size_t{frame_count} * frame_size);
  owners_.assign(frame_count, kFree);
  free_.reserve(frame_count);
  for (uint32_t i = frame_count; i > 0; i--) free_.push_back(i - 1);
}

void XskMemory::Register(int fd) const {
  xdp_umem_reg area{};
  area.addr = reinterpret_cast<uint64_t>(pages_->data());
  area.len = pages_->size();
  area.chunk_size = frame_size_;
  area.headroom = headroom_;
  if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof area) != 0)
    FailErrno("setsockopt", "register " + std::to_string(area.len) + " bytes of frames for AF_XDP (ulimit -l?)");
}

uint64_t XskMemory::Take(Owner owner) {
  const uint32_t index = free_.back();
  free_.pop_back();
  owners_[index] = owner;
  return uint64_t{index} * frame_size_;
}

void XskMemory::TakeBack(uint64_t address) {
  const size_t index = IndexOf(address);
  if (index >= owners_.size() || owners_[index] == kFree) return;
  owners_[index] = kFree;
  free_.push_back(static_cast<uint32_t>(index));
}

bool XskMemory::CallerMaySend(int64_t offset, int64_t length) const {
  if (offset < 0 || length <= 0 || IndexOf(offset) >= owners_.size()) return false;
  return owners_[IndexOf(offset)] == kCaller && offset % frame_size_ + length <= frame_size_;
}

bool XskMemory::Release(int64_t offset) {
  if (offset < 0 || IndexOf(offset) >= owners_.size() || owners_[IndexOf(offset)] != kCaller) return false;
  TakeBack(offset);
  return true;
}

void XskMemory::Reclaim(Owner socket) {
  for (size_t i = 0; i < owners_.size(); i++) {
    if (owners_[i] == socket) TakeBack(i * frame_size_);
  }
}

// The kernel frees a queue some milliseconds after its last socket was closed, on a work queue; until then it is busy.
bool BindXsk(int fd, const sockaddr_xdp& address) {
  constexpr int kAttempts = 100;
  constexpr timespec kPause{0, 2'000'000};
  for (int attempt = 1;; attempt++) {
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
    if (errno != EBUSY || attempt == kAttempts) return false;
    nanosleep(&kPause, nullptr);
  }
}

xdp_statistics ReadXskStatistics(int socket) {
  xdp_statistics statistics{};
  socklen_t size = sizeof statistics;
  if (getsockopt(socket, SOL_XDP, XDP_STATISTICS, &statistics, &size) != 0)
    FailErrno("getsockopt", "read AF_XDP statistics");
  return statistics;
}
