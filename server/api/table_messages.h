// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "millrace/v1/change_feed.pb.h"
#include "schema/row_descriptor.h"
#include "schema/table_version.h"

namespace millrace::api {

// Only the names and the version of a table.
v1::Table TableSummary(const schema::TableVersion& table);

// A table with columns, descriptors and .proto text.
v1::Table TableInFull(const schema::TableVersion& table, const schema::RowDescriptor& row);

}  // namespace millrace::api
