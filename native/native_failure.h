// The C++ side of NativeError: thrown by code that knows nothing of JavaScript (also on helper threads), and turned
// into a JavaScript error where a call from JavaScript ends.
#pragma once

#include <napi.h>

#include <exception>
#include <string>

class NativeFailure : public std::exception {
 public:
  // `error`: a positive errno, or a libbpf code (4000 and up). `attempt`: "attach XDP program to interface 3".
  NativeFailure(int error, std::string syscall, std::string attempt);

  const char* what() const noexcept override { return message_.c_str(); }
  int error() const { return error_; }
  Napi::Error ToJavaScript(Napi::Env env) const;

  std::string libbpf_log;
  std::string verifier_log;
  // Entries of a bulk operation that were carried out; -1: not a bulk operation.
  long done = -1;

 private:
  int error_;
  std::string syscall_;
  std::string message_;
};

// Throws a NativeFailure of the current errno.
[[noreturn]] void FailErrno(const char* syscall, std::string attempt);
// Throws a NativeFailure with code EINVAL: a caller's mistake.
[[noreturn]] void FailArgument(std::string problem);
// Throws EBADF: "<what> is closed".
[[noreturn]] void FailClosed(const char* what);

// "EPERM" for 1; "ELIBBPF_4003" for libbpf's own.
std::string ErrorName(int error);

// Runs `body`; a NativeFailure becomes a pending JavaScript exception.
template <typename Body>
auto Guard(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const NativeFailure& failure) {
    throw failure.ToJavaScript(env);
  }
}
