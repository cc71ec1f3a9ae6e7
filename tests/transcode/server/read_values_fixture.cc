// SPDX-License-Identifier: Apache-2.0

#include "transcode/server/read_values_fixture.h"

#include <set>

#include "base/check.h"
#include "binlog/events.h"
#include "fmt/format.h"
#include "mysql/binlog_stream.h"
#include "mysql/row_stream.h"
#include "mysql/session_settings.h"
#include "mysql/table_details.h"
#include "schema/described_map.h"

namespace millrace {
namespace {

using binlog::EventType;
using transcode::InvalidText;
using transcode::RowPlan;
using transcode::SelectPlan;

constexpr char kLastTable[] = "the_end";

EncodedRow RowOf(const wire::Buffer& message, const std::vector<InvalidText>& invalid) {
  EncodedRow row{std::string(message.view()), {}};
  for (const InvalidText& text : invalid) {
    row.invalid.push_back(fmt::format("{} {} {}", text.field_number, text.charset, text.bytes));
  }
  return row;
}

// Reads the binlog from the first event to the table that is created last.
class DumpReader {
 public:
  DumpReader(Flavour flavour, schema::Registry& registry,
             const std::map<std::string, schema::TableVersionPtr>& described)
      : flavour_(flavour), registry_(registry), described_(described), events_(flavour) {}

  bool done() const { return done_; }
  std::map<std::string, EncodedRows>& rows() { return rows_; }

  void Take(std::string_view bytes) {
    const binlog::Event event = events_.Read(bytes).value();
    if (event.header.type == EventType::kTableMap) TakeTable(event);
    if (binlog::IsRows(event.header.type)) TakeRows(event);
  }

 private:
  void TakeTable(const binlog::Event& event) {
    const binlog::TableMap map = binlog::ParseTableMap(event.body, flavour_).value();
    plan_ = nullptr;
    table_ = map.table;
    done_ = map.table == kLastTable;
    const auto described = described_.find(table_);
    if (map.database != "types" || described == described_.end()) return;
    // Without details: the version from information_schema must already match the event.
    const auto version = registry_.Resolve(map, nullptr).value();
    EXPECT_EQ(version, described->second) << table_ << Difference(*version, *described->second);
    plan_ = RowPlan::Compile(map, version).value();
  }

  static std::string Difference(const schema::TableVersion& real,
                                const schema::TableVersion& described) {
    if (real.columns.size() != described.columns.size()) return " has other columns";
    std::string text;
    for (size_t i = 0; i < real.columns.size(); ++i) {
      const schema::Column& is = real.columns[i];
      const schema::Column& was = described.columns[i];
      if (is == was) continue;
      text += fmt::format(
          "\ncolumn {}: type {} described as {}, metadata {} as {}, collation {} as {}, text {} as "
          "{}, unsigned {} as {}, nullable {} as {}, key {} as {}, invisible {} as {}, labels {} "
          "as {}",
          is.name, static_cast<int>(is.type), static_cast<int>(was.type), is.metadata, was.metadata,
          is.collation, was.collation, is.mysql_type, was.mysql_type, is.is_unsigned,
          was.is_unsigned, is.nullable, was.nullable, is.key_ordinal, was.key_ordinal, is.invisible,
          was.invisible, fmt::join(is.labels, ","), fmt::join(was.labels, ","));
    }
    return text;
  }

  void TakeRows(const binlog::Event& event) {
    const binlog::Rows rows = binlog::ParseRows(event).value();
    if (plan_ == nullptr || rows.kind != binlog::RowsKind::kWrite) return;
    std::string_view images = rows.rows;
    while (!images.empty()) {
      wire::Buffer message;
      std::vector<InvalidText> invalid;
      const absl::Status status = plan_->EncodeImage(rows.present, images, message, invalid);
      ASSERT_TRUE(status.ok()) << status;
      rows_[table_].push_back(RowOf(message, invalid));
    }
  }

  const Flavour flavour_;
  schema::Registry& registry_;
  const std::map<std::string, schema::TableVersionPtr>& described_;
  binlog::EventReader events_;
  std::unique_ptr<RowPlan> plan_;
  std::string table_;
  bool done_ = false;
  std::map<std::string, EncodedRows> rows_;
};

}  // namespace

ReadValues::ReadValues(std::vector<std::string> options)
    : source_(Start(std::move(options))), sql_(source_->MustConnect()) {
  // Only for speed.
  Execute("SET GLOBAL sync_binlog = 0");
  Execute("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
  Execute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  Execute("CREATE DATABASE types");
  Execute("USE types");
  options_ = OptionsFor(*source_);
  connection_ = MustConnect(options_);
  flavour_ = connection_->info().flavour;
  registry_ = schema::Registry::FromRecords({}, flavour_).value();
  const absl::Status prepared = ApplySettings(*connection_, RowReadingSettings());
  EXPECT_TRUE(prepared.ok()) << prepared;
}

void ReadValues::Execute(const std::string& sql) {
  const absl::Status status = sql_.Execute(sql);
  EXPECT_TRUE(status.ok()) << status.ToString().substr(0, 500);
}

absl::StatusOr<schema::TableVersionPtr> ReadValues::TryDescribe(const std::string& table) {
  const TableDetails details = FetchTableDetails(*connection_, {"types", table}).value().value();
  const auto described = schema::DescribedMap::Make(details, flavour_);
  if (!described.ok()) return described.status();
  return registry_->Resolve(described->map(), &details);
}

schema::TableVersionPtr ReadValues::Describe(const std::string& table) {
  auto version = TryDescribe(table);
  EXPECT_TRUE(version.ok()) << version.status();
  return version.value();
}

EncodedRows ReadValues::Select(const schema::TableVersionPtr& version, const std::string& rest) {
  const auto plan = SelectPlan::Compile(version, flavour_).value();
  const auto stream = connection_->Stream(
      fmt::format("SELECT {} FROM types.{} {}", plan->select_list(), version->name.table, rest));
  EXPECT_TRUE(stream.ok()) << stream.status();
  EncodedRows rows;
  while ((*stream)->Next().value()) {
    EXPECT_EQ((*stream)->column_count(), plan->value_count());
    wire::Buffer message;
    std::vector<InvalidText> invalid;
    const absl::Status status = plan->EncodeRow((*stream)->values(), message, invalid);
    EXPECT_TRUE(status.ok()) << status;
    rows.push_back(RowOf(message, invalid));
  }
  return rows;
}

std::map<std::string, EncodedRows> ReadValues::Inserted(
    const std::map<std::string, schema::TableVersionPtr>& described) {
  Execute(fmt::format("CREATE TABLE {} (id INT)", kLastTable));
  Execute(fmt::format("INSERT INTO {} VALUES (1)", kLastTable));
  auto stream = OpenStream(options_, {}).value();
  DumpReader reader(flavour_, *registry_, described);
  while (!reader.done()) reader.Take(stream->Read().value());
  return std::move(reader.rows());
}

}  // namespace millrace
