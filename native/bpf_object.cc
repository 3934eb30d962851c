#include "bpf_object.h"

#include <cerrno>
#include <memory>
#include <set>

#include "addon_data.h"
#include "bpf_map.h"
#include "bpf_program.h"
#include "libbpf_log.h"

namespace {

using ObjectOwner = std::unique_ptr<bpf_object, decltype(&bpf_object__close)>;

[[noreturn]] void FailLogged(const char* function, std::string attempt, const LibbpfLog& log) {
  NativeFailure failure(errno, function, std::move(attempt));
  failure.libbpf_log = log.Messages();
  failure.verifier_log = log.VerifierLog();
  throw failure;
}

// Calls `use(name, value)` for each property of the option object `name`.
template <typename Use>
void ForEachProperty(const Options& options, const char* name, Use&& use) {
  if (!options.Has(name)) return;
  if (!options.Get(name).IsObject()) FailArgument(std::string(name) + " must be an object");
  Napi::Object object = options.Get(name).As<Napi::Object>();
  Napi::Array keys = object.GetPropertyNames();
  for (uint32_t i = 0; i < keys.Length(); i++) use(ReadString(keys.Get(i), name), object.Get(keys.Get(i)));
}

bpf_map* FindMap(bpf_object* object, const std::string& name) {
  bpf_map* map = bpf_object__find_map_by_name(object, name.c_str());
  if (!map) FailArgument("the object has no map " + name);
  return map;
}

// A map of another layout would be read as garbage: refuse it, and say what differs.
void Reuse(bpf_map* map, const BpfMap& existing) {
  const bpf_map_info& info = existing.info();
  const auto require = [&](const char* what, uint32_t declared, uint32_t found) {
    if (declared == found) return;
    FailArgument(std::string("map ") + bpf_map__name(map) + " cannot be reused: its " + what + " is " +
                 std::to_string(found) + ", the object declares " + std::to_string(declared));
  };
  require("type", bpf_map__type(map), info.type);
  require("key size", bpf_map__key_size(map), info.key_size);
  require("value size", bpf_map__value_size(map), info.value_size);
  require("number of entries", bpf_map__max_entries(map), info.max_entries);
  // The kernel marks device maps read-only for programs by itself.
  const bool device_map = info.type == BPF_MAP_TYPE_DEVMAP || info.type == BPF_MAP_TYPE_DEVMAP_HASH;
  const uint32_t ignored = device_map ? BPF_F_RDONLY_PROG : 0;
  require("flags", bpf_map__map_flags(map) & ~ignored, info.map_flags & ~ignored);
  const int status = bpf_map__reuse_fd(map, existing.fd());
  if (status != 0) throw NativeFailure(-status, "bpf_map__reuse_fd", std::string("reuse map ") + bpf_map__name(map));
}

void ConfigureMaps(bpf_object* object, const Options& options) {
  ForEachProperty(options, "maxEntries", [&](const std::string& name, Napi::Value value) {
    bpf_map__set_max_entries(FindMap(object, name), ReadUint32(value, "maxEntries"));
  });
  ForEachProperty(options, "initialValues", [&](const std::string& name, Napi::Value value) {
    const Bytes bytes = ReadBytes(value, "initialValues");
    const int status = bpf_map__set_initial_value(FindMap(object, name), bytes.data, bytes.size);
    if (status != 0) throw NativeFailure(-status, "bpf_map__set_initial_value", "set the initial value of map " + name);
  });
  ForEachProperty(options, "reuseMaps", [&](const std::string& name, Napi::Value value) {
    Reuse(FindMap(object, name), *BpfMap::Of(value));
  });
}

void ConfigurePrograms(bpf_object* object, const Options& options) {
  const bool keep_log = options.Bool("verifierLog", false);
  std::set<std::string> wanted;
  const bool all = !options.Has("programs");
  if (!all) {
    if (!options.Get("programs").IsArray()) FailArgument("programs must be an array");
    Napi::Array names = options.Get("programs").As<Napi::Array>();
    for (uint32_t i = 0; i < names.Length(); i++) wanted.insert(ReadString(names.Get(i), "programs"));
  }
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    if (keep_log) bpf_program__set_log_level(program, 1);
    if (!all) bpf_program__set_autoload(program, wanted.erase(bpf_program__name(program)) > 0);
  }
  if (!wanted.empty()) FailArgument("the object has no program " + *wanted.begin());
}

}  // namespace

