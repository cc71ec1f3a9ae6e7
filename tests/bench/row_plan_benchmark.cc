// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "base/check.h"
#include "benchmark/benchmark.h"
#include "transcode/row_plan.h"

// Measures the encoding of a row image to protobuf bytes, in nanoseconds: a row of about 200 bytes
// and fourteen columns like that of a shop, then rows of twenty columns of one type.
// `items_per_second` counts rows, `value_time` is the time per value.
namespace millrace::transcode {
namespace {

using T = ColumnType;
using F = schema::FieldType;

// A plan, and equal rows for one event.
class Workload {
 public:
  void Add(ColumnType type, uint16_t metadata, schema::FieldType field_type, std::string value,
           std::string charset = "utf8mb4", schema::Meaning meaning = schema::Meaning::kPlain) {
    schema::Column column;
    column.field_number = static_cast<uint32_t>(table_->columns.size() + 1);
    column.name = "c";
    column.type = type;
    column.meaning = meaning;
    column.metadata = metadata;
    column.field_type = field_type;
    column.charset = std::move(charset);
    column.is_unsigned = field_type == F::kUint32 || field_type == F::kUint64;
    column.labels = {"new", "paid", "sent"};
    table_->columns.push_back(column);
    map_.columns.push_back({.type = type, .metadata = metadata});
    values_ += value;
  }

  void Run(benchmark::State& state) {
    const size_t count = table_->columns.size();
    auto plan = RowPlan::Compile(map_, table_);
    MILLRACE_CHECK(plan.ok());
    std::string present(count / 8, '\xff');
    if (count % 8 != 0) present.push_back(static_cast<char>((1u << count % 8) - 1));
    const std::string image = std::string((count + 7) / 8, '\0') + values_;
    std::string event;
    for (int i = 0; i < kRowsInEvent; ++i) event += image;
    wire::Buffer out;
    std::vector<InvalidText> invalid;
    for (auto _ : state) {
      out.Clear();
      std::string_view rows = event;
      while (!rows.empty()) {
        MILLRACE_CHECK((*plan)->EncodeImage(present, rows, out, invalid).ok());
      }
      benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * kRowsInEvent);
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(event.size()));
    state.counters["value_time"] = benchmark::Counter(
        static_cast<double>(kRowsInEvent * count),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    state.counters["row_bytes"] = static_cast<double>(image.size());
  }

