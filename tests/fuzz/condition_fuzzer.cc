// SPDX-License-Identifier: Apache-2.0

// Conditions: parsing, printing and parsing again makes an equal condition. The SQL of a bound
// condition contains strings only in encoded form.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "condition/bind.h"
#include "condition/columns.h"
#include "condition/condition.h"
#include "condition/sql.h"

namespace millrace::condition {
namespace {

void CheckRefusal(const absl::Status& status) {
  MILLRACE_CHECK(ErrorReason(status) == "CONDITION_INVALID");
  MILLRACE_CHECK(ErrorMetadataOf(status).count("offset") == 1);
}

// Checks the language that ToSql writes: no comment, no second statement, no double quote, no
// backslash. Quotes are in pairs; between them are only numbers, times and hexadecimal bytes.
void CheckSql(std::string_view sql) {
  MILLRACE_CHECK(sql.find_first_of(";#\\\"@\n\r") == std::string_view::npos);
  MILLRACE_CHECK(sql.find("--") == std::string_view::npos);
  MILLRACE_CHECK(sql.find("/*") == std::string_view::npos);
  bool quoted = false;
  for (const char c : sql) {
    MILLRACE_CHECK(c >= ' ' && c <= '~');
    if (c == '\'') quoted = !quoted;
    if (!quoted) continue;
    const bool plain = c == '\'' || c == ' ' || c == '-' || c == ':' || c == '.' ||
                       (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == 'C';
    MILLRACE_CHECK(plain);
  }
  MILLRACE_CHECK(!quoted);
}

void RunCondition(std::string_view text) {
  static const auto& table = *new TableName{"shop", "t"};
  static const auto& columns = *new std::vector<schema::Column>(testing::AllColumns());
  const auto parsed = Parse(text);
  if (!parsed.ok()) return CheckRefusal(parsed.status());
  const std::string printed = Print(*parsed);
  if (printed.size() <= kTextBytesMax) {
    const auto again = Parse(printed);
    MILLRACE_CHECK(again.ok() && *again == *parsed && Print(*again) == printed);
  }
  const auto bound = Bind(*parsed, {.table = table, .columns = columns});
  if (!bound.ok()) return CheckRefusal(bound.status());
  CheckSql(ToSql(*bound, columns));
}

void RunBound(std::string_view text) {
  static const auto& table = *new TableName{"shop", "t"};
  static const auto& columns = *new std::vector<schema::Column>(testing::AllColumns());
  for (const schema::Column& column : columns) {
    const auto bound =
        BindValue(column.name, Comparison::kLess, text, {.table = table, .columns = columns});
    if (bound.ok()) {
      CheckSql(ToSql(*bound, columns));
    } else {
      CheckRefusal(bound.status());
    }
  }
}

}  // namespace
}  // namespace millrace::condition

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  millrace::condition::RunCondition(text);
  millrace::condition::RunBound(text);
  return 0;
}
