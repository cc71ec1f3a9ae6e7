// SPDX-License-Identifier: Apache-2.0

#include "schema/row_descriptor.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "millrace/v1/options.pb.h"
#include "millrace/v1/values.pb.h"
#include "schema/identifier.h"
#include "schema/table_fixture.h"

namespace millrace::schema {
namespace {

namespace pb = ::google::protobuf;
using testing::ElementsAre;
using testing::HasSubstr;

// Compiles .proto text with the installed protoc.
class Protoc {
 public:
  Protoc() {
    std::string pattern = (std::filesystem::temp_directory_path() / "schema_test_XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    for (const pb::FileDescriptor* file :
         {v1::TableOptions::descriptor()->file(), v1::Geometry::descriptor()->file()}) {
      Write(file->name(), file->DebugString());
    }
  }
  ~Protoc() { std::filesystem::remove_all(directory_); }

  // The descriptor of the file, or nullopt with the compiler's errors on stderr.
  std::optional<pb::FileDescriptorProto> Compile(const std::string& name, const std::string& text) {
    Write(name, text);
    const std::string out = (directory_ / "out").string();
    const std::string command = fmt::format("protoc -I '{}' --descriptor_set_out='{}' '{}'",
                                            directory_.string(), out, name);
    if (std::system(command.c_str()) != 0) return std::nullopt;
    std::ifstream in(out, std::ios::binary);
    pb::FileDescriptorSet set;
    if (!set.ParseFromIstream(&in) || set.file_size() != 1) return std::nullopt;
    return set.file(0);
  }

