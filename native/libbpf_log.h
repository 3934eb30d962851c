// What libbpf prints, caught per thread: it is the best explanation of a failure that there is.
#pragma once

#include <cstdarg>
#include <string>

class LibbpfLog {
 public:
  LibbpfLog();   // starts catching on this thread
  ~LibbpfLog();  // stops
  LibbpfLog(const LibbpfLog&) = delete;

  // Warnings and notes, without the verifier's log.
  std::string Messages() const;
  // The verifier's logs, without libbpf's frame around them.
  std::string VerifierLog() const;

  void Add(int level, const char* format, va_list arguments);

 private:
  std::string messages_;
  std::string verifier_;
};
