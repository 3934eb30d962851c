#include "poller.h"

#include "native_failure.h"

namespace {

// Runs `body`; what JavaScript throws becomes an uncaught exception. While a worker is being terminated its loop still
// turns, but every call into JavaScript fails, with an error that has no value: there is nobody to report to.
template <typename Body>
void FromLoop(napi_env env, Body&& body) {
  try {
    body();
  } catch (const Napi::Error& error) {
    if (!error.IsEmpty()) napi_fatal_exception(env, error.Value());
  }
}

}  // namespace

LoopCallback::LoopCallback(Napi::Function function, const char* resource_name)
    : parts_(new Parts{Napi::Persistent(function), Napi::AsyncContext(function.Env(), resource_name)}) {}

void LoopCallback::Call(std::initializer_list<napi_value> arguments) {
  const std::shared_ptr<Parts> parts = parts_;
  Napi::Env env = parts->function.Env();
  FromLoop(env, [&] { parts->function.MakeCallback(env.Global(), arguments, parts->context); });
}

struct Poller::State {
  uv_poll_t poll{};
  napi_env env = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  std::function<void()> on_readable;
  // Libuv's reference: the handle's memory must live until its close callback, longer than the Poller.
  std::shared_ptr<State> self;
  bool closing = false;

  static void OnEvent(uv_poll_t* poll, int status, int /*events*/) {
    // An error of the descriptor (netlink overrun, interface down) makes libuv stop polling. It is passing: the read
    // that the callback does reports and clears it.
    if (status != 0) uv_poll_start(poll, UV_READABLE, OnEvent);
    // A copy, because the callback may close the handle and with it this function object.
    auto keep = static_cast<State*>(poll->data)->self;
    Napi::HandleScope scope(keep->env);
    FromLoop(keep->env, [&] { keep->on_readable(); });
  }

  static void OnClosed(uv_handle_t* handle) {
    auto last = std::move(static_cast<State*>(handle->data)->self);
    if (last->hook) napi_remove_async_cleanup_hook(last->hook);
  }

  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) { static_cast<State*>(data)->Close(); }

  void Close() {
    if (closing) return;
    closing = true;
    uv_poll_stop(&poll);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll), OnClosed);
  }
};

Poller::Poller(Napi::Env env, int fd, std::function<void()> on_readable) : state_(std::make_shared<State>()) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  const int status = uv_poll_init(loop, &state_->poll, fd);
  if (status != 0) throw NativeFailure(-status, "uv_poll_init", "poll descriptor " + std::to_string(fd));
  state_->env = env;
  state_->poll.data = state_.get();
  state_->on_readable = std::move(on_readable);
  state_->self = state_;
  napi_add_async_cleanup_hook(env, State::OnEnvironmentEnd, state_.get(), &state_->hook);
  uv_poll_start(&state_->poll, UV_READABLE, State::OnEvent);
}

void Poller::Stop() {
  if (state_) state_->Close();
  state_.reset();
}
