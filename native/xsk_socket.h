// One AF_XDP socket on one queue. It follows the ownership rules that src/native/frames.ts states.
//
// For the kernel it is two on one queue, one that receives and one that sends. PERF: it tells a socket of each sent frame
// that there is room again, and whoever polls the socket is looked up to be woken, though he waits for something else:
// 75 ns a frame. Nobody polls the one that sends.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "arguments.h"
#include "fd.h"
#include "handle.h"
#include "poller.h"
#include "xsk_rings.h"

class XskSocket : public Handle<XskSocket> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit XskSocket(const Napi::CallbackInfo& info);
  ~XskSocket() override { CloseSocket(); }

 private:
  static constexpr uint32_t kBatch = 256;

  void Open(const Napi::CallbackInfo& info);
  void MapRings(uint32_t size);
  void Bind(const Options& options, XskSocket* sharer);
  void BindSending();
  void DefineProperties(Napi::Object self, Napi::Value pool);
  // Moves frames where they belong: sent ones to the free pool, free ones to the fill ring.
  void Recycle();
  // Has the kernel take what is in the transmit ring.
  void Kick();
  void StopPolling();
  void CloseSocket();
  int fd() const;

  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value FreeFrames(const Napi::CallbackInfo& info);
  Napi::Value Receive(const Napi::CallbackInfo& info);
  Napi::Value Allocate(const Napi::CallbackInfo& info);
  Napi::Value Send(const Napi::CallbackInfo& info);
  Napi::Value Release(const Napi::CallbackInfo& info);
  Napi::Value Statistics(const Napi::CallbackInfo& info);
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  std::shared_ptr<XskMemory> memory_;
  std::shared_ptr<Pages> descriptors_;
  std::unique_ptr<XskRing> fill_, completion_, receive_, transmit_;
  Fd fd_, sending_;
  uint32_t ifindex_ = 0;
  uint32_t queue_ = 0;
  uint32_t fill_target_ = 0;
  XskMemory::Owner owner_ = XskMemory::kFree;
  bool copy_mode_ = true;
  std::optional<LoopCallback> on_readable_;
  std::optional<Poller> poller_;
};
