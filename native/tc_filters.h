// What tc filters an interface has, of whatever kind and by whomever.
#pragma once

#include <cstdint>
#include <vector>

struct TcFilter {
  uint32_t priority;
  uint32_t handle;
  uint32_t program_id;  // 0 for filters that are no BPF program
};

// One side of the clsact qdisc (TC_H_MIN_INGRESS or _EGRESS), in the calling thread's namespace. False where the kernel
// does not say: then nothing is known. An interface without clsact has none.
bool ListFilters(uint32_t ifindex, uint32_t side, std::vector<TcFilter>& filters);
