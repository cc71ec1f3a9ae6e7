#include <string>
#include <vector>

#include "base/check.h"
#include "benchmark/benchmark.h"
#include "transcode/row_plan.h"

// Nanoseconds to turn one row image into protobuf bytes: a row of about 200 bytes and fourteen
// columns as a shop would have, then rows of twenty columns of one type. `items_per_second` counts
// rows.
namespace millrace::transcode {
namespace {

using T = ColumnType;
using F = schema::FieldType;

// A plan and an event's worth of equal rows.
class Workload {
 public:
  void Add(ColumnType type, uint16_t metadata, schema::FieldType field_type, std::string value,
           std::string charset = "utf8mb4") {
    schema::Column column;
    column.field_number = static_cast<uint32_t>(table_->columns.size() + 1);
    column.name = "c";
    column.type = type;
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
    WireBuffer out;
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

void TwentyOf(benchmark::State& state, ColumnType type, uint16_t metadata,
              schema::FieldType field_type, const std::string& value, const std::string& charset) {
  Workload work;
  for (int i = 0; i < 20; ++i) work.Add(type, metadata, field_type, value, charset);
  work.Run(state);
}

#define TWENTY_OF(name, ...) BENCHMARK_CAPTURE(TwentyOf, name, __VA_ARGS__)
TWENTY_OF(Int, T::kLong, 0, F::kInt32, Bytes({1, 2, 3, 0}), "");
TWENTY_OF(NegativeInt, T::kLong, 0, F::kInt32, Bytes({1, 2, 3, 0xff}), "");
TWENTY_OF(Bigint, T::kLongLong, 0, F::kInt64, Bytes({1, 2, 3, 4, 5, 0, 0, 0}), "");
TWENTY_OF(Double, T::kDouble, 8, F::kDouble, std::string(8, '\1'), "");
TWENTY_OF(Decimal20_6, T::kNewDecimal, 20 << 8 | 6, F::kString,
          Bytes({0x80, 0, 0, 1, 2, 3, 4, 1, 2, 3}), "");
TWENTY_OF(DateTime6, T::kDateTime2, 6, F::kString, kMoment, "");
TWENTY_OF(Time3, T::kTime2, 3, F::kString, Bytes({0x80, 0xc3, 0x15, 0x04, 0xd2}), "");
TWENTY_OF(Date, T::kDate, 0, F::kString, Bytes({0x5d, 0xd0, 0x0f}), "");
TWENTY_OF(Timestamp, T::kTimestamp2, 0, F::kTimestamp, Bytes({0x65, 0xe0, 0x71, 0x40}), "");
TWENTY_OF(Enum, T::kEnum, 1, F::kString, Bytes({2}), "");
TWENTY_OF(Ascii10, T::kVarchar, 200, F::kString, Short("ten chars."), "utf8mb4");
TWENTY_OF(Ascii100, T::kVarchar, 200, F::kString, Short(std::string(100, 'a')), "utf8mb4");
TWENTY_OF(Cyrillic50Utf8, T::kVarchar, 200, F::kString,
          Short("Вот дом, который построил Джек. А это"), "utf8mb4");
TWENTY_OF(Latin1Ascii50, T::kVarchar, 200, F::kString, Short(std::string(50, 'a')), "latin1");
TWENTY_OF(Cp1251Of50, T::kVarchar, 200, F::kString, Short(std::string(50, '\xe0')), "cp1251");
TWENTY_OF(Gbk50, T::kVarchar, 200, F::kString, Short(std::string(50, '\xc4')), "gbk");
TWENTY_OF(Binary16, T::kString, 16, F::kBytes, Short(std::string(16, '\x80')), "binary");
// {"z": [1, 2, 3]}
TWENTY_OF(Json, T::kJson, 4, F::kString,
          Bytes({0x1a, 0,    0, 0, 0,    1, 0, 0x19, 0, 0x0b, 0, 1, 0, 2, 0x0c,
                 0,    0x7a, 3, 0, 0x0d, 0, 5, 1,    0, 5,    2, 0, 5, 3, 0}),
          "");

}  // namespace
}  // namespace millrace::transcode

BENCHMARK_MAIN();
