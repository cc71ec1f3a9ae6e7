// SPDX-License-Identifier: Apache-2.0

// The syntax of conditions, how they are printed, and the errors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "condition/condition.h"
#include "fmt/format.h"

namespace millrace::condition {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// The printed condition, or the error message.
std::string Outcome(std::string_view text) {
  const auto parsed = Parse(text);
  if (parsed.ok()) return Print(*parsed);
  EXPECT_EQ(ErrorReason(parsed.status()), "CONDITION_INVALID");
  const std::string message(parsed.status().message());
  EXPECT_TRUE(message.starts_with(
      fmt::format("at offset {}: ", ErrorMetadataOf(parsed.status()).at("offset"))));
  return message;
}

void ExpectPrintedUnchanged(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) EXPECT_EQ(Outcome(text), text);
}

TEST(ConditionText, OperatorsArePrintedAsWritten) {
  ExpectPrintedUnchanged({"id = 1", "id <> 1", "id < 1", "id <= 1", "id > 1", "id >= 1", "id <=> 1",
                          "id IN (1)", "id NOT IN (1, 2, 3)", "id BETWEEN 1 AND 2",
                          "id NOT BETWEEN 1 AND 2", "name LIKE 'a%'", "name NOT LIKE 'a%'",
                          "name LIKE 'a|%' ESCAPE '|'", "id IS NULL", "id IS NOT NULL",
                          "id <=> NULL"});
  EXPECT_EQ(Outcome("id != 1"), "id <> 1");
}

TEST(ConditionText, LiteralsArePrintedAsWritten) {
  ExpectPrintedUnchanged({"a = -12.50", "a = 1e9", "a = 1.5e-3", "a = 'it''s'", R"(a = 'C:\\')",
                          "a = 'é日🎉'", "a = X'00ff'", "a = X''", "a = TRUE", "a = FALSE",
                          "a = NULL", "a = DATE '2024-01-31'", "a = TIME '10:00:00'",
                          "a = TIMESTAMP '2024-01-31 10:00:00'"});
  EXPECT_EQ(Outcome("a=+5"), "a = 5");
  EXPECT_EQ(Outcome("a=-.5E+3"), "a = -0.5e3");
  EXPECT_EQ(Outcome("a = 0xAb"), "a = X'ab'");
  EXPECT_EQ(Outcome("a = x'AB'"), "a = X'ab'");
}

TEST(ConditionText, StringsHaveTheEscapesOfMysql) {
  const auto text_of = [](std::string_view text) { return Parse(text)->literals.front().text; };
  EXPECT_EQ(text_of(R"(a = '\0\'\"\b\n\r\t\Z\\')"), std::string_view("\0'\"\b\n\r\t\x1a\\", 9));
  EXPECT_EQ(text_of(R"(a = '50\%\_')"), R"(50\%\_)");
  EXPECT_EQ(text_of("a = 'two\nlines'"), "two\nlines");
  EXPECT_THAT(Outcome(R"(a = 'C:\dir')"), HasSubstr("at offset 7: expected one of"));
}

TEST(ConditionText, NamesAreQuotedWhereTheyNeedIt) {
  ExpectPrintedUnchanged({"größe = 1", "_a$1 = 1", "`1a` = 1", "`odd ``name``` = 1",
                          "`order by` = 1", "`NULL` IS NULL", "date = DATE '2024-01-31'"});
  EXPECT_EQ(Outcome("`id` = 1"), "id = 1");
  EXPECT_EQ(Outcome("ID like 'x'"), "ID LIKE 'x'");
}

TEST(ConditionText, PrecedenceIsNotThenAndThenOr) {
  ExpectPrintedUnchanged({"(a = 1 AND b = 2) OR c = 3 OR NOT d = 4", "a = 1 AND (b = 2 OR c = 3)",
                          "NOT (a = 1 OR b = 2)", "NOT NOT a = 1", "a = 1 AND b = 2 AND c = 3"});
  EXPECT_EQ(Outcome("a = 1 and not b = 2 or c = 3"), "(a = 1 AND NOT b = 2) OR c = 3");
  EXPECT_EQ(Outcome("((a = 1))"), "a = 1");
  EXPECT_EQ(Outcome("a BETWEEN 1 AND 2 AND b = 3"), "a BETWEEN 1 AND 2 AND b = 3");
}