 private:
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  std::filesystem::path directory_;
};

// The difference between the descriptor and the one that protoc makes from its text; empty if none.
std::string DifferenceToProtoc(const TableVersion& table) {
  const auto row = RowDescriptor::Make(table);
  const auto compiled = Protoc().Compile(row->file().name(), row->ProtoText());
  if (!compiled.has_value()) return "does not compile:\n" + row->ProtoText();
  std::string difference;
  pb::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  differencer.Compare(row->file(), *compiled);
  return difference;
}

TableVersionPtr EveryType() {
  RegistryFixture registry(Flavour::kMysql);
  return registry.Resolve(
      Map({Int("i"), Int("u", true), BigInt("l"), BigInt("ul", true), Of(ColumnType::kFloat, "f"),
           Of(ColumnType::kDouble, "d"), Varchar("s"), Varchar("b", 80, 63),
           Of(ColumnType::kTimestamp2, "ts", 3), Of(ColumnType::kGeometry, "g", 4),
           Of(ColumnType::kVector, "v", 4), Enum("e", {"it's", "\"ä\\", "\n"})}));
}

TEST(RowDescriptor, EveryTypeMatchesProtoc) { EXPECT_EQ(DifferenceToProtoc(*EveryType()), ""); }

TEST(RowDescriptor, DroppedAndRetypedColumnsMatchProtoc) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b"), Int("_x")}));
  registry.Resolve(Map({Varchar("a"), Int("x")}));
  const auto table = registry.Resolve(Map({Of(ColumnType::kTimestamp2, "a"), Int("x")}));
  EXPECT_EQ(DifferenceToProtoc(*table), "");
}

TEST(RowDescriptor, ProtoKeywordsMatchProtoc) {
  RegistryFixture registry;
  std::vector<binlog::ColumnMap> columns;
  for (const std::string_view word :
       {"message",    "package", "option",     "optional", "repeated", "required",
        "reserved",   "import",  "syntax",     "enum",     "service",  "rpc",
        "returns",    "stream",  "oneof",      "map",      "group",    "extend",
        "extensions", "to",      "max",        "true",     "false",    "inf",
        "nan",        "int32",   "string",     "bytes",    "public",   "weak",
        "json_name",  "default", "deprecated", "google",   "millrace", "db"}) {
    columns.push_back(Of(ColumnType::kTimestamp2, word));
  }
  EXPECT_EQ(DifferenceToProtoc(*registry.Resolve(Map(columns, "message", "package"))), "");
  EXPECT_EQ(DifferenceToProtoc(*registry.Resolve(Map(columns, "google", "millrace"))), "");
}

TEST(RowDescriptor, OddNamesMatchProtoc) {
  RegistryFixture registry;
  const auto table = registry.Resolve(
      Map({Int("foo_bar"), Int("fooBar"), Int("foo-bar"), Int("1st"), Int("größe"), Int("😀"),
           Int(" "), Int("_a"), Int("a"), Int("X_a"), Int("XX_a"), Int("a.b\"c'\\d\ne"), Int("[x]"),
           Int("_"), Int("__"), Int("type"), Int("a_2")},
          "1 täble", "odd.db"));
  EXPECT_EQ(table->row_message,
            "db.odd_db._1_tu"
            "e4ble");
  EXPECT_EQ(DifferenceToProtoc(*table), "");
}

TEST(RowDescriptor, EmptyTableMatchesProtoc) {
  RegistryFixture registry;
  registry->SetColumnFilter([](const TableName&, std::string_view) { return false; });
  EXPECT_EQ(DifferenceToProtoc(*registry.Resolve(Map({Int("a")}))), "");
}

TEST(RowDescriptor, AnyNamesCanBeDescribed) {
  std::mt19937 random(7);
  constexpr std::string_view kPieces[] = {"a", "A", "_", "1", "-", "ä", "[", "]", "X", "_2", "2"};
  for (int round = 0; round < 300; ++round) {
    RegistryFixture registry;
    for (int version = 0; version < 3; ++version) {
      std::vector<std::string> names(random() % 8 + 1);
      std::vector<binlog::ColumnMap> columns;
      for (std::string& name : names) {
        for (unsigned i = random() % 4 + 1; i > 0; --i) name += kPieces[random() % 11];
        columns.push_back(random() % 2 == 0 ? Int(name) : Varchar(name));
      }
      const auto table = registry.Resolve(Map(columns));
      EXPECT_EQ(RowDescriptor::Make(*table)->descriptor()->full_name(), "db.s.t");
    }
  }
}

TEST(RowDescriptor, JsonNamesAreColumnNames) {
  RegistryFixture registry;
  const auto row = RowDescriptor::Make(*registry.Resolve(Map({Int("order-no"), Int("[x]")})));
  EXPECT_EQ(row->descriptor()->field(0)->name(), "order_no");
  EXPECT_EQ(row->descriptor()->field(0)->json_name(), "order-no");
  EXPECT_EQ(row->descriptor()->field(1)->json_name(), "_x_");
}

TEST(RowDescriptor, LiveColumnTakesJsonNameFromDropped) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("b-c")}));
  const auto row = RowDescriptor::Make(*registry.Resolve(Map({Varchar("a")})));
  const pb::Descriptor* message = row->descriptor();
  EXPECT_EQ(message->FindFieldByNumber(1)->json_name(), "a_1");
  EXPECT_EQ(message->FindFieldByNumber(3)->json_name(), "a");
  EXPECT_EQ(message->FindFieldByNumber(2)->json_name(), "b-c");
  EXPECT_TRUE(message->FindFieldByNumber(1)->options().deprecated());
  EXPECT_TRUE(message->FindFieldByNumber(2)->options().deprecated());
  EXPECT_FALSE(message->FindFieldByNumber(3)->options().deprecated());
}

TEST(RowDescriptor, OptionsDescribeTableAndColumns) {
  RegistryFixture registry;
  auto map = Map({Int("x"), Enum("e", {"ä"}), Int("id", true)});
  map.columns[0].key_ordinal = 2;
  map.columns[2].key_ordinal = 1;
  const auto row = RowDescriptor::Make(*registry.Resolve(map));
  const auto& table = row->descriptor()->options().GetExtension(v1::table);
  EXPECT_EQ(table.database(), "s");
  EXPECT_THAT(table.key_columns(), ElementsAre("id", "x"));
  const auto& column = row->descriptor()->field(1)->options().GetExtension(v1::column);
  EXPECT_EQ(column.mysql_type(), "enum('ä')");
  EXPECT_EQ(column.charset(), "utf8mb4");
  EXPECT_TRUE(column.nullable());
  EXPECT_THAT(column.labels(), ElementsAre("ä"));
}

