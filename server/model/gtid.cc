// SPDX-License-Identifier: Apache-2.0

#include "model/gtid.h"

#include <limits>

#include "model/gtid_text.h"

namespace millrace {

void AppendText(std::string& to, const MysqlGtid& gtid) {
  AppendUuid(to, gtid.uuid);
  to.push_back(':');
  if (!gtid.tag.empty()) {
    to.append(gtid.tag);
    to.push_back(':');
  }
  AppendDecimal(to, gtid.number);
}

void AppendText(std::string& to, const MariadbGtid& gtid) {
  AppendDecimal(to, gtid.domain);
  to.push_back('-');
  AppendDecimal(to, gtid.server_id);
  to.push_back('-');
  AppendDecimal(to, gtid.number);
}

absl::StatusOr<MysqlGtid> ParseMysqlGtid(std::string_view text) {
  GtidScanner scanner(text);
  const auto uuid = scanner.Uuid();
  if (!uuid.has_value()) return GtidMalformed(text, scanner.offset(), "a UUID");
  if (!scanner.Take(':')) return GtidMalformed(text, scanner.offset(), "':'");
  MysqlGtid gtid{.uuid = *uuid};
  if (auto tag = scanner.Tag()) {
    gtid.tag = *std::move(tag);
    if (!scanner.Take(':')) return GtidMalformed(text, scanner.offset(), "':'");
  }
  const auto number = scanner.Number({1, kMysqlGtidNumberMax});
  if (!number.has_value()) {
    return GtidMalformed(text, scanner.offset(), "a tag, or a number from 1 to 2^63-2");
  }
  gtid.number = *number;
  if (!scanner.AtEnd()) return GtidMalformed(text, scanner.offset(), "the end");
  return gtid;
}

absl::StatusOr<MariadbGtid> ParseMariadbGtid(std::string_view text) {
  constexpr uint64_t kMax32 = std::numeric_limits<uint32_t>::max();
  GtidScanner scanner(text);
  const auto domain = scanner.Number({0, kMax32});
  if (!domain.has_value()) return GtidMalformed(text, scanner.offset(), "a domain id");
  if (!scanner.Take('-')) return GtidMalformed(text, scanner.offset(), "'-'");
  const auto server_id = scanner.Number({0, kMax32});
  if (!server_id.has_value()) return GtidMalformed(text, scanner.offset(), "a server id");
  if (!scanner.Take('-')) return GtidMalformed(text, scanner.offset(), "'-'");
  const auto number = scanner.Number({0, std::numeric_limits<uint64_t>::max()});
  if (!number.has_value()) return GtidMalformed(text, scanner.offset(), "a sequence number");
  if (!scanner.AtEnd()) return GtidMalformed(text, scanner.offset(), "the end");
  return MariadbGtid{static_cast<uint32_t>(*domain), static_cast<uint32_t>(*server_id), *number};
}

}  // namespace millrace
