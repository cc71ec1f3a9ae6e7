// SPDX-License-Identifier: Apache-2.0

#include "position.h"

#include "fmt/format.h"
#include "human.h"
#include "json.h"

namespace millrace::command {

absl::Status ShowPosition(const Session& session, const Place& place, bool json) {
  const auto position = Resolve(place, *session.client);
  if (!position.ok()) return position.status();
  if (json) return Print(ToJson(*position));
  const Paint paint(session.colour);
  std::string text = fmt::format("{}  {}\n{}  {}\n", paint(Tone::kDim, "token   "),
                                 paint(Tone::kBold, Printable(position->resume_token())),
                                 paint(Tone::kDim, "sequence"), CountText(position->sequence()));
  if (!position->gtid_set().empty()) {
    text += fmt::format("{}  {}\n", paint(Tone::kDim, "gtids   "), Printable(position->gtid_set()));
  }
  return Print(text);
}

}  // namespace millrace::command
