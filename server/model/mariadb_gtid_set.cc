// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "base/error.h"
#include "model/gtid_set.h"
#include "model/gtid_text.h"

namespace millrace {

absl::StatusOr<MariadbGtidSet> MariadbGtidSet::Parse(std::string_view text) {
  MariadbGtidSet set;
  if (GtidScanner(text).AtEnd()) return set;
  for (size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = text.find(',', begin);
    const std::string_view part = text.substr(begin, end - begin);
    MILLRACE_ASSIGN_OR_RETURN(const MariadbGtid gtid, ParseMariadbGtid(part));
    if (!set.last_.emplace(gtid.domain, gtid).second) {
      return GtidMalformed(text, begin, "another domain");
    }
  }
  return set;
}

bool MariadbGtidSet::Contains(const MariadbGtid& gtid) const {
  const auto found = last_.find(gtid.domain);
  return found != last_.end() && found->second.number >= gtid.number;
}

bool MariadbGtidSet::Contains(const MariadbGtidSet& other) const {
  return std::all_of(other.last_.begin(), other.last_.end(),
                     [this](const auto& entry) { return Contains(entry.second); });
}

MariadbGtidSet MariadbGtidSet::InDomainsOf(const MariadbGtidSet& other) const {
  MariadbGtidSet common;
  for (const auto& [domain, gtid] : last_) {
    if (other.last_.contains(domain)) common.Add(gtid);
  }
  return common;
}

void MariadbGtidSet::Add(const MariadbGtid& gtid) { last_[gtid.domain] = gtid; }

std::string MariadbGtidSet::ToString() const {
  std::string text;
  for (const auto& [domain, gtid] : last_) {
    if (!text.empty()) text.push_back(',');
    AppendText(text, gtid);
  }
  return text;
}

}  // namespace millrace
