// Reads a netlink socket on a thread of its own, for dumps of large tables: the kernel makes each part while it is read,
// and takes milliseconds for it, in which the event loop must not stand still.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "fd.h"
#include "netlink_receive.h"

class NetlinkThread {
 public:
  // `socket` must stay open as long as this lives. Throws NativeFailure.
  explicit NetlinkThread(int socket);
  // Waits for the thread: for one part of a dump, at most.
  ~NetlinkThread();
  NetlinkThread(const NetlinkThread&) = delete;

  // Readable while there is a batch to take.
  int ready_fd() const { return ready_.get(); }
  // Copies the oldest batch to `area` (kNetlinkArea bytes); EAGAIN where there is none.
  NetlinkBatch Take(uint8_t* area);

 private:
  struct Part {
    NetlinkBatch batch;
    std::unique_ptr<uint8_t[]> bytes;
  };

  void Run();
  // False when it is time to end.
  bool WaitForMessages();
  bool WaitForRoom();
  bool Rest(int64_t nanoseconds);
  void Put(Part part);

  const int socket_;
  Fd ready_, stop_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Part> parts_;
  bool stopping_ = false;
  std::thread thread_;
};
