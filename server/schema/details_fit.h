// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "binlog/table_map.h"
#include "model/flavour.h"
#include "model/table_details.h"

namespace millrace::schema {

// Describes, for a message, how `details` differ from `column`; empty if they match in everything
// that both have: type, lengths, digits, number of labels, charset, sign, nullability. Names are
// not compared.
std::string DescribeMismatch(const binlog::TableMap& map, const binlog::ColumnMap& column,
                             const ColumnDetails& details, Flavour flavour);

}  // namespace millrace::schema
