// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// The savepoints of the transaction in progress: any number of them, in bounded memory. Their names
// are compared as the server does, without regard to case and accents.
//
// What is kept is a mark for each place between two changes of the open frame, and which place a
// name stands for. Names of the transaction's beginning, before its first captured change, are not
// kept: a name that is not known stands for it. So transactions of tables that nobody captures cost
// nothing. Of other names the newest are kept; those that were forgotten can still be gone back to
// while all of them stand for one place.
class Savepoints {
 public:
  // Names that are kept at least, if there are so many. Up to twice as many are, 17 bytes each and
  // as much again for the table that holds them. Servers look through all savepoints of the
  // transaction for each new one, so that nobody waits for more.
  static constexpr size_t kNamesMin = 500'000;

  explicit Savepoints(size_t names_min = kNamesMin) : names_min_(names_min) {}

  // A transaction begins.
  void Clear();
  // None was set.
  bool empty() const { return places_.empty(); }
  // Requires: `builder` is in a transaction.
  void Set(std::string_view name, const transcode::FrameBuilder& builder);

  enum class Outcome {
    kDone,
    kNotSet,  // there is no such savepoint
    // Nothing has changed:
    kForgotten,  // changes that are out of reach lie behind it
    kTooMany,    // so many were set that its place is not known any more
  };
  // Takes back all changes since the newest savepoint of that name.
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
  // A name that stands for `place` is not kept.
  void Forget(PlaceId place);
  std::optional<PlaceId> Find(Key key) const;

  size_t names_min_;
  std::deque<Place> places_;  // by id
  PlaceId next_id_ = 1;
  // Two generations, so that old names go at once.
  Names newer_;
  Names older_;
  std::optional<PlaceId> forgotten_;  // the place of all names that are not kept
  bool forgot_several_ = false;       // or they stand for more than one
};

}  // namespace millrace::ingest
