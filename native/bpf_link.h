// One program attached to one interface: an XDP or TCX link, or a clsact filter behind the same face.
#pragma once

#include <napi.h>

#include <optional>
#include <string>

#include "clsact.h"
#include "fd.h"
#include "handle.h"

// Attach types that libbpf 1.1 and its headers do not know yet.
constexpr uint32_t kAttachTcxIngress = 46;
constexpr uint32_t kAttachTcxEgress = 47;
// Of a TCX attachment: in front of all programs that are there.
constexpr uint32_t kAttachBefore = 1U << 3;

// BPF_LINK_CREATE on an interface, in the calling thread's namespace. Returns the descriptor, or -errno.
int CreateInterfaceLink(int program_fd, uint32_t ifindex, uint32_t attach_type, uint32_t flags);

class BpfLink : public Handle<BpfLink> {
 public:
  struct Parts {
    const char* kind;
    Fd fd;
    std::optional<ClsactFilter> clsact;
    std::string pin;
    int program_fd = -1;  // of a clsact filter, whose pin is the program's
  };

  static Napi::Function Define(Napi::Env env);
  explicit BpfLink(const Napi::CallbackInfo& info);
  ~BpfLink() override;

 private:
  static Napi::Value AttachXdp(const Napi::CallbackInfo& info);
  static Napi::Value AttachTcx(const Napi::CallbackInfo& info);
  static Napi::Value AttachClsact(const Napi::CallbackInfo& info);
  static Napi::Value OpenPinned(const Napi::CallbackInfo& info);

  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Info(const Napi::CallbackInfo& info);
  Napi::Value Update(const Napi::CallbackInfo& info);
  Napi::Value Pin(const Napi::CallbackInfo& info);
  Napi::Value Unpin(const Napi::CallbackInfo& info);
  Napi::Value Detach(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  void RequireOpen() const;

  Fd fd_;
  std::optional<ClsactFilter> clsact_;
  Fd clsact_program_;
  std::string pin_;
};
