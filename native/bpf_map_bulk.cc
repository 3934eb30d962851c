// Bulk operations of a map. Chunks keep one system call, and what it locks, short; the loop over them is the caller's
// time, at about 0.3 us an entry.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "bpf_map.h"

namespace {

constexpr uint32_t kChunk = 4096;
// For who reads a map beside other work: a third of a millisecond.
constexpr uint32_t kSmallChunk = 1024;

// The kernel's ENOTSUPP leaks out of maps without batch operations; it has no name in user space.
constexpr int kKernelNotSupported = 524;

bool MeansNoBatch(int error) {
  return error == kKernelNotSupported || error == EOPNOTSUPP || error == ENOTSUP || error == EINVAL;
}

[[noreturn]] void FailBulk(const char* syscall, std::string attempt, long done) {
  NativeFailure failure(errno, syscall, attempt + " after " + std::to_string(done) + " entries");
  failure.done = done;
  throw failure;
}

// Entries found so far, packed.
struct Snapshot {
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
  size_t count = 0;
};

// A vector handed to JavaScript without a copy.
Napi::Value ToUint8Array(Napi::Env env, std::vector<uint8_t>&& bytes) {
  if (bytes.empty()) return Napi::Uint8Array::New(env, 0);
  auto* kept = new std::vector<uint8_t>(std::move(bytes));
  auto buffer = Napi::ArrayBuffer::New(
      env, kept->data(), kept->size(), [](Napi::Env, void*, std::vector<uint8_t>* vector) { delete vector; }, kept);
  return Napi::Uint8Array::New(env, kept->size(), buffer, 0);
}

// Where a walk through a map has got to: a key for LPM and array maps, a bucket number for hash maps.
struct Walk {
  std::vector<uint8_t> position;  // empty at the beginning
  bool over = false;
};

// Adds one chunk of entries. False if the map has no batch lookup (and nothing was read).
bool LookUpChunk(int fd, const bpf_map_info& info, size_t value_size, uint32_t most, Walk& walk, Snapshot& all) {
  uint32_t chunk = std::min(most, std::max(info.max_entries, 64u));
  std::vector<uint8_t> next(std::max<size_t>(info.key_size, 8));
  for (;;) {
    all.keys.resize((all.count + chunk) * info.key_size);
    all.values.resize((all.count + chunk) * value_size);
    uint32_t count = chunk;
    const int status =
        bpf_map_lookup_batch(fd, walk.position.empty() ? nullptr : walk.position.data(), next.data(),
                             all.keys.data() + all.count * info.key_size, all.values.data() + all.count * value_size,
                             &count, nullptr);
    const int error = status == 0 ? 0 : errno;
    if (error == ENOSPC && chunk < info.max_entries) {
      chunk *= 2;  // one bucket holds more than a chunk
      continue;
    }
    if (error != 0 && error != ENOENT) {
      if (walk.position.empty() && MeansNoBatch(error)) return false;
      errno = error;
      FailErrno("bpf(BPF_MAP_LOOKUP_BATCH)", std::string("dump map ") + info.name);
    }
    all.count += count;
    walk.position = std::move(next);
    walk.over = error == ENOENT || count == 0;
    return true;
  }
}

// False if the map has no batch lookup (and nothing was read).
bool DumpByBatch(int fd, const bpf_map_info& info, size_t value_size, Snapshot& all) {
  Walk walk;
  while (!walk.over)
    if (!LookUpChunk(fd, info, value_size, kChunk, walk, all)) return false;
  return true;
}

void DumpByKey(int fd, const bpf_map_info& info, size_t value_size, Snapshot& all) {
  all = Snapshot();
  std::vector<uint8_t> key(info.key_size), next(info.key_size), value(value_size);
  const void* previous = nullptr;
  // A deleted key makes the kernel start over; the bound keeps that finite.
  for (uint64_t steps = 0; steps < 2ull * info.max_entries + 64; steps++) {
    if (bpf_map_get_next_key(fd, previous, next.data()) != 0) {
      if (errno == ENOENT) return;
      FailErrno("bpf(BPF_MAP_GET_NEXT_KEY)", std::string("dump map ") + info.name);
    }
    key = next;
    previous = key.data();
    if (bpf_map_lookup_elem(fd, key.data(), value.data()) != 0) continue;  // gone since
    all.keys.insert(all.keys.end(), key.begin(), key.end());
    all.values.insert(all.values.end(), value.begin(), value.end());
    all.count++;
  }
}

}  // namespace

