// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// The savepoints of the transaction in progress: any number of them, in bounded memory. Names are
// compared as the server does, ignoring case and accents.
//
// Keeps a mark for each place between two changes of the open frame, and the place of each name.
// Names set before the transaction's first captured change are not kept: an unknown name refers to
// the start. So transactions without captured changes cost nothing. Of the other names only the
// newest are kept; the forgotten ones still work while they all refer to one place.
class Savepoints {
 public:
  // At least this many of the newest names are kept. Up to twice as many are, at 17 bytes each plus
  // as much for the hash table. Servers search all savepoints of the transaction for each new one,
  // so no client can afford many more.
  static constexpr size_t kNamesMin = 500'000;

  explicit Savepoints(size_t names_min = kNamesMin) : names_min_(names_min) {}

  // Call when a transaction starts.
  void Clear();
  // Whether no savepoint was set.
  bool empty() const { return places_.empty(); }
  // Requires: `builder` is in a transaction.
  void Set(std::string_view name, const transcode::FrameBuilder& builder);

  enum class Outcome {
    kDone,
    kNotSet,  // there is no such savepoint
    // In these cases nothing has changed:
    kFrameClosed,  // later changes are in a closed frame, so they stay
    kTooMany,      // more savepoints were set than are kept, so its place is unknown
  };
  // Rolls back all changes since the newest savepoint of that name.
  Outcome RollBackTo(std::string_view name, transcode::FrameBuilder& builder);

 private:
  using Key = uint64_t;  // digest of a name
  using PlaceId = uint64_t;
  struct Place {
    PlaceId id = 0;
    transcode::FrameBuilder::Mark mark;
  };
  using Names = absl::flat_hash_map<Key, PlaceId>;

  static Key KeyOf(std::string_view name);
  PlaceId PlaceHere(const transcode::FrameBuilder& builder);
  void Remember(Key key, PlaceId place);
  // Notes that a name of `place` is not kept.
  void Forget(PlaceId place);
  std::optional<PlaceId> Find(Key key) const;

  size_t names_min_;
  std::deque<Place> places_;  // sorted by id
  PlaceId next_id_ = 1;
  // Two generations, so that old names are dropped all at once.
  Names newer_;
  Names older_;
  std::optional<PlaceId> forgotten_;  // the place of all names that are not kept
  bool forgot_several_ = false;       // names of more than one place are not kept
};

}  // namespace millrace::ingest
