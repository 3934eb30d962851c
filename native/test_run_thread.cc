// Long test runs (a packet generator, above all) on a thread of their own: libuv's pool has four threads, which file
// and DNS calls need.
#include <time.h>

#include <atomic>
#include <memory>
#include <thread>

#include "native_failure.h"
#include "test_run.h"

namespace {

constexpr uint32_t kDefaultChunk = 1u << 20;

struct Job {
  Job(Napi::Env env, TestRunRequest request) : request(std::move(request)), deferred(env) {}

  void Work();
  void Settle(Napi::Env env);
  void StopAndJoin() {
    stop = true;
    if (thread.joinable()) thread.join();
  }

  TestRunRequest request;
  uint32_t chunk = kDefaultChunk;
  Napi::Promise::Deferred deferred;
  Napi::ThreadSafeFunction wake;
  std::thread thread;
  std::atomic<bool> stop{false};
  uint64_t repetitions = 0;
  int64_t cpu_ns = 0;
  std::unique_ptr<NativeFailure> failure;
};

int64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000ll + now.tv_nsec;
}

void Job::Work() {
  const int64_t start = ThreadCpuNs();
  try {
    request.MoveThread();
    while (!stop && (request.repeat == 0 || repetitions < request.repeat)) {
      const uint32_t next =
          request.repeat == 0 ? chunk : static_cast<uint32_t>(std::min<uint64_t>(chunk, request.repeat - repetitions));
      request.Run(next);
      repetitions += next;
    }
  } catch (const NativeFailure& caught) {
    failure = std::make_unique<NativeFailure>(caught);
  }
  cpu_ns = ThreadCpuNs() - start;
}

void Job::Settle(Napi::Env js) {
  if (failure) {
    deferred.Reject(failure->ToJavaScript(js).Value());
    return;
  }
  Napi::Object result = request.Result(js);
  result["repetitions"] = static_cast<double>(repetitions);
  result["cpuNs"] = Napi::BigInt::New(js, cpu_ns);
  deferred.Resolve(result);
}

// The thread and the loop use the job through this one reference. It is deleted where the thread is joined: in
// OnFinished, or at the end of the environment, after which no OnFinished comes.
using JobOwner = std::shared_ptr<Job>;

// The end of the environment waits for the thread: it must not outlive the worker whose namespace and memory it uses.
void OnEnvironmentEnd(void* data) {
  const std::unique_ptr<JobOwner> job(static_cast<JobOwner*>(data));
  (*job)->StopAndJoin();
}

void OnFinished(Napi::Env env, Napi::Function, JobOwner* owner) {
  napi_remove_env_cleanup_hook(env, OnEnvironmentEnd, owner);
  const std::unique_ptr<JobOwner> job(owner);
  (*job)->StopAndJoin();
  try {
    (*job)->Settle(env);
  } catch (const Napi::Error&) {
    // A worker that is being terminated takes no result any more.
  }
}

}  // namespace

Napi::Object StartTestRunThread(Napi::Env env, TestRunRequest request, const Options& options) {
  const uint32_t chunk = options.Uint32("chunk", kDefaultChunk);
  if (chunk == 0) FailArgument("chunk must be positive");
  auto job = std::make_shared<Job>(env, std::move(request));
  job->chunk = chunk;
  auto ignore = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  job->wake = Napi::ThreadSafeFunction::New(env, ignore, "vtepd.testRun", 0, 1);

  // After the thread-safe function, so that its hook runs before that one's.
  auto* owner = new JobOwner(job);
  napi_add_env_cleanup_hook(env, OnEnvironmentEnd, owner);
  job->thread = std::thread([owner] {
    Napi::ThreadSafeFunction wake = (*owner)->wake;
    (*owner)->Work();
    wake.NonBlockingCall(owner, OnFinished);
    wake.Release();
  });

  Napi::Object handle = Napi::Object::New(env);
  handle["done"] = job->deferred.Promise();
  handle["stop"] = Napi::Function::New(env, [job](const Napi::CallbackInfo&) { job->stop = true; }, "stop");
  return handle;
}
