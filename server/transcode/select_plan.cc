// SPDX-License-Identifier: Apache-2.0

#include "transcode/select_plan.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "schema/collations.h"
#include "schema/column_type_text.h"
#include "transcode/decimal.h"
#include "transcode/field_writer.h"
#include "transcode/select_text.h"

namespace millrace::transcode {
namespace {

using schema::Column;

// A SET with this many members has values beyond the signed range, and the servers compare a SET as
// a signed number.
constexpr size_t kSetMembersMax = 64;
// Maximum number of ENUM values in an IN condition.
constexpr uint64_t kListedMax = 4096;

std::string QuotedName(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted + '`';
}

// The expression to select, so that the result is exact even where the column's own text is not.
std::string Expression(const Column& column) {
  const std::string name = QuotedName(column.name);
  switch (column.type) {
    // Labels are converted, may contain commas and may be equal; the text of a FLOAT is rounded.
    // `+ 0` instead of `* 1e0` would lose the sign of a zero.
    case ColumnType::kBit:
    case ColumnType::kEnum:
    case ColumnType::kSet:
      return fmt::format("CAST({} AS UNSIGNED)", name);
    case ColumnType::kFloat:
    case ColumnType::kDouble:
      return fmt::format("{} * 1e0", name);
    default:
      return name;
  }
}

std::string HexLiteral(std::string_view bytes) {
  return fmt::format("x'{}'", absl::BytesToHexString({bytes.data(), bytes.size()}));
}

// Requires: `text` has no quote and no backslash.
std::string QuotedLiteral(std::string_view text) { return fmt::format("'{}'", text); }

// Without an exponent the literal would be a DECIMAL, which compares differently.
std::string DoubleLiteral(std::string_view text) {
  const bool has_exponent = text.find('e') != std::string_view::npos;
  return fmt::format("{}{}", text, has_exponent ? "" : "e0");
}

absl::Status KeyError(const schema::TableVersion& table, const Column& column, const Reason& reason,
                      std::string_view problem) {
  const std::string name = table.name.ToString();
  return MakeError(reason, fmt::format("key column `{}` of {} {}", column.name, name, problem),
                   {{"table", name}, {"column", column.name}});
}

bool IsPlainWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// UUID, INET6, INET4.
bool IsAddressText(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == '-' || c == ':' || c == '.';
  });
}

// The SQL literal of a value of the column; nullopt if the value does not belong to the type, or if
// the type has no order.
std::optional<std::string> LiteralOf(const Column& column, std::string_view value) {
  const auto if_fits = [](bool fits, std::string literal) {
    return fits ? std::optional(std::move(literal)) : std::nullopt;
  };
  switch (column.type) {
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kInt24:
    case ColumnType::kLong:
    case ColumnType::kLongLong:
    case ColumnType::kNewDecimal:
    case ColumnType::kBit:
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kYear:
      return if_fits(IsDecimalText(value), std::string(WithoutZerofill(value)));
    case ColumnType::kFloat:
    case ColumnType::kDouble:
      return if_fits(IsDoubleText(value), DoubleLiteral(value));
    case ColumnType::kDate:
    case ColumnType::kNewDate:
    case ColumnType::kTimeOld:
    case ColumnType::kTime2:
    case ColumnType::kDateTimeOld:
    case ColumnType::kDateTime2:
    case ColumnType::kTimestampOld:
    case ColumnType::kTimestamp2:
      return if_fits(IsTemporalText(value), QuotedLiteral(value));
    default:
      break;
  }
  if (!schema::HasCharset(column.type)) return std::nullopt;
  if (schema::IsTextMeaning(column.meaning)) {
    return if_fits(IsAddressText(value), QuotedLiteral(value));
  }
  if (column.collation == schema::kBinaryCollation) return HexLiteral(value);
  // The column's collation takes precedence over that of the literal.
  return if_fits(IsPlainWord(column.charset),
                 fmt::format("_{} {}", column.charset, HexLiteral(value)));
}

