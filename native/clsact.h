// A BPF filter on a clsact qdisc: the attachment for kernels without TCX (before 6.6).
#pragma once

#include <cstdint>

#include "netns.h"

class ClsactFilter {
 public:
  // `priority` and `handle` 0: the kernel chooses. A filter that is there under both is replaced.
  static ClsactFilter Attach(int program_fd, uint32_t ifindex, bool egress, uint32_t priority, uint32_t handle,
                             Netns netns);
  void Replace(int program_fd);
  // Removes the filter, and the qdisc if this made it and no other filter is left. An interface that is gone is fine.
  void Detach();

  uint32_t ifindex() const { return ifindex_; }
  uint32_t ProgramId() const;

 private:
  void AttachThere(int program_fd);

  Netns netns_;
  uint32_t ifindex_ = 0;
  bool egress_ = false;
  uint32_t priority_ = 0;
  uint32_t handle_ = 0;
  bool made_qdisc_ = false;
};
