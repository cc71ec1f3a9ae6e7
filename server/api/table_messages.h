// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "millrace/v1/change_feed.pb.h"
#include "schema/row_descriptor.h"
#include "schema/table_version.h"

namespace millrace::api {

// Names and version of a table.
v1::Table TableSummary(const schema::TableVersion& table);

// Everything of a table: columns, descriptors, .proto text.
v1::Table TableInFull(const schema::TableVersion& table, const schema::RowDescriptor& row);

}  // namespace millrace::api