TEST(RowDescriptor, FieldsTrackPresence) {
  const auto row = RowDescriptor::Make(*EveryType());
  for (int i = 0; i < row->descriptor()->field_count(); ++i) {
    EXPECT_TRUE(row->descriptor()->field(i)->has_presence());
    EXPECT_NE(row->descriptor()->field(i)->containing_oneof(), nullptr);
    EXPECT_EQ(row->descriptor()->field(i)->real_containing_oneof(), nullptr);
  }
}

TEST(RowDescriptor, ExcludedColumnsDoNotAppear) {
  RegistryFixture registry;
  registry->SetColumnFilter([](const TableName& table, std::string_view name) {
    return table.table != "t" || name != "secret";
  });
  const auto row = RowDescriptor::Make(*registry.Resolve(Map({Int("a"), Int("secret")})));
  EXPECT_EQ(row->descriptor()->field_count(), 1);
  EXPECT_THAT(row->ProtoText(), testing::Not(HasSubstr("secret")));
}

TEST(RowDescriptor, FileSetBuildsInAnEmptyPool) {
  const auto row = RowDescriptor::Make(*EveryType());
  pb::DescriptorPool pool;
  const pb::FileDescriptorSet set = row->WithImports();
  for (const pb::FileDescriptorProto& file : set.file()) {
    ASSERT_NE(pool.BuildFile(file), nullptr) << file.name();
  }
  EXPECT_NE(pool.FindMessageTypeByName("db.s.t"), nullptr);
}

TEST(RowDescriptor, MessagesCanBeFilledAndPrinted) {
  const auto row = RowDescriptor::Make(*EveryType());
  const std::unique_ptr<pb::Message> message = row->NewMessage();
  const pb::Reflection* reflection = message->GetReflection();
  reflection->SetInt32(message.get(), row->descriptor()->FindFieldByName("i"), 0);
  pb::Message* geometry =
      reflection->MutableMessage(message.get(), row->descriptor()->FindFieldByName("g"));
  EXPECT_NE(dynamic_cast<v1::Geometry*>(geometry), nullptr);
  std::string json;
  ASSERT_TRUE(pb::util::MessageToJsonString(*message, &json).ok());
  EXPECT_EQ(json, "{\"i\":0,\"g\":{}}");
}

TEST(RowDescriptor, ProtoTextCommentsShowColumnTypes) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Int("gone")}));
  const std::string text = RowDescriptor::Make(*registry.Resolve(Map({Int("a")})))->ProtoText();
  EXPECT_THAT(text, HasSubstr("// A row of table s.t.\nmessage t {"));
  EXPECT_THAT(text, HasSubstr("  // int\n  optional int32 a = 1 [\n    json_name = \"a\","));
  EXPECT_THAT(text, HasSubstr("  // int; dropped\n  optional int32 gone = 2 ["));
}

TEST(RowDescriptor, IdentifiersKeepWhatProtobufAllows) {
  EXPECT_EQ(Identifier("Order_2"), "Order_2");
  EXPECT_EQ(Identifier("a-b.c d"), "a_b_c_d");
  EXPECT_EQ(Identifier("2nd"), "_2nd");
  EXPECT_EQ(Identifier(""), "_");
  EXPECT_EQ(Identifier("größe"),
            "gru"
            "f6u"
            "dfe");
  EXPECT_EQ(Identifier("€😀"), "u20acu1f600");
  EXPECT_EQ(Identifier("a\xff"), "axff");
}

}  // namespace
}  // namespace millrace::schema
