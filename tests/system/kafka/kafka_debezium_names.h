// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

// The documented differences from Debezium: first cells of the tables in server/kafka/DEBEZIUM.md.
namespace millrace::testing {

inline constexpr std::string_view kVersion = "`source.version`";
inline constexpr std::string_view kTimes = "`ts_ms`, `ts_us`, `ts_ns` of the envelope";
inline constexpr std::string_view kPosition = "`source.pos`";
inline constexpr std::string_view kRowAndThread = "`source.row`, `source.thread`";
inline constexpr std::string_view kSnapshotRows = "`source.snapshot` of rows of a snapshot";
inline constexpr std::string_view kSnapshotPlaces =
    "`source.file`, `pos`, `server_id` of rows of a snapshot";
inline constexpr std::string_view kSnapshotValues =
    "Values that Debezium's snapshot writes differently";
inline constexpr std::string_view kYears = "Years 1 to 99 in DATE and DATETIME";
inline constexpr std::string_view kYearZero = "YEAR 0000";
inline constexpr std::string_view kZeroDates = "Zero dates, and dates with a zero part";
inline constexpr std::string_view kTimesOfDay =
    "TIME outside of a day, modes connect and isostring";
inline constexpr std::string_view kNanoseconds =
    "DATETIME before 1678 or after 2261, mode nanoseconds";
inline constexpr std::string_view kNullOrDefault = "NULL in a column with a default";
inline constexpr std::string_view kDefaults = "`default` and `doc` (column comments) in schemas";
inline constexpr std::string_view kJsonNumbers = "JSON: DOUBLE below 0.001, or at least 10,000,000";
inline constexpr std::string_view kJsonTexts =
    "JSON: DATETIME, TIME and binary values in a document";
inline constexpr std::string_view kFloats = "FLOAT and DOUBLE";
inline constexpr std::string_view kLabels = "ENUM with a comma in a label";
inline constexpr std::string_view kControls = "latin1 bytes 81, 8D, 8F, 90, 9D";
inline constexpr std::string_view kTableChanges = "`tableChanges` of the schema-change topic";
inline constexpr std::string_view kDefinitions = "Table definitions at the start";
inline constexpr std::string_view kParts =
    "Statements with several parts (`RENAME TABLE a TO b, c TO d`)";
inline constexpr std::string_view kOtherStatements =
    "Statements about views, procedures and triggers";
inline constexpr std::string_view kRenamed = "Renamed tables";
inline constexpr std::string_view kNamedTables = "`source.table` of a statement";
inline constexpr std::string_view kOrder = "`total_order`, `event_count`";
inline constexpr std::string_view kTableOrder = "`data_collection_order`";
inline constexpr std::string_view kTableCounts = "`data_collections` of END records";
inline constexpr std::string_view kPrepared = "XA transactions";

// The recorded topics without rows.
inline constexpr char kStatements[] = "mill";
inline constexpr char kTransactions[] = "mill.transaction";
inline constexpr char kHeartbeats[] = "__debezium-heartbeat.mill";

}  // namespace millrace::testing