// For an ENUM the servers use an index for a list of values, but not for `>`.
std::optional<SelectPlan::Comparison> ListedComparison(const Column& column,
                                                       std::string_view literal) {
  if (column.type != ColumnType::kEnum) return std::nullopt;
  const uint64_t most = column.labels.size();
  uint64_t number = 0;
  const auto parsed = std::from_chars(literal.data(), literal.data() + literal.size(), number);
  if (parsed.ec != std::errc() || number > most || most - number > kListedMax) return std::nullopt;
  std::string greater;
  for (uint64_t next = number + 1; next <= most; ++next) {
    fmt::format_to(std::back_inserter(greater), "{}{}", greater.empty() ? "" : ",", next);
  }
  const std::string name = QuotedName(column.name);
  SelectPlan::Comparison comparison{.equal = fmt::format("{} = {}", name, literal)};
  if (!greater.empty()) comparison.greater = fmt::format("{} IN ({})", name, greater);
  comparison.at_least =
      fmt::format("{} IN ({}{}{})", name, literal, greater.empty() ? "" : ",", greater);
  return comparison;
}

}  // namespace

// The implementation of SelectPlan, with an op for each captured column.
class SelectPlan::State : public FieldWriter {
 public:
  State(schema::TableVersionPtr table, std::vector<ColumnOp> ops)
      : FieldWriter(std::move(table), std::move(ops)) {
    for (const ColumnOp& op : ops_) {
      if (!select_list_.empty()) select_list_ += ", ";
      select_list_ += Expression(table_->columns[op.column]);
    }
  }

  const std::string& select_list() const { return select_list_; }
  size_t value_count() const { return ops_.size(); }
  std::optional<size_t> ValueIndex(size_t column_index) const;
  absl::Status EncodeRow(const TextValue* values, wire::Buffer& out,
                         std::vector<InvalidText>& invalid);

 private:
  char* Encode(const ColumnOp& op, std::string_view text, char* to);
  char* EncodeOther(const ColumnOp& op, std::string_view text, char* to);
  char* EncodeString(const ColumnOp& op, Opcode code, std::string_view text, char* to);
  template <typename Number>
  char* EncodeInteger(const ColumnOp& op, std::string_view text, Number least, Number most,
                      char* to);
  char* EncodeFloat(const ColumnOp& op, std::string_view text, char* to);
  char* EncodeTimestampText(const ColumnOp& op, std::string_view text, char* to);

  std::string select_list_;
};

std::optional<size_t> SelectPlan::State::ValueIndex(size_t column_index) const {
  const auto found =
      std::lower_bound(ops_.begin(), ops_.end(), column_index,
                       [](const ColumnOp& op, size_t column) { return op.column < column; });
  if (found == ops_.end() || found->column != column_index) return std::nullopt;
  return static_cast<size_t>(found - ops_.begin());
}

absl::Status SelectPlan::State::EncodeRow(const TextValue* values, wire::Buffer& out,
                                          std::vector<InvalidText>& invalid) {
  SetOutput(out, invalid);
  const size_t out_size = out.size();
  const size_t invalid_size = invalid.size();
  char* to = out.Reserve(fixed_room_);
  for (const ColumnOp& op : ops_) {
    const TextValue value = *values++;
    if (value.null()) continue;
    to = Encode(op, value.view(), to);
    if (to != nullptr) [[likely]]
      continue;
    out.Truncate(out_size);
    invalid.resize(invalid_size);
    const std::string table = table_->name.ToString();
    const std::string& column = table_->columns[op.column].name;
    return MakeError(
        reason::kRowUndecodable,
        fmt::format("column `{}` of {}, in a row of a query: {}", column, table, problem_),
        {{"table", table}, {"column", column}});
  }
  out.Advance(to);
  return absl::OkStatus();
}

template <typename Number>
char* SelectPlan::State::EncodeInteger(const ColumnOp& op, std::string_view text, Number least,
                                       Number most, char* to) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || after != end || number < least || number > most) [[unlikely]] {
    return Impossible("the value is not a number of its type");
  }
  return PutVarint(op, static_cast<uint64_t>(number), to);
}

