#include "arguments.h"

#include <cmath>

#include "native_failure.h"

namespace {

[[noreturn]] void Expected(const char* name, const char* what) {
  FailArgument(std::string(name) + " must be " + what);
}

}  // namespace

bool IsAbsent(Napi::Value value) { return value.IsUndefined() || value.IsNull(); }

Bytes ReadBytes(Napi::Value value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    Expected(name, "a Uint8Array");
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

Bytes ReadBytesOf(Napi::Value value, const char* name, size_t size) {
  const Bytes bytes = ReadBytes(value, name);
  if (bytes.size < size)
    FailArgument(std::string(name) + " has " + std::to_string(bytes.size) + " bytes, needs " + std::to_string(size));
  return bytes;
}

uint32_t ReadUint32(Napi::Value value, const char* name) {
  if (!value.IsNumber()) Expected(name, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number <= UINT32_MAX) || number != std::floor(number))
    Expected(name, "an unsigned 32-bit integer");
  return static_cast<uint32_t>(number);
}

std::string ReadString(Napi::Value value, const char* name) {
  if (!value.IsString()) Expected(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Function ReadFunction(Napi::Value value, const char* name) {
  if (!value.IsFunction()) Expected(name, "a function");
  return value.As<Napi::Function>();
}

Options::Options(Napi::Value value) {
  if (IsAbsent(value))
    object_ = Napi::Object::New(value.Env());
  else if (value.IsObject())
    object_ = value.As<Napi::Object>();
  else
    Expected("options", "an object");
}

uint32_t Options::Uint32(const char* name, uint32_t otherwise) const {
  return Has(name) ? Uint32(name) : otherwise;
}

bool Options::Bool(const char* name, bool otherwise) const {
  const Napi::Value value = Get(name);
  if (IsAbsent(value)) return otherwise;
  if (!value.IsBoolean()) Expected(name, "a boolean");
  return value.As<Napi::Boolean>();
}

std::string Options::String(const char* name, const char* otherwise) const {
  return Has(name) ? String(name) : otherwise;
}

std::optional<Bytes> Options::OptionalBytes(const char* name) const {
  if (!Has(name)) return std::nullopt;
  return ReadBytes(Get(name), name);
}
