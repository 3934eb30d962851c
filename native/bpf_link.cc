#include "bpf_link.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sys/syscall.h>

#include <cerrno>

#include "addon_data.h"
#include "bpf_map.h"
#include "bpf_program.h"

namespace {

bool ReadEgress(const Options& options) {
  const std::string direction = options.String("direction");
  if (direction != "ingress" && direction != "egress") FailArgument("direction must be \"ingress\" or \"egress\"");
  return direction == "egress";
}

Fd LinkOrFail(const Netns& netns, int program_fd, uint32_t ifindex, uint32_t attach_type, uint32_t flags,
              const std::string& attempt) {
  const int fd = netns.Run([&] { return CreateInterfaceLink(program_fd, ifindex, attach_type, flags); });
  if (fd < 0) throw NativeFailure(-fd, "bpf(BPF_LINK_CREATE)", attempt + " to interface " + std::to_string(ifindex));
  return Fd(fd);
}

}  // namespace

int CreateInterfaceLink(int program_fd, uint32_t ifindex, uint32_t attach_type, uint32_t flags) {
  bpf_attr attr{};
  attr.link_create.prog_fd = program_fd;
  attr.link_create.target_ifindex = ifindex;
  attr.link_create.attach_type = attach_type;
  attr.link_create.flags = flags;
  const int fd = static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof attr));
  return fd < 0 ? -errno : fd;
}

Napi::Function BpfLink::Define(Napi::Env env) {
  return DefineClass(env, "BpfLink",
                     {
                         Static<&BpfLink::AttachXdp>("attachXdp"),
                         Static<&BpfLink::AttachTcx>("attachTcx"),
                         Static<&BpfLink::AttachClsact>("attachClsact"),
                         Static<&BpfLink::OpenPinned>("openPinned"),
                         Getter<&BpfLink::GetFd>("fd"),
                         Method<&BpfLink::Info>("info"),
                         Method<&BpfLink::Update>("update"),
                         Method<&BpfLink::Pin>("pin"),
                         Method<&BpfLink::Unpin>("unpin"),
                         Method<&BpfLink::Detach>("detach"),
                         Method<&BpfLink::Close>("close"),
                     });
}

BpfLink::BpfLink(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] {
    Parts& parts = PartsOf<Parts>(info, "BpfLink.attachXdp(), attachTcx(), attachClsact() or openPinned()");
    fd_ = std::move(parts.fd);
    clsact_ = std::move(parts.clsact);
    pin_ = std::move(parts.pin);
    if (parts.program_fd >= 0) clsact_program_ = Fd::Duplicate(parts.program_fd);
    info.This().As<Napi::Object>().DefineProperty(Napi::PropertyDescriptor::Value(
        "kind", Napi::String::New(info.Env(), parts.kind), napi_enumerable));
  });
}

BpfLink::~BpfLink() {
  if (!clsact_ || !pin_.empty()) return;
  try {
    clsact_->Detach();
  } catch (const NativeFailure&) {
    // A finalizer has nobody to tell; close() is the way to learn of it.
  }
}

Napi::Value BpfLink::AttachXdp(const Napi::CallbackInfo& info) {
  BpfProgram* program = BpfProgram::Of(info[0]);
  const uint32_t ifindex = ReadUint32(info[1], "ifindex");
  const Options options(info[2]);
  const std::string mode = options.String("mode");
  if (mode != "native" && mode != "generic") FailArgument("mode must be \"native\" or \"generic\"");
  const uint32_t flags = mode == "native" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  Parts parts{.kind = "xdp"};
  parts.fd = LinkOrFail(Netns::FromJavaScript(options.Get("netns")), program->fd(), ifindex, BPF_XDP, flags,
                        "attach XDP program " + program->name() + " in " + mode + " mode");
  return New(info.Env(), AddonData::Of(info.Env()).bpf_link, parts);
}

