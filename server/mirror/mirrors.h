// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "mirror/mirror.h"
#include "model/sequence.h"

namespace millrace::mirror {

// All mirrors of a server, by name. Each has its own thread, sink and position. Call Add before
// everything else; HoldFrom and Find may then be called from any thread.
class Mirrors {
 public:
  // Requires: no other mirror has the same name.
  void Add(std::unique_ptr<Mirror> mirror);
  // Null if there is no mirror of this name.
  Mirror* Find(std::string_view name) const;
  // The first mirror by name, which the API and the metrics show. Null if there is none.
  Mirror* First() const;

  void Start();
  // Asks all mirrors to stop, without waiting.
  void RequestStop();
  // Stops all mirrors. Returns false if one has not stopped within `timeout`.
  bool StopWithin(absl::Duration timeout);

  // Retention must keep all changes after this one, for the slowest mirror. Nothing if no mirror
  // has a position in this log.
  std::optional<Sequence> HoldFrom() const;

 private:
  std::map<std::string, std::unique_ptr<Mirror>, std::less<>> mirrors_;
};

}  // namespace millrace::mirror
