// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "model/column_type.h"
#include "model/table_details.h"
#include "schema/collations.h"
#include "schema/table_version.h"

namespace millrace::schema {

// True if such a column in a TABLE_MAP of MariaDB may be a UUID, INET4, INET6 or BINARY.
inline bool MayBeTextOrBinary(ColumnType type, uint16_t metadata, uint32_t collation) {
  return type == ColumnType::kString && (metadata == 16 || metadata == 4) &&
         (collation == 0 || collation == kBinaryCollation);
}

// Which of UUID, INET4 and INET6 the column is; kPlain: none of them.
inline Meaning TextMeaningIn(const ColumnDetails& details) {
  if (details.data_type == "uuid") return Meaning::kMariadbUuid;
  if (details.data_type == "inet6") return Meaning::kMariadbInet6;
  if (details.data_type == "inet4") return Meaning::kMariadbInet4;
  return Meaning::kPlain;
}

}  // namespace millrace::schema
