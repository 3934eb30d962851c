// Reading a netlink socket: whole messages, back to back, and no more at a time than the event loop can bear.
#pragma once

#include <cstddef>
#include <cstdint>

struct NetlinkBatch {
  size_t used = 0;  // bytes of messages
  int error = 0;    // behind them: an errno. EAGAIN: nothing waits; ENOBUFS: messages were lost
};

// The kernel fills datagrams of a dump up to 32 KiB, however large the buffer.
constexpr size_t kNetlinkDatagram = 32 << 10;
constexpr size_t kNetlinkArea = 2 * kNetlinkDatagram;

// Does not block. `area`: kNetlinkArea bytes at 4-byte alignment.
NetlinkBatch ReceiveNetlink(int fd, uint8_t* area);
