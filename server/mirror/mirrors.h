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

// All mirrors of a server, by name. Each has a thread, a sink and a position of its own. Add is
// called before all else; after that HoldFrom and Find may be called from any thread.
class Mirrors {
 public:
  // Requires: no other mirror has its name.
  void Add(std::unique_ptr<Mirror> mirror);
  // Null if there is none of this name.
  Mirror* Find(std::string_view name) const;
  // The one that the API shows: the first by name. Null if there is none.
  Mirror* First() const;

  void Start();
  // Begins to stop all of them.
  void RequestStop();
  // The same, and waits for them. False if one has not ended by then.
  bool StopWithin(absl::Duration timeout);

  // From where on retention must leave the log: what the slowest mirror needs. Nothing if no mirror
  // has a position in this log.
  std::optional<Sequence> HoldFrom() const;

 private:
  std::map<std::string, std::unique_ptr<Mirror>, std::less<>> mirrors_;
};

}  // namespace millrace::mirror
