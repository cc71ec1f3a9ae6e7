// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/flavour.h"

namespace millrace {

// Identifies a MySQL transaction: source UUID, optional tag (8.3+), number from 1.
// Text: `uuid:number` or `uuid:tag:number`.
struct MysqlGtid {
  std::array<uint8_t, 16> uuid{};
  std::string tag;  // at most 32 lower-case characters; usually empty
  uint64_t number = 0;
  friend auto operator<=>(const MysqlGtid&, const MysqlGtid&) = default;
};

// Identifies a MariaDB transaction. Text: `domain-server-sequence`.
struct MariadbGtid {
  uint32_t domain = 0;
  uint32_t server_id = 0;
  uint64_t number = 0;
  friend auto operator<=>(const MariadbGtid&, const MariadbGtid&) = default;
};

// Appends the text form. Allocates nothing except to grow `to` (hot path).
void AppendText(std::string& to, const MysqlGtid& gtid);
void AppendText(std::string& to, const MariadbGtid& gtid);

// Parses the text form. kInvalidArgument, reason GTID_SET_MALFORMED: not a GTID.
absl::StatusOr<MysqlGtid> ParseMysqlGtid(std::string_view text);
absl::StatusOr<MariadbGtid> ParseMariadbGtid(std::string_view text);

}  // namespace millrace
