#include "native_failure.h"

#include <bpf/libbpf.h>
#include <string.h>

#include <cerrno>

#include "addon_data.h"

namespace {

constexpr int kFirstLibbpfError = 4000;

std::string Describe(int error) {
  if (error < kFirstLibbpfError) return strerrordesc_np(error) ? strerrordesc_np(error) : "unknown error";
  char text[128];
  libbpf_strerror(error, text, sizeof text);
  return text;
}

}  // namespace

std::string ErrorName(int error) {
  if (error >= kFirstLibbpfError) return std::string("ELIBBPF_").append(std::to_string(error));
  const char* name = strerrorname_np(error);
  return name ? name : std::string("E").append(std::to_string(error));
}

NativeFailure::NativeFailure(int error, std::string syscall, std::string attempt)
    : error_(error), syscall_(std::move(syscall)) {
  message_ = "cannot " + std::move(attempt) + ": " + Describe(error) + " (" + ErrorName(error) + ")";
}

void FailErrno(const char* syscall, std::string attempt) { throw NativeFailure(errno, syscall, std::move(attempt)); }

void FailArgument(std::string problem) { throw NativeFailure(EINVAL, "arguments", "use these arguments: " + problem); }

void FailClosed(const char* what) { throw NativeFailure(EBADF, "arguments", std::string("use a closed ") + what); }

Napi::Error NativeFailure::ToJavaScript(Napi::Env env) const {
  Napi::Object details = Napi::Object::New(env);
  details["code"] = ErrorName(error_);
  details["errno"] = error_;
  details["syscall"] = syscall_;
  if (!libbpf_log.empty()) details["libbpfLog"] = libbpf_log;
  if (!verifier_log.empty()) details["verifierLog"] = verifier_log;
  if (done >= 0) details["done"] = static_cast<double>(done);
  const Napi::FunctionReference& error_class = AddonData::Of(env).error_class;
  // Before setErrorClass() there is only the loader, which reports whatever it gets.
  if (error_class.IsEmpty()) return Napi::Error::New(env, message_);
  return Napi::Error(env, error_class.New({Napi::String::New(env, message_), details}));
}