Napi::Value BpfMap::UpdateBatch(const Napi::CallbackInfo& info) {
  const uint32_t count = ReadUint32(info[2], "count");
  const uint8_t* keys = ReadBytesOf(info[0], "keys", size_t{count} * info_.key_size).data;
  const uint8_t* values = ReadBytesOf(info[1], "values", size_t{count} * value_size_).data;
  const int map = fd();
  uint32_t done = 0;
  bool batch = true;
  while (done < count) {
    const uint8_t* key = keys + size_t{done} * info_.key_size;
    const uint8_t* value = values + size_t{done} * value_size_;
    if (!batch) {
      if (bpf_map_update_elem(map, key, value, BPF_ANY) != 0)
        FailBulk("bpf(BPF_MAP_UPDATE_ELEM)", Named("update"), done);
      done++;
      continue;
    }
    uint32_t chunk = std::min(kChunk, count - done);
    if (bpf_map_update_batch(map, key, value, &chunk, nullptr) == 0) {
      done += chunk;
    } else if (done == 0 && MeansNoBatch(errno)) {
      batch = false;
    } else {
      const int error = errno;
      done += error == EFAULT ? 0 : chunk;
      errno = error;
      FailBulk("bpf(BPF_MAP_UPDATE_BATCH)", Named("update"), done);
    }
  }
  return info.Env().Undefined();
}

Napi::Value BpfMap::DeleteBatch(const Napi::CallbackInfo& info) {
  const uint32_t count = ReadUint32(info[1], "count");
  const uint8_t* keys = ReadBytesOf(info[0], "keys", size_t{count} * info_.key_size).data;
  const int map = fd();
  uint32_t position = 0, deleted = 0;
  bool batch = true;
  while (position < count) {
    const uint8_t* key = keys + size_t{position} * info_.key_size;
    uint32_t chunk = std::min(kChunk, count - position);
    if (batch && bpf_map_delete_batch(map, key, &chunk, nullptr) == 0) {
      position += chunk;
      deleted += chunk;
      continue;
    }
    // The batch stops at the first absent key, which is `chunk` keys further: step over it alone.
    if (batch && errno == ENOENT) {
      position += chunk + 1;
      deleted += chunk;
      continue;
    }
    if (batch && !(position == 0 && MeansNoBatch(errno)))
      FailBulk("bpf(BPF_MAP_DELETE_BATCH)", Named("delete from"), deleted);
    batch = false;
    if (bpf_map_delete_elem(map, key) == 0)
      deleted++;
    else if (errno != ENOENT)
      FailBulk("bpf(BPF_MAP_DELETE_ELEM)", Named("delete from"), deleted);
    position++;
  }
  return Napi::Number::New(info.Env(), deleted);
}

namespace {

Napi::Object ToEntries(Napi::Env env, const bpf_map_info& info, size_t value_size, Snapshot&& all) {
  all.keys.resize(all.count * info.key_size);
  all.values.resize(all.count * value_size);
  Napi::Object entries = Napi::Object::New(env);
  entries["count"] = static_cast<double>(all.count);
  entries["keys"] = ToUint8Array(env, std::move(all.keys));
  entries["values"] = ToUint8Array(env, std::move(all.values));
  return entries;
}

}  // namespace

Napi::Value BpfMap::Dump(const Napi::CallbackInfo& info) {
  Snapshot all;
  if (!DumpByBatch(fd(), info_, value_size_, all)) DumpByKey(fd(), info_, value_size_, all);
  return ToEntries(info.Env(), info_, value_size_, std::move(all));
}

Napi::Value BpfMap::DumpPart(const Napi::CallbackInfo& info) {
  Snapshot all;
  Walk walk;
  if (!info[0].IsUndefined()) {
    const Bytes position = ReadBytesOf(info[0], "position", std::max<size_t>(info_.key_size, 8));
    walk.position.assign(position.data, position.data + position.size);
  }
  if (!LookUpChunk(fd(), info_, value_size_, kSmallChunk, walk, all)) {
    DumpByKey(fd(), info_, value_size_, all);
    walk.over = true;
  }
  Napi::Object entries = ToEntries(info.Env(), info_, value_size_, std::move(all));
  if (!walk.over) entries["next"] = ToUint8Array(info.Env(), std::move(walk.position));
  return entries;
}
