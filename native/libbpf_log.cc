#include "libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdio>
#include <mutex>

namespace {

constexpr char kBegin[] = "-- BEGIN PROG LOAD LOG --\n";
constexpr char kEnd[] = "-- END PROG LOAD LOG --";

thread_local LibbpfLog* current = nullptr;

int OnPrint(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (current) current->Add(level, format, arguments);
  return 0;
}

}  // namespace

LibbpfLog::LibbpfLog() {
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(OnPrint); });
  current = this;
}

LibbpfLog::~LibbpfLog() { current = nullptr; }

void LibbpfLog::Add(int level, const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return;
  std::string text(length + 1, '\0');
  vsnprintf(text.data(), text.size(), format, arguments);
  text.pop_back();

  const size_t begin = text.find(kBegin);
  if (begin != std::string::npos) {
    const size_t from = begin + sizeof kBegin - 1;
    const size_t end = text.find(kEnd, from);
    verifier_ += text.substr(from, end == std::string::npos ? end : end - from);
  } else if (level != LIBBPF_DEBUG) {
    messages_ += text;
  }
}

std::string LibbpfLog::Messages() const { return messages_; }

std::string LibbpfLog::VerifierLog() const { return verifier_; }
