#include "test_run.h"

#include <bpf/bpf.h>
#include <sched.h>

#include <cerrno>

#include "native_failure.h"

namespace {

constexpr uint32_t kOutputSlack = 512;  // what a program may add to the packet, by default

std::vector<uint8_t> Copy(const std::optional<Bytes>& bytes) {
  if (!bytes) return {};
  return {bytes->data, bytes->data + bytes->size};
}

Napi::Value ToUint8Array(Napi::Env env, const std::vector<uint8_t>& bytes, size_t used) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, used);
  std::copy_n(bytes.begin(), used, array.Data());
  return array;
}

}  // namespace

TestRunRequest::TestRunRequest(Fd fd, std::string program_name, const Options& options)
    : program(std::move(fd)), name(std::move(program_name)) {
  netns = Netns::FromJavaScript(options.Get("netns"));
  has_netns_ = options.Has("netns");
  if (options.Has("cpu")) cpu = options.Uint32("cpu");
  repeat = options.Uint32("repeat", 0);
  live_ = options.Bool("liveFrames", false);
  batch_size_ = options.Uint32("batchSize", 0);
  data_ = Copy(options.OptionalBytes("data"));
  ctx_ = Copy(options.OptionalBytes("ctx"));
  if (live_) return;
  data_out_.resize(options.Uint32("dataOutSize", data_.empty() ? 0 : data_.size() + kOutputSlack));
  ctx_out_.resize(options.Uint32("ctxOutSize", 0));
}

void TestRunRequest::MoveThread() const {
  netns.Enter();
  if (!cpu) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(*cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    FailErrno("sched_setaffinity", "run on CPU " + std::to_string(*cpu));
}

void TestRunRequest::Run(uint32_t repetitions) {
  LIBBPF_OPTS(bpf_test_run_opts, run);
  const auto pointer = [](std::vector<uint8_t>& bytes) { return bytes.empty() ? nullptr : bytes.data(); };
  run.data_in = pointer(data_);
  run.data_size_in = data_.size();
  run.data_out = pointer(data_out_);
  run.data_size_out = data_out_.size();
  run.ctx_in = pointer(ctx_);
  run.ctx_size_in = ctx_.size();
  run.ctx_out = pointer(ctx_out_);
  run.ctx_size_out = ctx_out_.size();
  run.repeat = static_cast<int>(repetitions);
  run.flags = live_ ? BPF_F_TEST_XDP_LIVE_FRAMES : 0;
  run.batch_size = batch_size_;
  // Any signal to the thread (a child that ended, a profiler) interrupts the run, and it begins anew.
  int status;
  do {
    status = bpf_prog_test_run_opts(program.get(), &run);
  } while (status != 0 && errno == EINTR);
  if (status != 0)
    FailErrno("bpf(BPF_PROG_TEST_RUN)", "run program " + name + " on " + std::to_string(data_.size()) + " bytes");
  retval = run.retval;
  duration_ns = run.duration;
  data_out_used_ = std::min<uint32_t>(run.data_size_out, data_out_.size());
  ctx_out_used_ = std::min<uint32_t>(run.ctx_size_out, ctx_out_.size());
}

Napi::Object TestRunRequest::Result(Napi::Env env) {
  Napi::Object result = Napi::Object::New(env);
  result["retval"] = retval;
  result["duration"] = duration_ns;
  result["data"] = ToUint8Array(env, data_out_, data_out_used_);
  result["ctx"] = ToUint8Array(env, ctx_out_, ctx_out_used_);
  return result;
}
