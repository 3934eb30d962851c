// A bpffs that outlives us and whatever mount namespace we were started in.
//
// `ip netns exec` gives a process a private mount namespace, and what is mounted there dies with it. So a helper thread
// mounts in the namespace of PID 1, and brings back a descriptor of the folder: /proc/self/fd/N reaches it from here.
// Where PID 1 is out of reach (a container that shares its PID namespace, a PID 1 with more capabilities than ours) it
// takes that of the eldest of our ancestors that it may enter, and where there is none our own. The result says which.
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "arguments.h"
#include "fd.h"
#include "system.h"

namespace {

struct Folder {
  Fd fd;
  bool mounted = false;
  bool initial = false;
  bool lasting = false;
};

bool EnterMountNamespaceOf(pid_t pid) {
  const Fd fd(open(("/proc/" + std::to_string(pid) + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  return fd.open() && setns(fd.get(), CLONE_NEWNS) == 0;
}

// 0 where there is none, or it cannot be told. The name in parentheses may hold anything.
pid_t ParentOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line, '\0');
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  int parent = 0;
  return sscanf(line.c_str() + name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

// Without PID 1, which is asked for on its own.
std::vector<pid_t> AncestorsEldestFirst() {
  std::vector<pid_t> ancestors;
  for (pid_t pid = getppid(); pid > 1; pid = ParentOf(pid)) ancestors.push_back(pid);
  std::reverse(ancestors.begin(), ancestors.end());
  return ancestors;
}

Folder EnterLastingMountNamespace() {
  // The kernel refuses to move a thread that shares root and working directory with others.
  if (unshare(CLONE_FS) != 0) FailErrno("unshare", "separate a helper thread");
  Folder folder;
  folder.initial = EnterMountNamespaceOf(1);
  if (folder.initial) {
    folder.lasting = true;
    return folder;
  }
  const std::vector<pid_t> ancestors = AncestorsEldestFirst();
  folder.lasting = std::any_of(ancestors.begin(), ancestors.end(), EnterMountNamespaceOf);
  return folder;
}

void MakeFolders(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) FailErrno("mkdir", "make folder " + part);
    if (slash == std::string::npos) return;
  }
}

bool IsBpffs(const std::string& path) {
  struct statfs is {};
  return statfs(path.c_str(), &is) == 0 && static_cast<unsigned long>(is.f_type) == BPF_FS_MAGIC;
}

// With `make` false a folder that is no bpffs stays as it is, and none is opened.
Folder MountThere(const std::string& path, bool make) {
  Folder folder = EnterLastingMountNamespace();
  if (!make && !IsBpffs(path)) return folder;
  MakeFolders(path);
  if (!IsBpffs(path)) {
    if (mount("bpf", path.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0)
      FailErrno("mount", "mount a bpffs at " + path);
    folder.mounted = true;
  }
  folder.fd = Fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.fd.open()) FailErrno("open", "open " + path);
  return folder;
}

Napi::Value OpenFolder(const Napi::CallbackInfo& info, bool make) {
  const std::string path = ReadString(info[0], "path");
  if (path.size() < 2 || path[0] != '/' || path.back() == '/')
    FailArgument("path must be absolute, without a slash at its end");
  auto folder = std::make_shared<Folder>();
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      *folder = MountThere(path, make);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);

  Napi::Env env = info.Env();
  if (!folder->fd.open()) return env.Undefined();
  Napi::Object result = Napi::Object::New(env);
  result["path"] = "/proc/self/fd/" + std::to_string(folder->fd.get());
  result["mounted"] = folder->mounted;
  result["initial"] = folder->initial;
  result["lasting"] = folder->lasting;
  result["close"] = Napi::Function::New(env, [folder](const Napi::CallbackInfo&) { folder->fd.Close(); }, "close");
  return result;
}

Napi::Value MountBpffs(const Napi::CallbackInfo& info) { return OpenFolder(info, true); }
Napi::Value FindBpffs(const Napi::CallbackInfo& info) { return OpenFolder(info, false); }

}  // namespace

void DefineBpffsFunctions(Napi::Env env, Napi::Object exports) {
  Export<MountBpffs>(env, exports, "mountBpffs");
  Export<FindBpffs>(env, exports, "findBpffs");
}
