// BPF_PROG_TEST_RUN: running a program on bytes given, or (live frames) letting the kernel carry its verdicts out.
#pragma once

#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "fd.h"
#include "netns.h"

struct TestRunRequest {
  TestRunRequest(Fd program, std::string name, const Options& options);

  // One system call. Throws NativeFailure.
  void Run(uint32_t repetitions);
  // Runs `body` on this thread, or on one in the namespace and on the CPU that were asked for.
  template <typename Body>
  void OnSuitableThread(Body&& body);
  // Moves the calling thread to the namespace and the CPU.
  void MoveThread() const;
  Napi::Object Result(Napi::Env env);

  Fd program;
  std::string name;
  Netns netns;
  std::optional<uint32_t> cpu;
  uint32_t repeat = 0;

  uint32_t retval = 0;
  uint32_t duration_ns = 0;

 private:
  bool has_netns_ = false;
  bool live_ = false;
  uint32_t batch_size_ = 0;
  std::vector<uint8_t> data_, data_out_, ctx_, ctx_out_;
  uint32_t data_out_used_ = 0, ctx_out_used_ = 0;
};

template <typename Body>
void TestRunRequest::OnSuitableThread(Body&& body) {
  if (!has_netns_ && !cpu) return body();
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      MoveThread();
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

// Runs chunk after chunk on a thread of its own; returns the TestRunHandle {done, stop}.
Napi::Object StartTestRunThread(Napi::Env env, TestRunRequest request, const Options& options);
