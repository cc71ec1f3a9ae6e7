// SPDX-License-Identifier: Apache-2.0

#include "system/kafka/kafka_debezium_differences.h"

#include <algorithm>

#include "fmt/format.h"
#include "system/kafka/kafka_debezium_names.h"

namespace millrace::testing {
namespace {

constexpr std::string_view kAdmitted[] = {
    kVersion,       kTimes,       kPosition,  kRowAndThread,    kSnapshotRows, kSnapshotPlaces,
    kYears,         kYearZero,    kZeroDates, kTimesOfDay,      kNanoseconds,  kSnapshotValues,
    kDefaults,      kJsonTexts,   kLabels,    kControls,        kTableChanges, kDefinitions,
    kParts,         kNamedTables, kOrder,     kTableOrder,      kTableCounts,  kPrepared,
    kNullOrDefault, kJsonNumbers, kFloats,    kOtherStatements, kRenamed};

// Documented differences that no comparison meets: the data is not read (headers of the runtime),
// configured away (keys), or not recorded.
constexpr std::string_view kNotRecorded[] = {
    "`source.query`",
    "Headers",
    "Values of `__debezium.newkey` and `__debezium.oldkey`",
    "Columns that the source left out of a row image",
    "Text that is not valid in its character set",
    "Dates that do not exist, such as February 30 (`ALLOW_INVALID_DATES`)",
    "JSON in rows of a snapshot",
    "DECIMAL as a JSON number",
    "Columns declared as BOOL",
    "FLOAT(M,D) known only from `binlog_row_metadata`",
    "Tables without a primary key, but with a unique key on a column prefix",
    "Tables with a primary-key column that is not captured",
    "INET4, INET6 of MariaDB",
    "JSON of MariaDB",
    "BEGIN and END records of transactions",
};

constexpr size_t kShownBytesMax = 300;
// The id of a changed row is that of the same row in the snapshot plus this number.
constexpr int kChangedRowIdOffset = 100;

std::string JsonShown(const Json* json) {
  if (json == nullptr) return "absent";
  std::string text = json->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "…";
  return text;
}

// The id of a row whose only key column is `id`.
std::optional<int> IdOf(const Json& record) {
  const Json& key = record["key"];
  if (!key.is_object() || key.size() != 1 || !key.contains("id") || !key["id"].is_number_integer())
    return std::nullopt;
  return key["id"].get<int>();
}

// Replaces a member, unless it is null, by a placeholder.
void ReplaceByPlaceholder(Json& object, const char* name, const char* placeholder) {
  const auto found = object.find(name);
  if (found != object.end() && !found->is_null()) *found = placeholder;
}

void ReplaceTimes(Json& object) {
  for (const char* name : {"ts_ms", "ts_us", "ts_ns"}) ReplaceByPlaceholder(object, name, "<time>");
}

// The last name of a JSON pointer.
std::string LastName(const std::string& pointer) { return pointer.substr(pointer.rfind('/') + 1); }

// Days by which the connector's adjuster moves a day of a year below 100: 1…69 becomes 2001…2069,
// 70…99 becomes 1970…1999 (not supported here).
int64_t YearAdjustmentDays(int64_t days) {
  constexpr int64_t kDaysOf0000 = -719528;
  constexpr int64_t kDaysOf0070 = -693961;
  constexpr int64_t kDaysOf0100 = -683003;
  if (days < kDaysOf0000 || days >= kDaysOf0100) return 0;
  // 2000 years are five times 400. No row of the scenarios has a year from 70 to 99.
  return days < kDaysOf0070 ? int64_t{5} * 146097 : 0;
}

bool IsAdjustedYear(const Json& recorded, const Json& mirrored) {
  if (recorded.is_number_integer() && mirrored.is_number_integer()) {
    for (const int64_t units_of_day :
         {int64_t{1}, int64_t{86'400'000}, int64_t{86'400'000'000}, int64_t{86'400'000'000'000}}) {
      const auto ours = mirrored.get<int64_t>();
      const int64_t moved = YearAdjustmentDays(ours / units_of_day) * units_of_day;
      if (moved != 0 && ours + moved == recorded.get<int64_t>()) return true;
    }
    return false;
  }
  if (!recorded.is_string() || !mirrored.is_string()) return false;
  const std::string theirs = recorded, ours = mirrored;
  return ours.starts_with("00") && theirs == "20" + ours.substr(2);
}

bool IsEpoch(const Json& value) { return value == 0 || value == "1970-01-01T00:00:00Z"; }

// Whether the documents are equal apart from their strings.
bool EqualExceptStrings(const Json& one, const Json& other) {
  if (one.is_string() && other.is_string()) return true;
  if (!one.is_structured() || one.type() != other.type() || one.size() != other.size()) {
    return one == other;
  }
  auto in_other = other.begin();
  for (auto in_one = one.begin(); in_one != one.end(); ++in_one, ++in_other) {
    if (one.is_object() && in_one.key() != in_other.key()) return false;
    if (!EqualExceptStrings(*in_one, *in_other)) return false;
  }
  return true;
}

}  // namespace

UnmirroredPart UnmirroredPartOf(const DebeziumScenario& scenario) {
  UnmirroredPart part;
  const auto found = scenario.settings.find("time.precision.mode");
  const std::string mode = found == scenario.settings.end() ? "" : found->second;
  // Inserts NULL where Debezium writes NULL for the original value.
  const auto make_null = [&](const char* procedure, std::initializer_list<int> rows) {
    for (const int row : rows) {
      const std::string call = fmt::format("CALL {}(base + {},", procedure, row);
      part.lines.emplace_back(call, call + " NULL);");
    }
  };
  const bool of_day = mode == "connect" || mode == "isostring";
  if (scenario.statements == "times" && of_day) {
    make_null("fill_time", {4, 5, 6, 7});
    // 24:00:00, which Debezium's modes allow although it is not a time of day.
    part.lines.emplace_back("CALL fill_time(base + 8,", "");
    part.ids["mill.types.times"] = {8, 8 + kChangedRowIdOffset};
  }
  if (scenario.statements == "columns" && of_day) {
    part.lines = {
        {"years YEAR DEFAULT 1970, t TIME(3) DEFAULT", "years YEAR DEFAULT 1970, t TIME(3),"},
        {"'2024-02-29', 2024, '-12:34:56'",
         "(base + 1, '2024-02-29', 2024, NULL, '12:34:56.789', NULL, "
         "'2024-02-29 12:34:56',"}};
  }
  if (scenario.statements == "times" && mode == "nanoseconds") {
    make_null("fill_datetime", {3, 7});
    // Debezium moves a year below 100 into the range of nanoseconds.
    part.lines.emplace_back("CALL fill_datetime(base + 2,", "");
    part.ids["mill.types.datetimes"] = {2, 2 + kChangedRowIdOffset};
  }
  if (scenario.statements == "transactions") {
    part.lines = {{"XA PREPARE 'x'", ""}, {"XA COMMIT 'x'", "XA COMMIT 'x' ONE PHASE;"},
                  {"XA START 'z'", ""},   {"VALUES (10, 100.00)", ""},
                  {"XA END 'z'", ""},     {"XA PREPARE 'z'", ""},
                  {"XA ROLLBACK 'z'", ""}};
    part.ids["mill.shop.orders"] = {10};
  }
  return part;
}

std::vector<std::string> DocumentedDifferences() {
  std::vector<std::string> all(std::begin(kAdmitted), std::end(kAdmitted));
  all.insert(all.end(), std::begin(kNotRecorded), std::end(kNotRecorded));
  return all;
}

DebeziumComparison::DebeziumComparison(const DebeziumScenario& scenario, DebeziumSource source)
    : scenario_(scenario), source_(std::move(source)) {
  if (scenario_.name == "columns") true_nulls_ = RecordedTopics("columns_true_nulls");
}

bool DebeziumComparison::Admit(std::string_view difference, bool admitted) {
  if (admitted) ++admitted_[difference];
  return admitted;
}

std::vector<std::string> DebeziumComparison::Differences(DebeziumTopics recorded,
                                                         DebeziumTopics mirrored) {
  Prepare(recorded, mirrored);
  std::vector<std::string> differences =
      CompareStatements(recorded[kStatements], mirrored[kStatements]);
  recorded.erase(kStatements);
  mirrored.erase(kStatements);
  for (const auto& [topic, records] : mirrored) recorded.try_emplace(topic);
  for (auto& [topic, records] : recorded) {
    for (std::string& difference : CompareTopic(topic, records, mirrored[topic])) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

std::vector<std::string> DebeziumComparison::CompareTopic(const std::string& topic,
                                                          std::vector<Json>& recorded,
                                                          std::vector<Json>& mirrored) {
  std::vector<std::string> differences;
  if (recorded.size() != mirrored.size()) {
    differences.push_back(
        fmt::format("{}: recorded {}, mirrored {}", topic, Listed(recorded), Listed(mirrored)));
  }
  for (size_t i = 0; i < std::min(recorded.size(), mirrored.size()); ++i) {
    Place place{.topic = topic, .number = i, .recorded = &recorded[i], .mirrored = &mirrored[i]};
    Normalise(recorded[i], mirrored[i]);
    auto difference = FirstDifference(recorded[i], mirrored[i], place);
    if (difference.has_value()) differences.push_back(*std::move(difference));
    ++records_compared_;
  }
  return differences;
}

void DebeziumComparison::Prepare(DebeziumTopics& recorded, DebeziumTopics& mirrored) {
  DropUnmirrored(recorded);
  UseValuesOfChanges(recorded);
  DropXaTransactions(recorded, mirrored);
  if (scenario_.statements == "ddl") DropRereadRows(recorded, mirrored);
  // The number of heartbeats depends on the clock; the recording has only the first.
  if (mirrored[kHeartbeats].size() > 1) mirrored[kHeartbeats].resize(1);
}

void DebeziumComparison::DropUnmirrored(DebeziumTopics& recorded) {
  const UnmirroredPart part = UnmirroredPartOf(scenario_);
  for (const auto& [topic, ids] : part.ids) {
    std::erase_if(recorded[topic], [&, &ids = ids](const Json& record) {
      const auto id = IdOf(record);
      return id.has_value() && ids.contains(*id);
    });
  }
  if (part.lines.empty()) return;
  const bool nanoseconds = scenario_.Has("time.precision.mode", "nanoseconds");
  Admit(scenario_.statements == "transactions" ? kPrepared
        : nanoseconds                          ? kNanoseconds
                                               : kTimesOfDay);
}

// If Debezium writes a value differently in its snapshot and in changes, the mirror always writes
// it as in changes.
void DebeziumComparison::UseValuesOfChanges(DebeziumTopics& recorded) {
  for (auto& [topic, records] : recorded) {
    if (!topic.starts_with("mill.types.")) continue;
    std::map<int, const Json*> changes;
    for (const Json& record : records) {
      if (OpOf(record) == "c" && IdOf(record).has_value()) changes[*IdOf(record)] = &record;
    }
    for (Json& record : records) {
      if (OpOf(record) != "r" || !IdOf(record).has_value()) continue;
      const auto change = changes.find(*IdOf(record) + kChangedRowIdOffset);
      if (change == changes.end()) continue;
      for (auto& [name, value] : record["value"]["after"].items()) {
        const Json& changed = (*change->second)["value"]["after"][name];
        if (name == "id" || value == changed) continue;
        value = changed;
        Admit(kSnapshotValues);
      }
    }
  }
}

// Debezium's rows of XA transactions have no transaction block.
void DebeziumComparison::DropXaTransactions(DebeziumTopics& recorded, DebeziumTopics& mirrored) {
  if (scenario_.statements != "transactions") return;
  std::set<int> prepared;
  for (const Json& record : recorded["mill.shop.orders"]) {
    const bool is_xa = OpOf(record) == "c" && record["value"]["source"]["thread"].is_null();
    if (is_xa) prepared.insert(IdOf(record).value_or(0));
  }
  std::set<Json> transactions;
  for (Json& record : mirrored["mill.shop.orders"]) {
    if (OpOf(record).empty() || !prepared.contains(IdOf(record).value_or(0))) continue;
    Json& transaction = record["value"]["transaction"];
    if (transaction.is_object()) transactions.insert(transaction["id"]);
    transaction = nullptr;
    Admit(kPrepared);
  }
  std::erase_if(mirrored[kTransactions],
                [&](const Json& record) { return transactions.contains(record["value"]["id"]); });
}

// The mirror reads rows again under a new table name. Drops the READs beyond those of the recorded
// snapshot, which come first.
void DebeziumComparison::DropRereadRows(const DebeziumTopics& recorded, DebeziumTopics& mirrored) {
  const auto is_read = [](const Json& record) { return OpOf(record) == "r"; };
  for (auto& [topic, records] : mirrored) {
    const auto theirs = recorded.find(topic);
    auto initial = theirs == recorded.end()
                       ? 0
                       : std::count_if(theirs->second.begin(), theirs->second.end(), is_read);
    const size_t dropped = std::erase_if(
        records, [&](const Json& record) { return is_read(record) && initial-- <= 0; });
    Admit(kRenamed, dropped > 0);
  }
}

void DebeziumComparison::Normalise(Json& recorded, Json& mirrored) {
  mirrored.erase("sequence");
  for (Json* record : {&recorded, &mirrored}) {
    Json& value = (*record)["value"];
    if (!value.is_object()) continue;
    Admit(kTimes);
    ReplaceTimes(value);
    if (value.contains("status")) {
      ReplaceByPlaceholder((*record)["key"], "id", "<gtid>");
      ReplaceByPlaceholder(value, "id", "<gtid>");
    }
    const auto transaction = value.find("transaction");
    if (transaction != value.end() && transaction->is_object())
      ReplaceByPlaceholder(*transaction, "id", "<gtid>");
  }
  const bool both = recorded["value"].is_object() && mirrored["value"].is_object();
  if (both && recorded["value"].contains("source") && mirrored["value"].contains("source")) {
    NormaliseSource(recorded["value"]["source"], mirrored["value"]["source"],
                    OpOf(recorded) == "r");
  }
}

void DebeziumComparison::NormaliseSource(Json& recorded, Json& mirrored, bool is_read) {
  for (Json* source : {&recorded, &mirrored}) {
    ReplaceTimes(*source);
    ReplaceByPlaceholder(*source, "version", "<version>");
    ReplaceByPlaceholder(*source, "file", "<file>");
    ReplaceByPlaceholder(*source, "pos", "<pos>");
    ReplaceByPlaceholder(*source, "gtid", "<gtid>");
  }
  Admit(kVersion);
  Admit(kPosition);
  // The mirror knows neither row nor thread.
  if (mirrored["row"] == 0 && mirrored["thread"].is_null()) {
    Admit(kRowAndThread, recorded["row"] != 0 || !recorded["thread"].is_null());
    recorded["row"] = 0;
    recorded["thread"] = nullptr;
  }
  if (!is_read) return;
  static const std::set<Json> places = {"first", "true", "last", "first_in_data_collection",
                                        "last_in_data_collection"};
  if (places.contains(recorded["snapshot"]) && mirrored["snapshot"] == "incremental") {
    mirrored["snapshot"] = recorded["snapshot"];
    Admit(kSnapshotRows);
  }
  if (recorded["server_id"] == 0) mirrored["server_id"] = 0;
  Admit(kSnapshotPlaces);
}

std::optional<std::string> DebeziumComparison::FirstDifference(const Json& recorded,
                                                               const Json& mirrored, Place& place) {
  if (recorded.is_object() && mirrored.is_object())
    return FirstDifferentMember(recorded, mirrored, place);
  if (recorded.is_array() && mirrored.is_array() && recorded.size() == mirrored.size()) {
    const size_t pointer_size = place.pointer.size();
    for (size_t i = 0; i < recorded.size(); ++i) {
      place.pointer += fmt::format("/{}", i);
      auto difference = FirstDifference(recorded[i], mirrored[i], place);
      if (difference.has_value()) return difference;
      place.pointer.resize(pointer_size);
    }
    return std::nullopt;
  }
  if (recorded == mirrored || IsDocumented(recorded, mirrored, place)) return std::nullopt;
  return fmt::format("{}, record {}, {}: recorded {}, mirrored {}", place.topic, place.number,
                     place.pointer, JsonShown(&recorded), JsonShown(&mirrored));
}

std::optional<std::string> DebeziumComparison::FirstDifferentMember(const Json& recorded,
                                                                    const Json& mirrored,
                                                                    Place& place) {
  const size_t pointer_size = place.pointer.size();
  std::set<std::string> names;
  for (const auto& [name, value] : recorded.items()) names.insert(name);
  for (const auto& [name, value] : mirrored.items()) names.insert(name);
  for (const std::string& name : names) {
    place.pointer += "/" + name;
    const auto theirs = recorded.find(name);
    const auto ours = mirrored.find(name);
    if (theirs != recorded.end() && ours != mirrored.end()) {
      auto difference = FirstDifference(*theirs, *ours, place);
      if (difference.has_value()) return difference;
    } else {
      const bool in_schema = place.pointer.find("_schema/") != std::string::npos;
      const bool documented =
          in_schema && ours == mirrored.end() && (name == "default" || name == "doc");
      if (!Admit(kDefaults, documented)) {
        return fmt::format("{}, record {}, {}: recorded {}, mirrored {}", place.topic, place.number,
                           place.pointer, JsonShown(theirs == recorded.end() ? nullptr : &*theirs),
                           JsonShown(ours == mirrored.end() ? nullptr : &*ours));
      }
    }
    place.pointer.resize(pointer_size);
  }
  return std::nullopt;
}

bool DebeziumComparison::IsDocumented(const Json& recorded, const Json& mirrored,
                                      const Place& place) {
  const bool in_row = place.pointer.starts_with("/value/before/") ||
                      place.pointer.starts_with("/value/after/") ||
                      place.pointer.starts_with("/key/");
  if (in_row) return IsDocumentedForRow(recorded, mirrored, place);
  // The text `false` is the default of this member.
  if (place.pointer == "/value/source/snapshot" && recorded.is_null() && mirrored == "false") {
    return Admit(kNullOrDefault, scenario_.Has("converter.replace.null.with.default", "false"));
  }
  return IsDocumentedForTransaction(recorded, mirrored, place);
}

bool DebeziumComparison::IsDocumentedForRow(const Json& recorded, const Json& mirrored,
                                            const Place& place) {
  if (mirrored.is_null()) return Admit(kNullOrDefault, IsDefault(recorded, place));
  if (scenario_.statements == "zero_dates" && IsEpoch(mirrored)) return Admit(kZeroDates);
  if (IsAdjustedYear(recorded, mirrored)) return Admit(kYears, scenario_.statements == "times");
  const std::string column = LastName(place.pointer);
  if (column == "years" && recorded == 1900 && mirrored == 0) return Admit(kYearZero);
  // The same number with different digits.
  if (recorded.is_number_float() && mirrored.is_number_float()) {
    return Admit(kFloats, recorded.get<float>() == mirrored.get<float>());
  }
  if (!recorded.is_string() || !mirrored.is_string()) return false;
  const std::string theirs = recorded, ours = mirrored;
  if (source_.json_columns.contains({place.topic, column}))
    return IsDocumentedForJson(theirs, ours);
  if (Replaced(theirs, "\\,", ",") == ours) return Admit(kLabels);
  std::string controls = ours;
  for (const char* control : {"\u0081", "\u008d", "\u008f", "\u0090", "\u009d"}) {
    controls = Replaced(std::move(controls), control, "\ufffd");
  }
  return Admit(kControls, theirs == controls);
}

bool DebeziumComparison::IsDocumentedForJson(const std::string& recorded,
                                             const std::string& mirrored) {
  const Json theirs = Json::parse(recorded, nullptr, false);
  const Json ours = Json::parse(mirrored, nullptr, false);
  if (theirs.is_discarded() || ours.is_discarded()) return false;
  return theirs == ours ? Admit(kJsonNumbers) : Admit(kJsonTexts, EqualExceptStrings(theirs, ours));
}

bool DebeziumComparison::IsDocumentedForTransaction(const Json& recorded, const Json& mirrored,
                                                    const Place& place) {
  const bool are_places = recorded.is_number_integer() && mirrored.is_number_integer();
  if (place.pointer == "/value/transaction/total_order") return Admit(kOrder, are_places);
  if (place.pointer == "/value/event_count") return Admit(kOrder, are_places);
  if (place.pointer == "/value/transaction/data_collection_order") {
    const Json& total = (*place.mirrored)["value"]["transaction"]["total_order"];
    return Admit(kTableOrder, are_places && mirrored == total);
  }
  return place.pointer == "/value/data_collections" && mirrored.is_null() && Admit(kTableCounts);
}

// Whether Debezium wrote a column's default instead of NULL.
bool DebeziumComparison::IsDefault(const Json& recorded, const Place& place) const {
  const auto topic = true_nulls_.find(place.topic);
  if (topic != true_nulls_.end()) {
    return topic->second.at(place.number).at(Json::json_pointer(place.pointer)).is_null();
  }
  const auto schema = place.recorded->find("value_schema");
  if (schema == place.recorded->end()) return false;
  for (const Json& column : (*schema)["fields"][1]["fields"]) {
    if (column["field"] == LastName(place.pointer))
      return column.value("default", Json()) == recorded;
  }
  return false;
}

}  // namespace millrace::testing
