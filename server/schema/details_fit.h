// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "binlog/table_map.h"
#include "model/flavour.h"
#include "model/table_details.h"

namespace millrace::schema {

// What of `column` shows that `details` describe another column or another state of it, for a
// message; empty if they fit in everything that both tell: type, lengths, digits, numbers of
// labels, charset, sign, nullability. Names are not compared.
std::string DescribeMismatch(const binlog::TableMap& map, const binlog::ColumnMap& column,
                             const ColumnDetails& details, Flavour flavour);

}  // namespace millrace::schema