Napi::Function BpfObject::Define(Napi::Env env) {
  return DefineClass(env, "BpfObject",
                     {
                         Static<&BpfObject::Load>("load"),
                         Method<&BpfObject::Map>("map"),
                         Method<&BpfObject::Program>("program"),
                         Method<&BpfObject::Close>("close"),
                     });
}

Napi::Value BpfObject::Load(const Napi::CallbackInfo& info) {
  const Bytes bytes = ReadBytes(info[0], "bytes");
  const Options options(info[1]);
  const std::string name = options.String("name");

  LibbpfLog log;
  LIBBPF_OPTS(bpf_object_open_opts, open);
  open.object_name = name.c_str();
  ObjectOwner object(bpf_object__open_mem(bytes.data, bytes.size, &open), bpf_object__close);
  if (!object) FailLogged("bpf_object__open_mem", "read BPF object " + name, log);
  ConfigureMaps(object.get(), options);
  ConfigurePrograms(object.get(), options);
  if (bpf_object__load(object.get()) != 0) FailLogged("bpf_object__load", "load BPF object " + name, log);

  Parts parts{object.release(), options.Bool("verifierLog", false) ? log.VerifierLog() : ""};
  return New(info.Env(), AddonData::Of(info.Env()).bpf_object, parts);
}

BpfObject::BpfObject(const Napi::CallbackInfo& info) : Handle(info) {
  Guard(info.Env(), [&] {
    Parts& parts = PartsOf<Parts>(info, "BpfObject.load()");
    object_ = parts.object;
    Napi::Env env = info.Env();
    Napi::Array maps = Napi::Array::New(env), programs = Napi::Array::New(env);
    bpf_map* map;
    bpf_object__for_each_map(map, object_) maps[maps.Length()] = bpf_map__name(map);
    bpf_program* program;
    bpf_object__for_each_program(program, object_) {
      if (bpf_program__fd(program) >= 0) programs[programs.Length()] = bpf_program__name(program);
    }
    Napi::Object self = info.This().As<Napi::Object>();
    self.DefineProperties({
        Napi::PropertyDescriptor::Value("mapNames", maps, napi_enumerable),
        Napi::PropertyDescriptor::Value("programNames", programs, napi_enumerable),
        Napi::PropertyDescriptor::Value("verifierLog", Napi::String::New(env, parts.verifier_log), napi_enumerable),
    });
  });
}

BpfObject::~BpfObject() {
  if (object_) bpf_object__close(object_);
}

bpf_object* BpfObject::open() const {
  if (!object_) FailClosed("BpfObject");
  return object_;
}

Napi::Value BpfObject::Map(const Napi::CallbackInfo& info) {
  const std::string name = ReadString(info[0], "name");
  Fd fd = Fd::Duplicate(bpf_map__fd(FindMap(open(), name)));
  if (!fd.open()) FailErrno("fcntl", "duplicate the descriptor of map " + name);
  return BpfMap::Wrap(info.Env(), std::move(fd), name);
}

Napi::Value BpfObject::Program(const Napi::CallbackInfo& info) {
  const std::string name = ReadString(info[0], "name");
  bpf_program* program = bpf_object__find_program_by_name(open(), name.c_str());
  if (!program || bpf_program__fd(program) < 0) FailArgument("no program " + name + " was loaded");
  Fd fd = Fd::Duplicate(bpf_program__fd(program));
  if (!fd.open()) FailErrno("fcntl", "duplicate the descriptor of program " + name);
  return BpfProgram::Wrap(info.Env(), std::move(fd), name);
}

Napi::Value BpfObject::Close(const Napi::CallbackInfo& info) {
  if (object_) bpf_object__close(object_);
  object_ = nullptr;
  return info.Env().Undefined();
}
