// One BPF map: element and bulk operations, memory mapping, pinning.
#pragma once

#include <bpf/bpf.h>
#include <napi.h>

#include <string>

#include "arguments.h"
#include "fd.h"
#include "handle.h"

class BpfMap : public Handle<BpfMap> {
 public:
  struct Parts {
    Fd fd;
    std::string name;  // empty: the kernel's (which is cut to 15 characters)
  };

  static Napi::Function Define(Napi::Env env);
  // Takes the descriptor over.
  static Napi::Object Wrap(Napi::Env env, Fd fd, std::string name);
  static BpfMap* Of(Napi::Value value);

  explicit BpfMap(const Napi::CallbackInfo& info);

  int fd() const;
  const bpf_map_info& info() const { return info_; }

 private:
  static Napi::Value OpenPinned(const Napi::CallbackInfo& info);
  static Napi::Value OpenById(const Napi::CallbackInfo& info);
  static Napi::Value Create(const Napi::CallbackInfo& info);

  void DefineLayout(const Napi::CallbackInfo& info);
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Lookup(const Napi::CallbackInfo& info);
  Napi::Value Update(const Napi::CallbackInfo& info);
  Napi::Value Delete(const Napi::CallbackInfo& info);
  Napi::Value UpdateBatch(const Napi::CallbackInfo& info);
  Napi::Value DeleteBatch(const Napi::CallbackInfo& info);
  Napi::Value Dump(const Napi::CallbackInfo& info);
  Napi::Value DumpPart(const Napi::CallbackInfo& info);
  Napi::Value Mmap(const Napi::CallbackInfo& info);
  Napi::Value Pin(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  std::string Named(const char* verb) const { return std::string(verb) + " map " + name_; }

  Fd fd_;
  std::string name_;
  bpf_map_info info_{};
  size_t value_size_ = 0;  // of a lookup: for per-CPU maps all CPUs' values
};

// Pins the object behind `fd`; `what` is for the message.
void PinObject(int fd, const std::string& path, const std::string& what);
// Opens a pinned object; `kind`: "map", "prog" or "link". Another kind is refused.
Fd OpenPinnedObject(const std::string& path, const char* kind);
