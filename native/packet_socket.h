// One AF_PACKET socket: whole Ethernet frames in and out, in batches.
#pragma once

#include <linux/if_packet.h>
#include <napi.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <vector>

#include "arguments.h"
#include "fd.h"
#include "frame_pool.h"
#include "handle.h"
#include "poller.h"

// struct virtio_net_hdr, whose header file does not compile as C++. Host byte order, as packet sockets use it.
struct VnetHeader {
  static constexpr uint8_t kNeedsChecksum = 1;
  static constexpr uint8_t kDataValid = 2;

  uint8_t flags;
  uint8_t gso_type;
  uint16_t header_length;
  uint16_t gso_size;
  uint16_t checksum_start;
  uint16_t checksum_offset;
};
static_assert(sizeof(VnetHeader) == 10);

// Sends batches by sendmmsg. Apart from the socket class because receiving does not concern it.
class PacketSender {
 public:
  // Returns how many frames the kernel took, and flags the others. `last_error` gets the errno of a refused frame.
  uint32_t Send(int fd, const OutgoingBatch& batch, bool vnet_header, int& last_error);

 private:
  static constexpr uint32_t kBatch = 64;
  void Prepare(uint32_t index, FrameDescriptor& frame, uint8_t* bytes, bool vnet_header);

  mmsghdr messages_[kBatch];
  iovec parts_[kBatch][2];
  sockaddr_ll addresses_[kBatch];
  VnetHeader headers_[kBatch];
};

class PacketSocket : public Handle<PacketSocket> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit PacketSocket(const Napi::CallbackInfo& info);

 private:
  // What recvmmsg needs for one slot.
  struct Slot {
    VnetHeader vnet;
    iovec parts[2];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  };

  void Open(const Napi::CallbackInfo& info);
  void SetUpReceive(const Options& options);
  void MakePromiscuous();
  void Bind(const Options& options, bool receive);
  void PrepareSlots();
  void Describe(uint32_t index, const mmsghdr& message);
  void StopPolling();
  int fd() const;

  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Receive(const Napi::CallbackInfo& info);
  Napi::Value Send(const Napi::CallbackInfo& info);
  Napi::Value LastSendErrno(const Napi::CallbackInfo& info);
  Napi::Value Statistics(const Napi::CallbackInfo& info);
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  Fd fd_;
  uint32_t ifindex_ = 0;
  bool vnet_header_ = false;
  int last_send_error_ = 0;
  std::optional<FramePool> pool_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> messages_;
  std::unique_ptr<PacketSender> sender_;
  std::optional<LoopCallback> on_readable_;
  std::optional<Poller> poller_;
};
