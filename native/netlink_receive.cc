#include "netlink_receive.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace {

// A third of a millisecond of JavaScript's time. Notifications have a hundred bytes, and the datagrams of a large dump
// come one by one: it is made while it is read, and the kernel takes up to 12 ms for each, because it walks its table
// from the beginning every time.
constexpr int kMessages = 256;
constexpr size_t kEnoughBytes = 24 << 10;

}  // namespace

// PERF: one recv() for each message; recvmmsg was not faster (0.8 to 0.9 us either way), and cannot pack them.
NetlinkBatch ReceiveNetlink(int fd, uint8_t* area) {
  NetlinkBatch batch;
  for (int count = 0; count < kMessages && batch.used < kEnoughBytes; count++) {
    const ssize_t length = recv(fd, area + batch.used, kNetlinkDatagram, MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0) {
      batch.error = errno;
      break;
    }
    // A cut datagram lost messages, as an overrun does.
    if (static_cast<size_t>(length) > kNetlinkDatagram) {
      batch.error = ENOBUFS;
      break;
    }
    batch.used += NLMSG_ALIGN(length);
  }
  return batch;
}
