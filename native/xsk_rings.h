// The raw AF_XDP interface (linux/if_xdp.h): a memory area of frames and the four rings of a socket.
//
// A ring is shared with the kernel: the index that the other side moves is read with acquire, ours is written with
// release, and the entries in between are ours.
#pragma once

#include <linux/if_xdp.h>
#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "fd.h"
#include "frame_pool.h"

// One mapped ring of `Entry`s: uint64_t addresses (fill, completion) or xdp_desc (receive, transmit).
class XskRing {
 public:
  // Sets the ring's size by socket option `option` and maps it at `page_offset`.
  void Map(int fd, int option, uint32_t size, uint64_t page_offset, const xdp_ring_offset& offsets, size_t entry_bytes);
  XskRing() = default;
  ~XskRing();
  XskRing(const XskRing&) = delete;

  // Entries that the kernel has produced and we have not consumed.
  uint32_t Ready() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE) - *consumer_; }
  // Entries that we may produce.
  uint32_t Room() const { return size_ - (*producer_ - __atomic_load_n(consumer_, __ATOMIC_ACQUIRE)); }
  uint32_t Unconsumed() const { return *producer_ - __atomic_load_n(consumer_, __ATOMIC_ACQUIRE); }
  bool NeedsWakeup() const { return __atomic_load_n(flags_, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP; }
  // Entry `index` counted from our own position.
  template <typename Entry>
  Entry& ToConsume(uint32_t index) const {
    return static_cast<Entry*>(entries_)[(*consumer_ + index) & (size_ - 1)];
  }
  template <typename Entry>
  Entry& ToProduce(uint32_t index) const {
    return static_cast<Entry*>(entries_)[(*producer_ + index) & (size_ - 1)];
  }
  void Consume(uint32_t count) { __atomic_store_n(consumer_, *consumer_ + count, __ATOMIC_RELEASE); }
  void Produce(uint32_t count) { __atomic_store_n(producer_, *producer_ + count, __ATOMIC_RELEASE); }

 private:
  void* memory_ = nullptr;
  size_t mapped_ = 0;
  uint32_t size_ = 0;
  uint32_t* producer_ = nullptr;
  uint32_t* consumer_ = nullptr;
  uint32_t* flags_ = nullptr;
  void* entries_ = nullptr;
};

// Frames shared by the sockets of one memory area, and who has each of them. Used by one thread.
class XskMemory {
 public:
  XskMemory(uint32_t frame_count, uint32_t frame_size, uint32_t headroom);
  // Tells the kernel. Once, on the first socket.
  void Register(int fd) const;

  uint32_t frame_size() const { return frame_size_; }
  uint32_t headroom() const { return headroom_; }
  const std::shared_ptr<Pages>& pages() const { return pages_; }
  uint32_t free_count() const { return static_cast<uint32_t>(free_.size()); }

  // Who has a frame: nobody, the caller, or the kernel by way of one socket.
  using Owner = uint32_t;
  static constexpr Owner kFree = 0, kCaller = 1;
  // A number for a socket's frames.
  Owner NewSocket() { return ++last_socket_; }

  // Takes a free frame (free_count() > 0); returns its address.
  uint64_t Take(Owner owner);
  // Puts it back.
  void TakeBack(uint64_t address);
  void Give(uint64_t address, Owner owner) { owners_[IndexOf(address)] = owner; }
  // Is [offset, offset + length) inside one frame that the caller has?
  bool CallerMaySend(int64_t offset, int64_t length) const;
  // False if the caller does not have it.
  bool Release(int64_t offset);
  // Takes back all that the kernel has by way of a socket that was closed.
  void Reclaim(Owner socket);

 private:
  size_t IndexOf(uint64_t address) const { return address / frame_size_; }

  uint32_t frame_size_, headroom_;
  std::shared_ptr<Pages> pages_;
  std::vector<uint32_t> free_;  // last in, first out: its bytes are still in the cache
  std::vector<Owner> owners_;
  Owner last_socket_ = kCaller;
};

// False with errno where it cannot be. Waits a moment for a queue whose last socket was closed just now.
bool BindXsk(int socket, const sockaddr_xdp& address);
xdp_statistics ReadXskStatistics(int socket);
