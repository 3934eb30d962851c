#include "bpf_map.h"

#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "addon_data.h"

namespace {

size_t RoundUp8(size_t size) { return (size + 7) & ~size_t{7}; }

bool IsPerCpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

}  // namespace

void PinObject(int fd, const std::string& path, const std::string& what) {
  if (bpf_obj_pin(fd, path.c_str()) != 0) FailErrno("bpf(BPF_OBJ_PIN)", "pin " + what + " at " + path);
}

Fd OpenPinnedObject(const std::string& path, const char* kind) {
  Fd fd(bpf_obj_get(path.c_str()));
  if (!fd.open()) FailErrno("bpf(BPF_OBJ_GET)", std::string("open pinned ") + kind + " " + path);
  // All kinds are opened alike, and asking one for another's info succeeds; only the name of the file tells:
  // "anon_inode:bpf-map", "bpf-prog" or "bpf_link".
  char name[64] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(fd.get());
  if (readlink(link.c_str(), name, sizeof name - 1) < 0) FailErrno("readlink", "look at " + path);
  if (!strstr(name, kind)) FailArgument(path + " is a pinned " + name + ", not a " + kind);
  return fd;
}

Napi::Function BpfMap::Define(Napi::Env env) {
  return DefineClass(env, "BpfMap",
                     {
                         Static<&BpfMap::OpenPinned>("openPinned"),
                         Static<&BpfMap::OpenById>("openById"),
                         Static<&BpfMap::Create>("create"),
                         Getter<&BpfMap::GetFd>("fd"),
                         Method<&BpfMap::Lookup>("lookup"),
                         Method<&BpfMap::Update>("update"),
                         Method<&BpfMap::Delete>("delete"),
                         Method<&BpfMap::UpdateBatch>("updateBatch"),
                         Method<&BpfMap::DeleteBatch>("deleteBatch"),
                         Method<&BpfMap::Dump>("dump"),
                         Method<&BpfMap::DumpPart>("dumpPart"),
                         Method<&BpfMap::Mmap>("mmap"),
                         Method<&BpfMap::Pin>("pin"),
                         Method<&BpfMap::Close>("close"),
                     });
}

Napi::Object BpfMap::Wrap(Napi::Env env, Fd fd, std::string name) {
  Parts parts{std::move(fd), std::move(name)};
  return New(env, AddonData::Of(env).bpf_map, parts);
}

BpfMap* BpfMap::Of(Napi::Value value) { return From(value, AddonData::Of(value.Env()).bpf_map, "BpfMap"); }

BpfMap::BpfMap(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] {
    Parts& parts = PartsOf<Parts>(info, "BpfObject.map(), BpfMap.create(), openPinned() or openById()");
    fd_ = std::move(parts.fd);
    uint32_t size = sizeof info_;
    if (bpf_obj_get_info_by_fd(fd_.get(), &info_, &size) != 0)
      FailErrno("bpf(BPF_OBJ_GET_INFO_BY_FD)", "read the layout of map " + parts.name);
    name_ = parts.name.empty() ? info_.name : parts.name;
    DefineLayout(info);
  });
}

// The layout never changes, so it is plain properties: no call into C++ to read them.
void BpfMap::DefineLayout(const Napi::CallbackInfo& info) {
  const bool per_cpu = IsPerCpu(info_.type);
  const int cpus = per_cpu ? libbpf_num_possible_cpus() : 1;
  if (cpus < 0) throw NativeFailure(-cpus, "libbpf_num_possible_cpus", "count the possible CPUs");
  value_size_ = per_cpu ? RoundUp8(info_.value_size) * cpus : info_.value_size;

  Napi::Env env = info.Env();
  Napi::Object self = info.This().As<Napi::Object>();
  const auto define = [&](const char* name, Napi::Value value) {
    self.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
  };
  const auto number = [&](double value) { return Napi::Number::New(env, value); };
  define("name", Napi::String::New(env, name_));
  define("id", number(info_.id));
  define("type", number(info_.type));
  define("flags", number(info_.map_flags));
  define("keySize", number(info_.key_size));
  define("valueSize", number(static_cast<double>(value_size_)));
  define("cpuCount", number(cpus));
  define("maxEntries", number(info_.max_entries));
}

