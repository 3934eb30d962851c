// What all handle classes share: methods whose failures become NativeError, and objects made from C++ only.
#pragma once

#include <napi.h>

#include "native_failure.h"

template <typename T>
class Handle : public Napi::ObjectWrap<T> {
 public:
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<T>(info) {}

  template <Napi::Value (T::*method)(const Napi::CallbackInfo&)>
  Napi::Value Guarded(const Napi::CallbackInfo& info) {
    return Guard(info.Env(), [&] { return (static_cast<T*>(this)->*method)(info); });
  }

  template <Napi::Value (T::*method)(const Napi::CallbackInfo&)>
  static Napi::ClassPropertyDescriptor<T> Method(const char* name) {
    return T::InstanceMethod(name, &T::template Guarded<method>);
  }

  template <Napi::Value (T::*getter)(const Napi::CallbackInfo&)>
  static Napi::ClassPropertyDescriptor<T> Getter(const char* name) {
    return T::InstanceAccessor(name, &T::template Guarded<getter>, nullptr, napi_enumerable);
  }

  template <Napi::Value (*function)(const Napi::CallbackInfo&)>
  static Napi::ClassPropertyDescriptor<T> Static(const char* name) {
    return T::StaticMethod(name, &GuardedStatic<function>);
  }

  template <Napi::Value (*function)(const Napi::CallbackInfo&)>
  static Napi::Value GuardedStatic(const Napi::CallbackInfo& info) {
    return Guard(info.Env(), [&] { return function(info); });
  }

  // The C++ object behind a JavaScript value, which must be an instance of `constructor`.
  static T* From(Napi::Value value, const Napi::FunctionReference& constructor, const char* class_name) {
    if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(constructor.Value()))
      FailArgument(std::string("expected a ") + class_name);
    return Napi::ObjectWrap<T>::Unwrap(value.As<Napi::Object>());
  }

  // For classes that JavaScript cannot construct: their instances are made by New() from parts that C++ prepared.
  template <typename Parts>
  static Napi::Object New(Napi::Env env, const Napi::FunctionReference& constructor, Parts& parts) {
    return constructor.New({Napi::External<Parts>::New(env, &parts)});
  }

  template <typename Parts>
  static Parts& PartsOf(const Napi::CallbackInfo& info, const char* how) {
    if (info.Length() != 1 || !info[0].IsExternal()) FailArgument(std::string("not to be constructed; use ") + how);
    return *info[0].As<Napi::External<Parts>>().Data();
  }
};
