// The addon's plain functions, by source file.
#pragma once

#include <napi.h>

#include "handle.h"

void DefineInterfaceFunctions(Napi::Env env, Napi::Object exports);
void DefineProcessFunctions(Napi::Env env, Napi::Object exports);
void DefineBpffsFunctions(Napi::Env env, Napi::Object exports);
void DefineProbeFunctions(Napi::Env env, Napi::Object exports);
void DefineInterfaceProgramFunctions(Napi::Env env, Napi::Object exports);

// A function whose failures become NativeError.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  exports[name] = Napi::Function::New(
      env, [](const Napi::CallbackInfo& info) { return Guard(info.Env(), [&] { return function(info); }); }, name);
}
