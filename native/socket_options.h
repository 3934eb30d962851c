// Socket options with named failures.
#pragma once

#include <sys/socket.h>

#include <string>

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