 private:
  static constexpr int kRowsInEvent = 40;
  std::shared_ptr<schema::TableVersion> table_ = std::make_shared<schema::TableVersion>();
  binlog::TableMap map_;
  std::string values_;
};

std::string Short(std::string_view text) {
  return std::string(1, static_cast<char>(text.size())) + std::string(text);
}
std::string Bytes(std::initializer_list<int> bytes) {
  std::string result;
  for (const int byte : bytes) result.push_back(static_cast<char>(byte));
  return result;
}
const std::string kMoment = Bytes({0x99, 0xb2, 0xfb, 0x7e, 0xfb, 0x01, 0xe2, 0x40});

void Mixed200Bytes(benchmark::State& state) {
  Workload work;
  work.Add(T::kLongLong, 0, F::kUint64, Bytes({1, 2, 3, 4, 0, 0, 0, 0}));
  work.Add(T::kLong, 0, F::kInt32, Bytes({1, 2, 3, 0}));
  work.Add(T::kLong, 0, F::kUint32, Bytes({1, 2, 0, 0}));
  work.Add(T::kShort, 0, F::kInt32, Bytes({1, 2}));
  work.Add(T::kTiny, 0, F::kInt32, Bytes({1}));
  work.Add(T::kEnum, 1, F::kString, Bytes({2}));
  work.Add(T::kVarchar, 200, F::kString, Short("Ada Lovelace of Ockham"));
  work.Add(T::kVarchar, 200, F::kString, Short("ada.lovelace@example.com"));
  work.Add(T::kVarchar, 200, F::kString,
           Short("12 Analytical Lane, Marylebone, London W1, England"));
  work.Add(T::kVarchar, 200, F::kString, Short("ordered by telegraph; leave it at the back door"));
  work.Add(T::kNewDecimal, 10 << 8 | 2, F::kString, Bytes({0x80, 0x00, 0x04, 0xd2, 0x38}));
  work.Add(T::kDouble, 8, F::kDouble, Bytes({0, 0, 0, 0, 0, 0, 0xf0, 0x3f}));
  work.Add(T::kDateTime2, 6, F::kString, kMoment);
  work.Add(T::kTimestamp2, 3, F::kTimestamp, Bytes({0x65, 0xe0, 0x71, 0x40, 0x04, 0xd2}));
  work.Run(state);
}
BENCHMARK(Mixed200Bytes);

// A value of one type as in a row image, in hexadecimal.
struct TypeCase {
  const char* name;
  ColumnType type;
  uint16_t metadata;
  schema::FieldType field_type;
  const char* charset;
  const char* value;
  schema::Meaning meaning = schema::Meaning::kPlain;
};

// Types of the type matrix in the integration tests.
constexpr TypeCase kTypes[] = {
    {"tinyint", T::kTiny, 0, F::kInt32, "", "80"},
    {"tinyint_unsigned", T::kTiny, 0, F::kUint32, "", "ff"},
    {"smallint", T::kShort, 0, F::kInt32, "", "ff7f"},
    {"mediumint", T::kInt24, 0, F::kInt32, "", "ffff7f"},
    {"mediumint_negative", T::kInt24, 0, F::kInt32, "", "000080"},
    {"int", T::kLong, 0, F::kInt32, "", "01020300"},
    {"int_negative", T::kLong, 0, F::kInt32, "", "010203ff"},
    {"int_unsigned", T::kLong, 0, F::kUint32, "", "ffffffff"},
    {"bigint", T::kLongLong, 0, F::kInt64, "", "0102030405000000"},
    {"bigint_unsigned", T::kLongLong, 0, F::kUint64, "", "ffffffffffffffff"},
    {"float", T::kFloat, 4, F::kFloat, "", "0000803f"},
    {"double", T::kDouble, 8, F::kDouble, "", "0101010101010101"},
    {"bit_10", T::kBit, 0xa, F::kUint64, "", "0201"},
    {"bit_64", T::kBit, 0x40, F::kUint64, "", "ffffffffffffffff"},
    {"year", T::kYear, 0, F::kUint32, "", "7e"},
    {"decimal_10_2", T::kNewDecimal, 0xa02, F::kString, "", "80bc614e5a"},
    {"decimal_20_6", T::kNewDecimal, 0x1406, F::kString, "", "80000001020304010203"},
    {"decimal_65_30", T::kNewDecimal, 0x411e, F::kString, "",
     "85f5e0ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff03e7"},
    {"date", T::kDate, 0, F::kString, "", "5dd00f"},
    {"time", T::kTime2, 0, F::kString, "", "b46efb"},
    {"time_3", T::kTime2, 3, F::kString, "", "7fef7cffd8"},
    {"datetime", T::kDateTime2, 0, F::kString, "", "99b2bb7efb"},
    {"datetime_6", T::kDateTime2, 6, F::kString, "", "fef3ff7efb0f423f"},
    {"timestamp", T::kTimestamp2, 0, F::kTimestamp, "", "65e07140"},
    {"timestamp_6", T::kTimestamp2, 6, F::kTimestamp, "", "65e071c0000001"},
    {"enum", T::kEnum, 1, F::kString, "utf8mb4", "02"},
    {"set", T::kSet, 1, F::kString, "utf8mb4", "07"},
    {"char_5", T::kString, 0x14, F::kString, "utf8mb4", "026162"},
    {"varchar_20", T::kVarchar, 0x50, F::kString, "utf8mb4", "0a74656e2063686172732e"},
    {"varchar_300", T::kVarchar, 0x4b0, F::kString, "utf8mb4", "0b006c6f6e6720707265666978"},
    {"text", T::kBlob, 2, F::kString, "utf8mb4", "0a0074656e2063686172732e"},
    {"binary_16", T::kString, 0x10, F::kBytes, "binary", "10000102030405060708090a0b0c0d0e0f"},
    {"varbinary_9", T::kVarchar, 9, F::kBytes, "binary", "020100"},
    {"blob", T::kBlob, 2, F::kBytes, "binary", "020000ff"},
    {"json_array", T::kJson, 4, F::kString, "",
     "2f0000000206002e0005010005ffff071600071a000a1e000a260000000100fffffeff0000000001000000ffffff"
     "ffffffffff"},
    {"json_object", T::kJson, 4, F::kString, "",
     "25000000000200240012000100130002000215000c220062616103000d000401000402000400000178"},
    {"geometry_point", T::kGeometry, 4, F::kGeometry, "",
     "19000000e610000001010000000000000000000040000000000000f03f"},
    {"vector_3", T::kVector, 4, F::kVector, "", "0c0000000000803f000020c000004040"},
    {"mariadb_uuid", T::kString, 0x10, F::kString, "binary", "0e123e4567e89b12d3a45642665544",
     schema::Meaning::kMariadbUuid},
    {"mariadb_inet6", T::kString, 0x10, F::kString, "binary", "1020010db8000000010001000100010001",
     schema::Meaning::kMariadbInet6},
    {"mariadb_inet4", T::kString, 4, F::kString, "binary", "040a000001",
     schema::Meaning::kMariadbInet4},
    {"mariadb_compressed", T::kVarcharCompressed, 0x4b1, F::kString, "utf8mb4",
     "090089c84b4c4a1c161000"},
};

void TwentyOf(benchmark::State& state, const TypeCase& type, const std::string& value) {
  Workload work;
  for (int i = 0; i < 20; ++i) {
    work.Add(type.type, type.metadata, type.field_type, value, type.charset, type.meaning);
  }
  work.Run(state);
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

void RegisterType(const TypeCase& type, const std::string& value) {
  benchmark::RegisterBenchmark(
      type.name, [type, value](benchmark::State& state) { TwentyOf(state, type, value); });
}

// Text: its cost depends on length and charset.
void RegisterText(const char* name, const char* charset, const std::string& text) {
  RegisterType({name, T::kVarchar, 200, F::kString, charset, ""}, Short(text));
}

void RegisterAll() {
  for (const TypeCase& type : kTypes) RegisterType(type, FromHex(type.value));
  RegisterText("text_ascii_100", "utf8mb4", std::string(100, 'a'));
  RegisterText("text_cyrillic_38_utf8", "utf8mb4", "Вот дом, который построил Джек. А это");
  RegisterText("text_latin1_ascii_50", "latin1", std::string(50, 'a'));
  RegisterText("text_latin1_accents_50", "latin1", std::string(50, '\xe9'));
  RegisterText("text_cp1251_50", "cp1251", std::string(50, '\xe0'));
  RegisterText("text_gbk_25", "gbk", std::string(50, '\xc4'));
}

}  // namespace
}  // namespace millrace::transcode

int main(int argc, char** argv) {
  millrace::transcode::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
