// Makes TAP interfaces, for those who read and write them. One exists as long as its descriptor is open.
#pragma once

#include <napi.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "arguments.h"
#include "fd.h"

struct TapInterface {
  Fd fd;
  uint32_t ifindex;
};

struct TapSettings {
  std::string name;
  std::optional<uint32_t> mtu;
  std::optional<uint32_t> queue_length;
  // The device takes part in IPv6, without an address; else not even that.
  bool ipv6 = false;
  // IFF_* of linux/if_tun.h, besides those that every TAP has.
  int flags = 0;
  // Called with the descriptor before the interface comes up.
  std::function<void(int)> prepare;
};

// What all have in common: name, mtu, queueLength, ipv6.
TapSettings ReadTapSettings(const Options& options);

// In the namespace of `options`. It is up, and sends nothing by itself.
TapInterface MakeTap(const Options& options, const TapSettings& settings);
