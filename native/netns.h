// Carrying out a system call in another network namespace.
//
// setns() moves a thread, and Node's threads must stay where they are. So a thread is started for the one call; the
// descriptors it opens belong to the whole process and stay bound to the namespace.
#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <thread>

#include "fd.h"

class Netns {
 public:
  Netns() = default;  // the process's own
  // undefined, a path, or a descriptor (which is duplicated, so that the caller may close it).
  static Netns FromJavaScript(Napi::Value value);

  // Runs `body` there and returns its result; exceptions come through.
  template <typename Body>
  auto Run(Body&& body) const -> decltype(body()) {
    if (!fd_) return body();
    std::exception_ptr failure;
    std::unique_ptr<decltype(body())> result;
    std::thread thread([&] {
      try {
        Enter();
        result = std::make_unique<decltype(body())>(body());
      } catch (...) {
        failure = std::current_exception();
      }
    });
    thread.join();
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }

  // Moves the calling thread, for good.
  void Enter() const;

  // socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)
  Fd OpenSocket(int family, int type, int protocol, const char* what) const;

 private:
  std::shared_ptr<Fd> fd_;
};