Napi::Value BpfLink::AttachTcx(const Napi::CallbackInfo& info) {
  BpfProgram* program = BpfProgram::Of(info[0]);
  const uint32_t ifindex = ReadUint32(info[1], "ifindex");
  const Options options(info[2]);
  const bool egress = ReadEgress(options);
  Parts parts{.kind = "tcx"};
  parts.fd = LinkOrFail(Netns::FromJavaScript(options.Get("netns")), program->fd(), ifindex,
                        egress ? kAttachTcxEgress : kAttachTcxIngress, options.Bool("first", false) ? kAttachBefore : 0,
                        "attach tc program " + program->name() + " by TCX");
  return New(info.Env(), AddonData::Of(info.Env()).bpf_link, parts);
}

Napi::Value BpfLink::AttachClsact(const Napi::CallbackInfo& info) {
  BpfProgram* program = BpfProgram::Of(info[0]);
  const Options options(info[2]);
  Parts parts{.kind = "clsact"};
  parts.clsact = ClsactFilter::Attach(program->fd(), ReadUint32(info[1], "ifindex"), ReadEgress(options),
                                      options.Uint32("priority", 0), options.Uint32("handle", 0),
                                      Netns::FromJavaScript(options.Get("netns")));
  parts.program_fd = program->fd();
  return New(info.Env(), AddonData::Of(info.Env()).bpf_link, parts);
}

Napi::Value BpfLink::OpenPinned(const Napi::CallbackInfo& info) {
  Parts parts{.kind = "pinned"};
  parts.pin = ReadString(info[0], "path");
  parts.fd = OpenPinnedObject(parts.pin, "link");
  return New(info.Env(), AddonData::Of(info.Env()).bpf_link, parts);
}

void BpfLink::RequireOpen() const {
  if (!fd_.open() && !clsact_) FailClosed("BpfLink");
}

Napi::Value BpfLink::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value BpfLink::Info(const Napi::CallbackInfo& info) {
  RequireOpen();
  bpf_link_info link{};
  uint32_t size = sizeof link;
  if (clsact_) {
    link.prog_id = clsact_->ProgramId();
    link.xdp.ifindex = clsact_->ifindex();
  } else if (bpf_obj_get_info_by_fd(fd_.get(), &link, &size) != 0) {
    FailErrno("bpf(BPF_OBJ_GET_INFO_BY_FD)", "read about the link");
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result["id"] = link.id;
  result["programId"] = link.prog_id;
  result["ifindex"] = link.xdp.ifindex;  // TCX has it in the same place
  return result;
}

Napi::Value BpfLink::Update(const Napi::CallbackInfo& info) {
  RequireOpen();
  BpfProgram* program = BpfProgram::Of(info[0]);
  if (clsact_) {
    clsact_->Replace(program->fd());
    clsact_program_ = Fd::Duplicate(program->fd());
  } else if (bpf_link_update(fd_.get(), program->fd(), nullptr) != 0) {
    FailErrno("bpf(BPF_LINK_UPDATE)", "replace the link's program by " + program->name());
  }
  return info.Env().Undefined();
}

Napi::Value BpfLink::Pin(const Napi::CallbackInfo& info) {
  RequireOpen();
  const std::string path = ReadString(info[0], "path");
  PinObject(clsact_ ? clsact_program_.get() : fd_.get(), path, clsact_ ? "the filter's program" : "link");
  pin_ = path;
  return info.Env().Undefined();
}

Napi::Value BpfLink::Unpin(const Napi::CallbackInfo& info) {
  if (!pin_.empty() && unlink(pin_.c_str()) != 0 && errno != ENOENT) FailErrno("unlink", "remove the pin " + pin_);
  pin_.clear();
  return info.Env().Undefined();
}

Napi::Value BpfLink::Detach(const Napi::CallbackInfo& info) {
  RequireOpen();
  if (clsact_) {
    clsact_->Detach();
  } else if (bpf_link_detach(fd_.get()) != 0) {
    FailErrno("bpf(BPF_LINK_DETACH)", "detach the link");
  }
  return info.Env().Undefined();
}

Napi::Value BpfLink::Close(const Napi::CallbackInfo& info) {
  fd_.Close();
  clsact_program_.Close();
  // Forgotten first, so that a second close() does nothing whatever the first one met.
  std::optional<ClsactFilter> clsact;
  clsact.swap(clsact_);
  if (clsact && pin_.empty()) clsact->Detach();
  return info.Env().Undefined();
}
