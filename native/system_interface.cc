// Interfaces by name and index, and their offload features by the ethtool ioctls.
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "arguments.h"
#include "netns.h"
#include "system.h"

namespace {

// A feature is either a value of its own, or a bit of the common flags.
struct Feature {
  const char* name;
  uint32_t get, set, flag;
};

constexpr Feature kFeatures[] = {
    {"tso", ETHTOOL_GTSO, ETHTOOL_STSO, 0},
    {"gso", ETHTOOL_GGSO, ETHTOOL_SGSO, 0},
    {"gro", ETHTOOL_GGRO, ETHTOOL_SGRO, 0},
    {"tx-checksum", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM, 0},
    {"rx-checksum", ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM, 0},
    {"scatter-gather", ETHTOOL_GSG, ETHTOOL_SSG, 0},
    {"tx-vlan", ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, ETH_FLAG_TXVLAN},
    {"rx-vlan", ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, ETH_FLAG_RXVLAN},
};

// Device ioctls on one interface, in the calling thread's namespace.
class InterfaceControl {
 public:
  explicit InterfaceControl(std::string name)
      : name_(std::move(name)), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (!fd_.open()) FailErrno("socket", "ask about interface " + name_);
    if (name_.empty() || name_.size() >= IFNAMSIZ) FailArgument("an interface name has 1 to 15 characters");
  }

  bool Ethtool(void* command) const {
    ifreq request{};
    memcpy(request.ifr_name, name_.data(), name_.size());
    request.ifr_data = static_cast<char*>(command);
    return ioctl(fd_.get(), SIOCETHTOOL, &request) == 0;
  }

  bool Get(const Feature& feature) const {
    ethtool_value value{feature.get, 0};
    if (!Ethtool(&value)) {
      if (errno == EOPNOTSUPP) return false;
      FailErrno("ioctl(SIOCETHTOOL)", std::string("read feature ") + feature.name + " of " + name_);
    }
    return feature.flag ? value.data & feature.flag : value.data != 0;
  }

  // Whether it is in the wanted state afterwards.
  bool Set(const Feature& feature, bool on) const {
    ethtool_value value{feature.set, on};
    if (feature.flag) {
      ethtool_value flags{feature.get, 0};
      if (!Ethtool(&flags)) FailErrno("ioctl(SIOCETHTOOL)", "read the features of " + name_);
      value.data = on ? flags.data | feature.flag : flags.data & ~feature.flag;
    }
    if (!Ethtool(&value) && errno != EOPNOTSUPP && errno != EINVAL)
      FailErrno("ioctl(SIOCETHTOOL)", std::string("set feature ") + feature.name + " of " + name_);
    return Get(feature) == on;
  }

  std::string Driver() const {
    ethtool_drvinfo driver{};
    driver.cmd = ETHTOOL_GDRVINFO;
    if (Ethtool(&driver)) return driver.driver;
    if (errno == EOPNOTSUPP) return "";
    FailErrno("ioctl(SIOCETHTOOL)", "read the driver of " + name_);
  }

 private:
  std::string name_;
  Fd fd_;
};

const Feature& FindFeature(const std::string& name) {
  for (const Feature& feature : kFeatures) {
    if (name == feature.name) return feature;
  }
  FailArgument("unknown feature " + name);
}

Napi::Value InterfaceIndex(const Napi::CallbackInfo& info) {
  const std::string name = ReadString(info[0], "name");
  const uint32_t index = Netns::FromJavaScript(info[1]).Run([&] {
    const uint32_t found = if_nametoindex(name.c_str());
    if (found == 0) FailErrno("if_nametoindex", "find interface " + name);
    return found;
  });
  return Napi::Number::New(info.Env(), index);
}

Napi::Value InterfaceName(const Napi::CallbackInfo& info) {
  const uint32_t index = ReadUint32(info[0], "ifindex");
  const std::string name = Netns::FromJavaScript(info[1]).Run([&] {
    char found[IFNAMSIZ];
    if (!if_indextoname(index, found)) FailErrno("if_indextoname", "find interface " + std::to_string(index));
    return std::string(found);
  });
  return Napi::String::New(info.Env(), name);
}

Napi::Value InterfaceNames(const Napi::CallbackInfo& info) {
  const auto names = Netns::FromJavaScript(info[0]).Run([] {
    const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> list(if_nameindex(), if_freenameindex);
    if (!list) FailErrno("if_nameindex", "list interfaces");
    std::vector<std::string> found;
    for (const struct if_nameindex* one = list.get(); one->if_index != 0; one++) found.push_back(one->if_name);
    return found;
  });
  Napi::Array result = Napi::Array::New(info.Env(), names.size());
  for (uint32_t at = 0; at < names.size(); at++) result[at] = names[at];
  return result;
}

Napi::Value EthtoolGetFeatures(const Napi::CallbackInfo& info) {
  const std::string name = ReadString(info[0], "name");
  const uint32_t bits = Netns::FromJavaScript(info[1]).Run([&] {
    const InterfaceControl control(name);
    uint32_t on = 0, bit = 1;
    for (const Feature& feature : kFeatures) {
      if (control.Get(feature)) on |= bit;
      bit <<= 1;
    }
    return on;
  });
  Napi::Object result = Napi::Object::New(info.Env());
  uint32_t bit = 1;
  for (const Feature& feature : kFeatures) {
    result[feature.name] = Napi::Boolean::New(info.Env(), bits & bit);
    bit <<= 1;
  }
  return result;
}

Napi::Value EthtoolSetFeature(const Napi::CallbackInfo& info) {
  const std::string name = ReadString(info[0], "name");
  const Feature& feature = FindFeature(ReadString(info[1], "feature"));
  if (!info[2].IsBoolean()) FailArgument("on must be a boolean");
  const bool on = info[2].As<Napi::Boolean>();
  const bool is =
      Netns::FromJavaScript(info[3]).Run([&] { return InterfaceControl(name).Set(feature, on); });
  return Napi::Boolean::New(info.Env(), is);
}

Napi::Value EthtoolDriver(const Napi::CallbackInfo& info) {
  const std::string name = ReadString(info[0], "name");
  const std::string driver = Netns::FromJavaScript(info[1]).Run([&] { return InterfaceControl(name).Driver(); });
  return Napi::String::New(info.Env(), driver);
}

}  // namespace

void DefineInterfaceFunctions(Napi::Env env, Napi::Object exports) {
  Export<InterfaceIndex>(env, exports, "interfaceIndex");
  Export<InterfaceName>(env, exports, "interfaceName");
  Export<InterfaceNames>(env, exports, "interfaceNames");
  Export<EthtoolGetFeatures>(env, exports, "ethtoolGetFeatures");
  Export<EthtoolSetFeature>(env, exports, "ethtoolSetFeature");
  Export<EthtoolDriver>(env, exports, "ethtoolDriver");
}
