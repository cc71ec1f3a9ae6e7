// SPDX-License-Identifier: Apache-2.0

#include "schema/stored_table.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace millrace::schema {
namespace {

StoredTable Sample() {
  StoredTable table;
  TableVersion& version = table.version;
  version.table_id = 1;
  version.version = 1;
  version.name = {"s", "t"};
  Column column;
  column.name = column.field_name = "id";
  column.field_number = 1;
  column.field_type = FieldType::kInt32;
  column.type = ColumnType::kLong;
  column.mysql_type = "int";
  version.columns = {column};
  version.next_field_number = 2;
  version.row_message = "db.s.t";
  version.type_url = "t/db.s.t";
  table.proved_epoch = 1;
  return table;
}

// The first release wrote these bytes. If the test fails, existing logs can no longer be read.
TEST(StoredTable, BytesOnDiskNeverChange) {
  const log::Record record = TableRecord(Sample());
  EXPECT_EQ(absl::BytesToHexString(record.key), "7400000001");
  EXPECT_EQ(absl::BytesToHexString(*record.value),
            "01"
            "08011001"
            "1a0173220174"
            "2a150a02696410011a026964200338016203696e746801"
            "3802"
            "420664622e732e74"
            "4801");
}

TEST(StoredTable, RecordRoundTrips) {
  const log::Record record = TableRecord(Sample());
  const auto table = ParseTableRecord(record.key, *record.value);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->version.columns, Sample().version.columns);
  EXPECT_EQ(table->version.type_url, "t/db.s.t");
  EXPECT_EQ(table->proved_epoch, 1u);
}

// Like BytesOnDiskNeverChange, with labels that are not text. They need format 2, so that no
// earlier server takes U+FFFD for a label.
TEST(StoredTable, BytesOfLabelsNeverChange) {
  StoredTable table = Sample();
  Column& column = table.version.columns[0];
  column.type = ColumnType::kEnum;
  column.field_type = FieldType::kString;
  column.mysql_type = "enum";
  column.charset = "utf8mb4";
  column.labels = {"a", "\xef\xbf\xbd"};
  column.label_bytes = {"a", "\xff"};
  const log::Record record = TableRecord(table);
  EXPECT_EQ(absl::BytesToHexString(*record.value),
            "02"
            "08011001"
            "1a0173220174"
            "2a300a02696410011a02696420f7013801"
            "4a01614a03efbfbd6204656e756d68077a07757466386d62348a0101618a0101ff"
            "3802"
            "420664622e732e74"
            "4801");
  const auto read = ParseTableRecord(record.key, *record.value);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->version.columns, table.version.columns);
  EXPECT_EQ(VersionRecord(table.version).value->front(), '\x02');
}

TEST(StoredTable, OnlyTheTableRecordKeepsDropped) {
  StoredTable table = Sample();
  table.version.dropped = true;
  const log::Record record = TableRecord(table);
  EXPECT_EQ(record.value->substr(record.value->size() - 2), "\x58\x01");
  EXPECT_TRUE(ParseTableRecord(record.key, *record.value)->version.dropped);
  const log::Record of_version = VersionRecord(table.version);
  EXPECT_FALSE(ParseTableRecord(of_version.key, *of_version.value)->version.dropped);
}

TEST(StoredTable, DeclaredMeaningsRoundTrip) {
  StoredTable table = Sample();
  table.declared_meanings = ColumnMeanings{{"u", Meaning::kMariadbUuid}};
  const log::Record record = TableRecord(table);
  EXPECT_EQ(absl::BytesToHexString(*record.value)
                .substr(absl::BytesToHexString(*TableRecord(Sample()).value).size()),
            "6001"
            "6a050a01751001");
  EXPECT_EQ(ParseTableRecord(record.key, *record.value)->declared_meanings,
            table.declared_meanings);
  table.declared_meanings = ColumnMeanings{};
  EXPECT_EQ(ParseTableRecord(record.key, *TableRecord(table).value)->declared_meanings,
            ColumnMeanings{});
  table.declared_meanings = ColumnMeanings{{"u", Meaning{8}}};
  EXPECT_FALSE(ParseTableRecord(record.key, *TableRecord(table).value).ok());
}

TEST(StoredTable, EpochRoundTrips) {
  const log::Record record = EpochRecord({.epoch = 7, .tells_ambiguous_text = true});
  EXPECT_TRUE(IsEpochKey(record.key));
  EXPECT_EQ(absl::BytesToHexString(*record.value), "0108071001");
  const StoredEpoch read = ParseEpochRecord(*record.value).value();
  EXPECT_EQ(read.epoch, 7u);
  EXPECT_TRUE(read.tells_ambiguous_text);
  // Early Millrace releases wrote this record.
  EXPECT_FALSE(ParseEpochRecord("\x01\x08\x07").value().tells_ambiguous_text);
}

TEST(StoredTable, RecordOfAnotherTableIsRefused) {
  StoredTable other = Sample();
  other.version.table_id = 2;
  EXPECT_FALSE(ParseTableRecord(TableRecord(Sample()).key, *TableRecord(other).value).ok());
  EXPECT_FALSE(ParseTableRecord("x", *TableRecord(other).value).ok());
}

TEST(StoredTable, RecordThatBreaksDescriptorsIsRefused) {
  const auto refused = [](auto change) {
    StoredTable table = Sample();
    change(table.version);
    const log::Record record = TableRecord(table);
    return !ParseTableRecord(record.key, *record.value).ok();
  };
  EXPECT_TRUE(refused([](TableVersion& t) { t.columns[0].field_number = 2; }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.columns[0].field_number = 0; }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.columns[0].label_bytes = {"a"}; }));
  EXPECT_TRUE(refused([](TableVersion& t) {
    t.next_field_number = 20'000;
    t.columns[0].field_number = 19'500;
  }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.dropped_columns = t.columns; }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.columns[0].field_name = "1"; }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.columns[0].field_type = FieldType{12}; }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.columns[0].captured = false; }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.row_message = "db.s"; }));
  EXPECT_TRUE(refused([](TableVersion& t) { t.version = 0; }));
}

TEST(StoredTable, VersionRecordKeepsFirstSequence) {
  TableVersion version = Sample().version;
  version.first = {77};
  const log::Record record = VersionRecord(version);
  EXPECT_TRUE(IsVersionKey(record.key));
  const auto read = ParseTableRecord(record.key, *record.value);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->version.first.value, 77u);
  EXPECT_EQ(read->version.columns, version.columns);
  std::string other = record.key;
  ++other.back();
  EXPECT_FALSE(ParseTableRecord(other, *record.value).ok()) << "the key names another version";
}

}  // namespace
}  // namespace millrace::schema
