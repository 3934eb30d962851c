// A bpffs that outlives us and whatever mount namespace we were started in.
//
// `ip netns exec` gives a process a private mount namespace, and what is mounted there dies with it. So a helper thread
// mounts in the namespace of PID 1, and brings back a descriptor of the folder: /proc/self/fd/N reaches it from here.
// Where PID 1 is out of reach (a container that shares its PID namespace, a PID 1 with more capabilities than ours) the
// folder is mounted in our own mount namespace, and the result says so.
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <memory>
#include <thread>

#include "arguments.h"
#include "fd.h"
#include "system.h"

namespace {

struct Folder {
  Fd fd;
  bool mounted = false;
  bool initial = false;
};

// False if PID 1 is out of reach.
bool EnterInitialMountNamespace() {
  const Fd fd(open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return false;
  // The kernel refuses to move a thread that shares root and working directory with others.
  if (unshare(CLONE_FS) != 0) FailErrno("unshare", "separate a helper thread");
  return setns(fd.get(), CLONE_NEWNS) == 0;
}

void MakeFolders(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) FailErrno("mkdir", "make folder " + part);
    if (slash == std::string::npos) return;
  }
}

Folder MountThere(const std::string& path) {
  Folder folder;
  folder.initial = EnterInitialMountNamespace();
  MakeFolders(path);
  struct statfs is {};
  if (statfs(path.c_str(), &is) != 0) FailErrno("statfs", "look at " + path);
  if (static_cast<unsigned long>(is.f_type) != BPF_FS_MAGIC) {
    if (mount("bpf", path.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0)
      FailErrno("mount", "mount a bpffs at " + path);
    folder.mounted = true;
  }
  folder.fd = Fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.fd.open()) FailErrno("open", "open " + path);
  return folder;
}

Napi::Value MountBpffs(const Napi::CallbackInfo& info) {
  const std::string path = ReadString(info[0], "path");
  if (path.size() < 2 || path[0] != '/' || path.back() == '/')
    FailArgument("path must be absolute, without a slash at its end");
  auto folder = std::make_shared<Folder>();
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      *folder = MountThere(path);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);

  Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  result["path"] = "/proc/self/fd/" + std::to_string(folder->fd.get());
  result["mounted"] = folder->mounted;
  result["initial"] = folder->initial;
  result["close"] = Napi::Function::New(env, [folder](const Napi::CallbackInfo&) { folder->fd.Close(); }, "close");
  return result;
}

}  // namespace

void DefineBpffsFunctions(Napi::Env env, Napi::Object exports) { Export<MountBpffs>(env, exports, "mountBpffs"); }