TEST(ConditionText, ErrorsNameOffsetAndExpectation) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "at offset 0: expected a column, NOT or '(', found the end"},
      {"1=1) limit 1 -- ", "at offset 0: expected a column, NOT or '(', found '1'"},
      {"sleep(100)=0",
       "at offset 5: expected a comparison after a column (there are no functions), found '('"},
      {"id = 1 OR", "at offset 9: expected a column, NOT or '(', found the end"},
      {"id = name",
       "at offset 5: expected a value: a number, '…', X'…', TRUE, FALSE or NULL, "
       "found 'name'"},
      {"id = 1)", "at offset 6: expected AND, OR or the end, found ')'"},
      {"(id = 1", "at offset 7: expected AND, OR or ')', found the end"},
      {"id NOT = 1", "at offset 7: expected IN, BETWEEN or LIKE, found '='"},
      {"id IS TRUE", "at offset 6: expected NULL, found 'TRUE'"},
      {"id = 'a", "at offset 5: this quote is not closed"},
      {"`id = 1", "at offset 0: this backquote is not closed"},
      {"id = 12ab",
       "at offset 5: expected a number, found one followed by other characters; use "
       "backquotes for a name that begins with a digit"},
      {"id = 1 -- x",
       "at offset 7: unexpected '-': a condition has no arithmetic, no comments "
       "and no other statements"},
      {"shop.t.id = 1",
       "at offset 4: unexpected '.': a condition has no arithmetic, no comments "
       "and no other statements"},
      {"name = \"x\"", "at offset 7: unexpected \": write strings in '…' and names in `…`"},
      {"id = 0x123", "at offset 9: expected two hexadecimal digits for each byte"},
      {"id\xff = 1", "at offset 0: expected UTF-8"},
  };
  for (const auto& [text, error] : cases) EXPECT_EQ(Outcome(text), error) << text;
}

TEST(ConditionText, NamesAreBounded) {
  const std::string longest(256, 'a');
  EXPECT_TRUE(Parse(longest + " = 1").ok());
  EXPECT_THAT(Outcome(longest + "a = 1"), HasSubstr("expected a name of at most 256 bytes"));
  EXPECT_THAT(Outcome("`" + longest + "a` = 1"), HasSubstr("expected a name of at most 256"));
}

TEST(ConditionText, TextIsBounded) {
  const std::string longest = "a = '" + std::string(kTextBytesMax - 6, 'x') + "'";
  EXPECT_TRUE(Parse(longest).ok());
  EXPECT_THAT(Outcome(longest + " "), HasSubstr("expected at most 65536 bytes, found 65537"));
}

TEST(ConditionText, NumberOfNodesIsBounded) {
  const auto list = [](size_t values) {
    std::string text = "a IN (1";
    for (size_t i = 1; i < values; ++i) text += ",1";
    return text + ")";
  };
  EXPECT_THAT(Parse(list(kNodesMax - 1))->literals, SizeIs(kNodesMax - 1));
  EXPECT_THAT(Outcome(list(kNodesMax)), HasSubstr("at most 8192 comparisons and values"));
}

TEST(ConditionText, DepthIsBounded) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '(') + "a = 1" + std::string(depth, ')');
  };
  const auto negated = [](size_t depth) {
    std::string text = "a = 1";
    for (size_t i = 0; i < depth; ++i) text = "NOT " + text;
    return text;
  };
  EXPECT_EQ(Outcome(nested(kDepthMax)), "a = 1");
  EXPECT_THAT(Outcome(nested(kDepthMax + 1)), HasSubstr("at most 64 nested parentheses"));
  EXPECT_EQ(Outcome(negated(kDepthMax)), negated(kDepthMax));
  EXPECT_THAT(Outcome(negated(kDepthMax + 1)), HasSubstr("at most 64 nested parentheses"));
}

TEST(ConditionText, SingleLiteralIsNumberOrBytes) {
  EXPECT_EQ(Print(*ParseLiteral(" -5 ")), "-5");
  EXPECT_EQ(Print(*ParseLiteral("0x00FF")), "X'00ff'");
  for (const char* text : {"", "5 6", "'a'", "TRUE", "abc", "5 OR 1=1"}) {
    EXPECT_EQ(ErrorReason(ParseLiteral(text).status()), "CONDITION_INVALID") << text;
  }
}

}  // namespace
}  // namespace millrace::condition
