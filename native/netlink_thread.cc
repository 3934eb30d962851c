#include "netlink_thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#include <cerrno>
#include <cstring>

#include "native_failure.h"

namespace {

// Parts that wait for the event loop; more would only be memory.
constexpr size_t kParts = 8;
// The kernel holds its lock on network configuration for as long as it makes a part: after a long one, others get their
// turn, FRR above all.
constexpr int64_t kLongNs = 1'000'000;
// After an error that is none of a socket's usual ones.
constexpr int64_t kErrorRestNs = 100'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

Fd Event(int flags) {
  Fd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | flags));
  if (!event.open()) FailErrno("eventfd", "start a thread that reads netlink messages");
  return event;
}

}  // namespace

NetlinkThread::NetlinkThread(int socket) : socket_(socket), ready_(Event(EFD_SEMAPHORE)), stop_(Event(0)) {
  thread_ = std::thread([this] { Run(); });
}

NetlinkThread::~NetlinkThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_one();
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

NetlinkBatch NetlinkThread::Take(uint8_t* area) {
  eventfd_t one = 0;
  if (eventfd_read(ready_.get(), &one) != 0) return {0, EAGAIN};
  Part part;
  {
    const std::lock_guard lock(mutex_);
    part = std::move(parts_.front());
    parts_.pop_front();
  }
  room_.notify_one();
  memcpy(area, part.bytes.get(), part.batch.used);
  return part.batch;
}

void NetlinkThread::Run() {
  while (WaitForRoom() && WaitForMessages()) {
    Part part{{}, std::make_unique_for_overwrite<uint8_t[]>(kNetlinkArea)};
    const int64_t start = NowNs();
    part.batch = ReceiveNetlink(socket_, part.bytes.get());
    const int64_t took = NowNs() - start;
    const int error = part.batch.error;
    const bool usual = error == 0 || error == EAGAIN || error == EINTR || error == ENOBUFS;
    if (part.batch.used > 0 || (error != 0 && error != EAGAIN && error != EINTR)) Put(std::move(part));
    if (!usual && !Rest(kErrorRestNs)) return;
    if (took > kLongNs && !Rest(took)) return;
  }
}

void NetlinkThread::Put(Part part) {
  {
    const std::lock_guard lock(mutex_);
    parts_.push_back(std::move(part));
  }
  eventfd_write(ready_.get(), 1);
}

bool NetlinkThread::WaitForRoom() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return stopping_ || parts_.size() < kParts; });
  return !stopping_;
}

bool NetlinkThread::WaitForMessages() {
  pollfd waiting[] = {{socket_, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  while (poll(waiting, 2, -1) < 0 && errno == EINTR) {
  }
  return waiting[1].revents == 0;
}

bool NetlinkThread::Rest(int64_t nanoseconds) {
  const timespec time{nanoseconds / kNsPerSecond, nanoseconds % kNsPerSecond};
  pollfd waiting{stop_.get(), POLLIN, 0};
  return ppoll(&waiting, 1, &time, nullptr) <= 0;
}
