// SPDX-License-Identifier: Apache-2.0

#include "ingest/savepoints.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/name_weights.h"
#include "xxhash.h"

namespace millrace::ingest {

void Savepoints::Clear() {
  if (places_.empty()) return;
  *this = Savepoints(names_min_);
}

Savepoints::Key Savepoints::KeyOf(std::string_view name) {
  const std::string weights = NameWeights(name);
  return XXH3_64bits(weights.data(), weights.size());
}

void Savepoints::Set(std::string_view name, const transcode::FrameBuilder& builder) {
  const PlaceId place = PlaceHere(builder);
  if (builder.transaction_changes() > 0) return Remember(KeyOf(name), place);
  Forget(place);
  // If all changes were rolled back, the name may still refer to a place after one of them.
  if (!newer_.empty()) newer_.erase(KeyOf(name));
  if (!older_.empty()) older_.erase(KeyOf(name));
}

Savepoints::PlaceId Savepoints::PlaceHere(const transcode::FrameBuilder& builder) {
  const transcode::FrameBuilder::Mark mark = builder.MakeMark();
  // Use the newest mark of a place, since a frame may have been closed since the older one.
  if (!places_.empty() && places_.back().mark.next == mark.next) {
    places_.back().mark = mark;
    return places_.back().id;
  }
  // Changes in closed frames can no longer be rolled back.
  while (!places_.empty() && places_.front().mark.changes_before != mark.changes_before) {
    places_.pop_front();
  }
  places_.push_back({.id = next_id_++, .mark = mark});
  return places_.back().id;
}

void Savepoints::Remember(Key key, PlaceId place) {
  older_.erase(key);
  newer_.insert_or_assign(key, place);
  if (newer_.size() < names_min_) return;
  for (const auto& [name, old_place] : older_) Forget(old_place);
  older_ = std::exchange(newer_, {});
}

void Savepoints::Forget(PlaceId place) {
  if (forgotten_.has_value() && *forgotten_ != place) forgot_several_ = true;
  forgotten_ = place;
}

std::optional<Savepoints::PlaceId> Savepoints::Find(Key key) const {
  for (const Names* names : {&newer_, &older_}) {
    const auto found = names->find(key);
    if (found != names->end()) return found->second;
  }
  return forgotten_;
}

Savepoints::Outcome Savepoints::RollBackTo(std::string_view name,
                                           transcode::FrameBuilder& builder) {
  const Key key = KeyOf(name);
  const std::optional<PlaceId> id = Find(key);
  if (!id.has_value()) return Outcome::kNotSet;
  const bool kept = newer_.contains(key) || older_.contains(key);
  if (!kept && forgot_several_) return Outcome::kTooMany;
  const auto place =
      std::lower_bound(places_.begin(), places_.end(), *id,
                       [](const Place& known, PlaceId wanted) { return known.id < wanted; });
  if (place == places_.end()) return Outcome::kNotSet;
  // The place is gone: its frame was closed, which removes the first places, or it was rolled back.
  if (place->id != *id) return place == places_.begin() ? Outcome::kFrameClosed : Outcome::kNotSet;
  if (!builder.RollBackTo(place->mark)) return Outcome::kFrameClosed;
  places_.erase(place + 1, places_.end());
  return Outcome::kDone;
}

}  // namespace millrace::ingest
