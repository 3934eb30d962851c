#include "tap_interface.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "native_failure.h"
#include "netns.h"

namespace {

// Absent where the kernel has no IPv6, which is as good.
void SetIpv6(const std::string& name, const std::string& setting, const std::string& purpose) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + name + "/" + setting;
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.open() && write(fd.get(), "1", 1) != 1) FailErrno("write", purpose + " " + name);
}

// Without addresses of its own the device sends no router solicitations or MLD reports into the frame stream.
void SilenceIpv6(const TapSettings& settings) {
  if (settings.ipv6) SetIpv6(settings.name, "addr_gen_mode", "keep IPv6 addresses from");
  else SetIpv6(settings.name, "disable_ipv6", "switch off IPv6 on");
}

// Called in the namespace where the device shall be.
TapInterface Make(const TapSettings& settings) {
  const auto& [name, mtu, queue_length, ipv6, flags, prepare] = settings;
  TapInterface made{Fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)), 0};
  if (!made.fd.open()) FailErrno("open", "open /dev/net/tun");
  ifreq request{};
  memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI | static_cast<short>(IFF_TUN_EXCL | flags);
  if (ioctl(made.fd.get(), TUNSETIFF, &request) != 0) FailErrno("ioctl(TUNSETIFF)", "create TAP device " + name);
  if (prepare) prepare(made.fd.get());

  const Fd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control.open()) FailErrno("socket", "set up TAP device " + name);
  SilenceIpv6(settings);
  if (mtu) {
    request.ifr_mtu = static_cast<int>(*mtu);
    if (ioctl(control.get(), SIOCSIFMTU, &request) != 0)
      FailErrno("ioctl(SIOCSIFMTU)", "set the MTU of " + name + " to " + std::to_string(*mtu));
  }
  if (queue_length) {
    request.ifr_qlen = static_cast<int>(*queue_length);
    if (ioctl(control.get(), SIOCSIFTXQLEN, &request) != 0)
      FailErrno("ioctl(SIOCSIFTXQLEN)", "set the queue of " + name + " to " + std::to_string(*queue_length) + " frames");
  }
  request.ifr_flags = IFF_UP | IFF_NOARP;
  if (ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) FailErrno("ioctl(SIOCSIFFLAGS)", "bring up " + name);
  if (ioctl(control.get(), SIOCGIFINDEX, &request) != 0) FailErrno("ioctl(SIOCGIFINDEX)", "find " + name);
  made.ifindex = static_cast<uint32_t>(request.ifr_ifindex);
  return made;
}

}  // namespace

TapSettings ReadTapSettings(const Options& options) {
  TapSettings settings;
  settings.name = options.String("name");
  const std::string& name = settings.name;
  if (name.empty() || name.size() >= IFNAMSIZ || name.find_first_of("/ %") != std::string::npos)
    FailArgument("name must be an interface name of 1 to 15 characters");
  if (options.Has("mtu")) settings.mtu = options.Uint32("mtu");
  if (options.Has("queueLength")) settings.queue_length = options.Uint32("queueLength");
  settings.ipv6 = options.Bool("ipv6", false);
  return settings;
}

TapInterface MakeTap(const Options& options, const TapSettings& settings) {
  return Netns::FromJavaScript(options.Get("netns")).Run([&] { return Make(settings); });
}
