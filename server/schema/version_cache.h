// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "schema/table_version.h"

namespace millrace::schema {

// Caches an object that a reader compiled for each table version. The key is the version's address,
// which the cache keeps valid. Not thread-safe.
template <typename Compiled>
class VersionCache {
 public:
  // Null if nothing was added for `version`. Valid until the next Add.
  const Compiled* Find(const TableVersion* version) {
    if (version == last_version_) [[likely]]
      return last_;
    const auto found = entries_.find(version);
    if (found == entries_.end()) return nullptr;
    last_version_ = version;
    last_ = found->second.compiled.get();
    return last_;
  }

  const Compiled* Add(TableVersionPtr version, std::unique_ptr<const Compiled> compiled) {
    // Few readers use this many versions; those that do compile some again.
    constexpr size_t kEntriesMax = 4096;
    if (entries_.size() >= kEntriesMax) entries_.clear();
    last_version_ = version.get();
    last_ = compiled.get();
    entries_.insert_or_assign(last_version_, Entry{std::move(version), std::move(compiled)});
    return last_;
  }

  void Clear() {
    entries_.clear();
    last_version_ = nullptr;
    last_ = nullptr;
  }

 private:
  struct Entry {
    TableVersionPtr version;
    std::unique_ptr<const Compiled> compiled;
  };

  absl::flat_hash_map<const TableVersion*, Entry> entries_;
  const TableVersion* last_version_ = nullptr;
  const Compiled* last_ = nullptr;
};

}  // namespace millrace::schema
