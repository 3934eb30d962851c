// Socket options with named failures.
#pragma once

#include <linux/filter.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "arguments.h"
#include "native_failure.h"

inline bool TrySetSocketOption(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

inline void SetSocketOption(int fd, int level, int option, int value, std::string attempt) {
  if (!TrySetSocketOption(fd, level, option, value)) FailErrno("setsockopt", std::move(attempt));
}

inline int GetSocketOption(int fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fd, level, option, &value, &size) != 0) FailErrno("getsockopt", "read a socket option");
  return value;
}

// Beyond net.core.rmem_max needs CAP_NET_ADMIN; without it the kernel silently caps the size.
inline void SetReceiveBuffer(int fd, int bytes) {
  if (TrySetSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes)) return;
  SetSocketOption(fd, SOL_SOCKET, SO_RCVBUF, bytes, "set the receive buffer to " + std::to_string(bytes) + " bytes");
}

inline void SetSendBuffer(int fd, int bytes) {
  if (TrySetSocketOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes)) return;
  SetSocketOption(fd, SOL_SOCKET, SO_SNDBUF, bytes, "set the send buffer to " + std::to_string(bytes) + " bytes");
}

// Classic BPF as struct sock_filter entries: a socket of any family gets only what it accepts.
inline void AttachClassicFilter(int fd, const Bytes& filter) {
  if (filter.size == 0 || filter.size % sizeof(sock_filter) != 0)
    FailArgument("filter must be whole instructions of 8 bytes");
  std::vector<sock_filter> code(filter.size / sizeof(sock_filter));
  memcpy(code.data(), filter.data, filter.size);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    FailErrno("setsockopt", "attach the filter of a socket");
}
