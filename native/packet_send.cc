#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "packet_socket.h"

namespace {

// Ethertypes begin here; below is an 802.3 length.
constexpr uint16_t kFirstEthertype = 0x600;
constexpr int32_t kEthernetHeader = 14;

uint16_t ProtocolOf(const uint8_t* frame, int32_t length) {
  if (length < kEthernetHeader) return 0;
  uint16_t type;
  memcpy(&type, frame + 12, sizeof type);
  return ntohs(type) >= kFirstEthertype ? type : htons(4 /* ETH_P_802_2 */);
}

}  // namespace

void PacketSender::Prepare(uint32_t index, FrameDescriptor& frame, uint8_t* bytes, bool vnet_header) {
  sockaddr_ll& address = addresses_[index];
  address = {};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = frame.ifindex;
  address.sll_protocol = bytes ? ProtocolOf(bytes, frame.length) : 0;

  VnetHeader& header = headers_[index];
  header = {};
  if (frame.flags & kFrameChecksumPartial) {
    header.flags = VnetHeader::kNeedsChecksum;
    header.checksum_start = static_cast<uint16_t>(frame.checksum_start);
    header.checksum_offset = static_cast<uint16_t>(frame.checksum_offset);
  }
  header.gso_type = static_cast<uint8_t>(frame.gso_type);
  header.gso_size = static_cast<uint16_t>(frame.gso_size);

  parts_[index][0] = {&header, sizeof header};
  parts_[index][1] = {bytes, bytes ? static_cast<size_t>(frame.length) : 0};
  msghdr& message = messages_[index].msg_hdr;
  message = {};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = vnet_header ? &parts_[index][0] : &parts_[index][1];
  message.msg_iovlen = vnet_header ? 2 : 1;
}

uint32_t PacketSender::Send(int fd, const OutgoingBatch& batch, bool vnet_header, int& last_error) {
  uint32_t sent = 0;
  const auto refuse = [&](FrameDescriptor& frame, int error) {
    frame.flags |= kFrameRefused;
    last_error = error;
  };
  for (uint32_t start = 0; start < batch.count; start += kBatch) {
    FrameDescriptor* frames = batch.frames + start;
    const uint32_t count = std::min(kBatch, batch.count - start);
    // A frame outside the pool is sent as no bytes, which the kernel refuses like any runt.
    for (uint32_t i = 0; i < count; i++) {
      uint8_t* bytes = batch.Contains(frames[i]) ? batch.pool.data + frames[i].offset : nullptr;
      Prepare(i, frames[i], bytes, vnet_header);
    }
    uint32_t done = 0;
    bool full = false;
    while (done < count) {
      const int accepted = full ? -1 : sendmmsg(fd, messages_ + done, count - done, MSG_DONTWAIT);
      if (accepted > 0) {
        sent += accepted;
        done += accepted;
        continue;
      }
      // One bad frame (too long, interface gone) must not hold up the others; a full send buffer stops them all.
      if (!full && errno == EAGAIN) full = true;
      refuse(frames[done++], full ? EAGAIN : errno);
    }
    if (!full) continue;
    for (uint32_t i = start + count; i < batch.count; i++) refuse(batch.frames[i], EAGAIN);
    break;
  }
  return sent;
}
