// Waiting for a descriptor in libuv's loop, and calling JavaScript from there.
#pragma once

#include <napi.h>
#include <uv.h>

#include <functional>
#include <initializer_list>
#include <memory>

// A function of JavaScript that is called from the event loop. What it throws becomes an uncaught exception, as with
// any callback of Node.
class LoopCallback {
 public:
  LoopCallback(Napi::Function function, const char* resource_name);
  void Call(std::initializer_list<napi_value> arguments);
  Napi::Env Env() const { return parts_->function.Env(); }

 private:
  struct Parts {
    Napi::FunctionReference function;
    Napi::AsyncContext context;
  };
  // Shared with the call in progress, which may replace or destroy this object: stop() and start() in the callback.
  std::shared_ptr<Parts> parts_;
};

// Level triggered. Stops at destruction and at the end of the environment (worker exit, process exit), whichever comes
// first: libuv aborts a worker whose loop still has an open handle. `fd` must stay open until Stop().
class Poller {
 public:
  Poller(Napi::Env env, int fd, std::function<void()> on_readable);
  ~Poller() { Stop(); }
  Poller(const Poller&) = delete;
  void Stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};