char* SelectPlan::State::EncodeFloat(const ColumnOp& op, std::string_view text, char* to) {
  double wide = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, wide);
  // from_chars reports denormal numbers as out of range but returns them.
  if (after != end || error == std::errc::invalid_argument || text.empty()) {
    return Impossible("the value is not a number");
  }
  to = PutTag(op, to);
  if (op.code == Opcode::kFloat) {
    const auto narrow = static_cast<float>(wide);
    std::memcpy(to, &narrow, sizeof narrow);
    return to + sizeof narrow;
  }
  std::memcpy(to, &wide, sizeof wide);
  return to + sizeof wide;
}

char* SelectPlan::State::EncodeTimestampText(const ColumnOp& op, std::string_view text, char* to) {
  TimestampParts parts;
  if (!ParseTimestamp(text, parts)) return Impossible("the value is not a time from 1970 to 2106");
  return EncodeTimestamp(op, parts.seconds, parts.nanoseconds, to);
}

char* SelectPlan::State::EncodeString(const ColumnOp& op, Opcode code, std::string_view text,
                                      char* to) {
  switch (code) {
    case Opcode::kUtf8:
      return EncodeText(op, text, to);
    case Opcode::kConverted:
      return EncodeConverted(op, text, to);
    case Opcode::kBytes:
      return EncodeBytes(op, text, 0, to);
    default:
      return Impossible("the column cannot be encoded");
  }
}

// The most frequent opcodes; EncodeOther has the rest.
char* SelectPlan::State::Encode(const ColumnOp& op, std::string_view text, char* to) {
  switch (op.code) {
    case Opcode::kInt32:
      return EncodeInteger<int64_t>(op, text, std::numeric_limits<int32_t>::min(),
                                    std::numeric_limits<int32_t>::max(), to);
    case Opcode::kInt64:
      return EncodeInteger<int64_t>(op, text, std::numeric_limits<int64_t>::min(),
                                    std::numeric_limits<int64_t>::max(), to);
    case Opcode::kUint32:
      return EncodeInteger<uint64_t>(op, text, 0, std::numeric_limits<uint32_t>::max(), to);
    case Opcode::kUtf8:
      return EncodeText(op, text, to);
    case Opcode::kDecimal:
      text = WithoutZerofill(text);
      if (text.size() > kDecimalTextMax || !IsDecimalText(text)) {
        return Impossible("the value is not a DECIMAL");
      }
      return PutBytes(op, text, to);
    case Opcode::kDate:
    case Opcode::kTime:
    case Opcode::kDateTime:
    case Opcode::kTimeOld:
    case Opcode::kDateTimeOld:
      if (!IsTemporalText(text)) return Impossible("the value is not a date or time");
      return PutBytes(op, text, to);
    case Opcode::kTimestamp:
    case Opcode::kTimestampOld:
      return EncodeTimestampText(op, text, to);
    case Opcode::kFloat:
    case Opcode::kDouble:
    case Opcode::kFloatAsDouble:
      return EncodeFloat(op, text, to);
    default:
      return EncodeOther(op, text, to);
  }
}