int BpfMap::fd() const {
  if (!fd_.open()) FailClosed("BpfMap");
  return fd_.get();
}

Napi::Value BpfMap::OpenPinned(const Napi::CallbackInfo& info) {
  const std::string path = ReadString(info[0], "path");
  return Wrap(info.Env(), OpenPinnedObject(path, "map"), path.substr(path.rfind('/') + 1));
}

Napi::Value BpfMap::OpenById(const Napi::CallbackInfo& info) {
  const uint32_t id = ReadUint32(info[0], "id");
  Fd fd(bpf_map_get_fd_by_id(id));
  if (!fd.open()) FailErrno("bpf(BPF_MAP_GET_FD_BY_ID)", "open map " + std::to_string(id));
  return Wrap(info.Env(), std::move(fd), "");
}

Napi::Value BpfMap::Create(const Napi::CallbackInfo& info) {
  const Options options(info[0]);
  LIBBPF_OPTS(bpf_map_create_opts, create);
  create.map_flags = options.Uint32("flags", 0);
  if (options.Has("innerMap")) create.inner_map_fd = Of(options.Get("innerMap"))->fd();
  const std::string name = options.String("name", "");
  const uint32_t type = options.Uint32("type");
  Fd fd(bpf_map_create(static_cast<bpf_map_type>(type), name.substr(0, BPF_OBJ_NAME_LEN - 1).c_str(),
                       options.Uint32("keySize"), options.Uint32("valueSize"), options.Uint32("maxEntries"), &create));
  if (!fd.open()) FailErrno("bpf(BPF_MAP_CREATE)", "create map " + name + " of type " + std::to_string(type));
  return Wrap(info.Env(), std::move(fd), name);
}

Napi::Value BpfMap::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value BpfMap::Lookup(const Napi::CallbackInfo& info) {
  const Bytes key = ReadBytesOf(info[0], "key", info_.key_size);
  Napi::Value out = info[1];
  if (IsAbsent(out)) out = Napi::Uint8Array::New(info.Env(), value_size_);
  const Bytes value = ReadBytesOf(out, "out", value_size_);
  if (bpf_map_lookup_elem(fd(), key.data, value.data) == 0) return out;
  if (errno == ENOENT) return info.Env().Undefined();
  FailErrno("bpf(BPF_MAP_LOOKUP_ELEM)", Named("look up in"));
}

Napi::Value BpfMap::Update(const Napi::CallbackInfo& info) {
  const Bytes key = ReadBytesOf(info[0], "key", info_.key_size);
  const Bytes value = ReadBytesOf(info[1], "value", value_size_);
  const uint32_t flags = IsAbsent(info[2]) ? 0 : ReadUint32(info[2], "flags");
  if (bpf_map_update_elem(fd(), key.data, value.data, flags) != 0)
    FailErrno("bpf(BPF_MAP_UPDATE_ELEM)", Named("update an entry of"));
  return info.Env().Undefined();
}

Napi::Value BpfMap::Delete(const Napi::CallbackInfo& info) {
  const Bytes key = ReadBytesOf(info[0], "key", info_.key_size);
  const bool found = bpf_map_delete_elem(fd(), key.data) == 0;
  if (!found && errno != ENOENT) FailErrno("bpf(BPF_MAP_DELETE_ELEM)", Named("delete an entry of"));
  return Napi::Boolean::New(info.Env(), found);
}

Napi::Value BpfMap::Mmap(const Napi::CallbackInfo& info) {
  const size_t page = sysconf(_SC_PAGESIZE);
  const size_t size = RoundUp8(info_.value_size) * info_.max_entries;
  const size_t mapped = (size + page - 1) / page * page;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd(), 0);
  if (memory == MAP_FAILED) FailErrno("mmap", Named("map into memory"));
  return Napi::ArrayBuffer::New(info.Env(), memory, size, [mapped](Napi::Env, void* data) { munmap(data, mapped); });
}

Napi::Value BpfMap::Pin(const Napi::CallbackInfo& info) {
  PinObject(fd(), ReadString(info[0], "path"), "map " + name_);
  return info.Env().Undefined();
}

Napi::Value BpfMap::Close(const Napi::CallbackInfo& info) {
  fd_.Close();
  return info.Env().Undefined();
}
