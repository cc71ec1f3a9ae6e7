// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace::schema {

// The names of geometry types in COLUMN_TYPE, indexed by the type's number in TABLE_MAP
// (Geometry::wkbType of MySQL and MariaDB).
inline constexpr std::string_view kGeometryNames[] = {
    "geometry",   "point",           "linestring",   "polygon",
    "multipoint", "multilinestring", "multipolygon", "geomcollection"};

}  // namespace millrace::schema