char* SelectPlan::State::EncodeOther(const ColumnOp& op, std::string_view text, char* to) {
  switch (op.code) {
    case Opcode::kInt8:
      return EncodeInteger<int64_t>(op, text, -0x80, 0x7f, to);
    case Opcode::kInt16:
      return EncodeInteger<int64_t>(op, text, -0x8000, 0x7fff, to);
    case Opcode::kInt24:
      return EncodeInteger<int64_t>(op, text, -0x800000, 0x7fffff, to);
    case Opcode::kUint8:
      return EncodeInteger<uint64_t>(op, text, 0, 0xff, to);
    case Opcode::kUint16:
      return EncodeInteger<uint64_t>(op, text, 0, 0xffff, to);
    case Opcode::kUint24:
      return EncodeInteger<uint64_t>(op, text, 0, 0xffffff, to);
    case Opcode::kYear:
      return EncodeInteger<uint64_t>(op, text, 0, 1900 + 0xff, to);
    case Opcode::kUint64:
    case Opcode::kBit:
      return EncodeInteger<uint64_t>(op, text, 0, std::numeric_limits<uint64_t>::max(), to);
    case Opcode::kEnum: {
      const std::optional<uint64_t> index = ParseUnsigned(text);
      if (!index.has_value()) return Impossible("the index of an ENUM is not a number");
      return EncodeEnum(op, *index, to);
    }
    case Opcode::kSet: {
      const std::optional<uint64_t> bits = ParseUnsigned(text);
      if (!bits.has_value()) return Impossible("the bits of a SET are not a number");
      return EncodeSet(op, *bits, to);
    }
    case Opcode::kPaddedBytes:
      return EncodeBytes(op, text, op.parameter, to);
    case Opcode::kCompressed:
      return EncodeString(op, op.content, text, to);
    case Opcode::kUuid:
    case Opcode::kInet6:
    case Opcode::kInet4:
    case Opcode::kJson:
      if (!IsValidUtf8(text)) return Impossible("text that is not UTF-8");
      return PutBytes(op, text, EnsureRoom(to, text.size() + 16));
    case Opcode::kGeometry:
      return EncodeGeometry(op, text, to);
    case Opcode::kVector:
      return EncodeVector(op, text, to);
    default:
      return EncodeString(op, op.code, text, to);
  }
}

absl::StatusOr<std::unique_ptr<SelectPlan>> SelectPlan::Compile(schema::TableVersionPtr table,
                                                                Flavour /*flavour*/) {
  std::vector<ColumnOp> ops;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    if (!table->columns[i].captured) continue;
    MILLRACE_ASSIGN_OR_RETURN(ColumnOp op, CompileColumn(*table, i));
    ops.push_back(std::move(op));
  }
  auto state = std::make_unique<State>(std::move(table), std::move(ops));
  return std::unique_ptr<SelectPlan>(new SelectPlan(std::move(state)));
}

absl::StatusOr<SelectPlan::Comparison> SelectPlan::CompareWith(size_t column_index,
                                                               std::string_view value) const {
  const Column& column = table()->columns[column_index];
  if (column.type == ColumnType::kGeometry || column.type == ColumnType::kJson ||
      column.type == ColumnType::kVector) {
    return KeyError(*table(), column, reason::kColumnTypeUnknown, "has a type without an order");
  }
  std::optional<std::string> literal = LiteralOf(column, value);
  if (!literal.has_value()) {
    return KeyError(*table(), column, reason::kRowUndecodable, "has a value of another type");
  }
  if (auto listed = ListedComparison(column, *literal)) return *std::move(listed);
  const bool wide_set = column.type == ColumnType::kSet && column.labels.size() >= kSetMembersMax;
  const std::string expression = wide_set ? Expression(column) : QuotedName(column.name);
  return Comparison{.equal = fmt::format("{} = {}", expression, *literal),
                    .greater = fmt::format("{} > {}", expression, *literal),
                    .at_least = fmt::format("{} >= {}", expression, *literal)};
}

std::optional<size_t> SelectPlan::ValueIndex(size_t column_index) const {
  return state_->ValueIndex(column_index);
}

absl::Status SelectPlan::EncodeRow(const TextValue* values, wire::Buffer& out,
                                   std::vector<InvalidText>& invalid) {
  return state_->EncodeRow(values, out, invalid);
}

SelectPlan::SelectPlan(std::unique_ptr<State> state) : state_(std::move(state)) {}
SelectPlan::~SelectPlan() = default;
const schema::TableVersionPtr& SelectPlan::table() const { return state_->table(); }
const std::string& SelectPlan::select_list() const { return state_->select_list(); }
size_t SelectPlan::value_count() const { return state_->value_count(); }

}  // namespace millrace::transcode
