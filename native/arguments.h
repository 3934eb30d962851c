// Reading arguments that came from JavaScript. Every function throws NativeFailure EINVAL naming the argument.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>

struct Bytes {
  uint8_t* data;
  size_t size;
};

// A Uint8Array or Buffer; the memory stays JavaScript's and is valid until JavaScript runs again.
Bytes ReadBytes(Napi::Value value, const char* name);
// As ReadBytes, and of at least `size` bytes.
Bytes ReadBytesOf(Napi::Value value, const char* name, size_t size);
uint32_t ReadUint32(Napi::Value value, const char* name);
std::string ReadString(Napi::Value value, const char* name);
Napi::Function ReadFunction(Napi::Value value, const char* name);
bool IsAbsent(Napi::Value value);

// The last argument of most calls: an object of named options.
class Options {
 public:
  explicit Options(Napi::Value value);

  Napi::Value Get(const char* name) const { return object_.Get(name); }
  bool Has(const char* name) const { return !IsAbsent(Get(name)); }
  uint32_t Uint32(const char* name) const { return ReadUint32(Get(name), name); }
  uint32_t Uint32(const char* name, uint32_t otherwise) const;
  bool Bool(const char* name, bool otherwise) const;
  std::string String(const char* name) const { return ReadString(Get(name), name); }
  std::string String(const char* name, const char* otherwise) const;
  std::optional<Bytes> OptionalBytes(const char* name) const;

 private:
  Napi::Object object_;
};
