#include "netns.h"

#include <sched.h>
#include <sys/socket.h>

#include "arguments.h"
#include "native_failure.h"

Netns Netns::FromJavaScript(Napi::Value value) {
  Netns netns;
  if (IsAbsent(value)) return netns;
  if (value.IsNumber()) {
    const int fd = static_cast<int>(ReadUint32(value, "netns"));
    netns.fd_ = std::make_shared<Fd>(Fd::Duplicate(fd));
    if (!netns.fd_->open()) FailErrno("fcntl", "duplicate network namespace descriptor " + std::to_string(fd));
    return netns;
  }
  const std::string path = ReadString(value, "netns");
  netns.fd_ = std::make_shared<Fd>(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!netns.fd_->open()) FailErrno("open", "open network namespace " + path);
  return netns;
}

void Netns::Enter() const {
  if (fd_ && setns(fd_->get(), CLONE_NEWNET) != 0) FailErrno("setns", "enter the network namespace");
}

Fd Netns::OpenSocket(int family, int type, int protocol, const char* what) const {
  return Run([&] {
    Fd fd(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!fd.open()) FailErrno("socket", std::string("open a ") + what);
    return fd;
  });
}
