// SPDX-License-Identifier: Apache-2.0

#include "model/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/error.h"
#include "model/gtid_set.h"

namespace millrace {
namespace {

Token Sample() {
  return {.log_id = 0x0123456789abcdef,
          .sequence = {1'000'000},
          .gtids = absl::HexStringToBytes("0201000164"),
          .changes_into_transaction = 3};
}

Token CatchUpSample() {
  return {.log_id = 0x0123456789abcdef,
          .sequence = {1'000'000},
          .gtids = {},
          .catch_up = CatchUpPlace{.patterns_digest = 0x1112131415161718,
                                   .tables_digest = 0x2122232425262728,
                                   .begin = {500},
                                   .parts = {{.depth = 1, .prefix = 1, .sent = {1000}},
                                             {.depth = 2, .prefix = 0, .sent = {600}}}}};
}

std::string ReasonOf(std::string_view text) { return ErrorReason(Token::Parse(text).status()); }

TEST(Token, MatchesFormatDocument) {
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(Sample().ToString(), &bytes));
  EXPECT_EQ(absl::BytesToHexString(bytes),
            "01"
            "efcdab8967452301"
            "c0843d"
            "03"
            "05"
            "0201000164"
            "9c776d24");
  EXPECT_EQ(Sample().ToString(), "Ae_Nq4lnRSMBwIQ9AwUCAQABZJx3bSQ");
}

// The token in hexadecimal, without the checksum at the end.
std::string ContentOf(const Token& token) {
  std::string bytes;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(token.ToString(), &bytes));
  return absl::BytesToHexString(bytes.substr(0, bytes.size() - 4));
}

TEST(Token, CatchUpMatchesFormatDocument) {
  EXPECT_EQ(ContentOf(CatchUpSample()),
            "02"
            "efcdab8967452301"
            "c0843d"
            "00"
            "00"
            "1817161514131211"
            "2827262524232221"
            "f403"
            "02"
            "0101e807"
            "0200d804");
}

Token CatchUpSampleWithTables() {
  Token token = CatchUpSample();
  token.catch_up->tables = {{.table_id = 3, .begin = {500}}, {.table_id = 200, .begin = {900}}};
  return token;
}

TEST(Token, CatchUpWithTablesMatchesFormatDocument) {
  EXPECT_EQ(ContentOf(CatchUpSampleWithTables()),
            "03"
            "efcdab8967452301"
            "c0843d"
            "00"
            "00"
            "1817161514131211"
            "2827262524232221"
            "f403"
            "02"
            "0101e807"
            "0200d804"
            "02"
            "0300"
            "c5019003");
}

TEST(Token, CatchUpWithInvalidTablesFails) {
  Token token = CatchUpSampleWithTables();
  token.catch_up->tables = {{.table_id = 3, .begin = {500}}, {.table_id = 3, .begin = {500}}};
  EXPECT_EQ(ReasonOf(token.ToString()), "TOKEN_MALFORMED");
  token.catch_up->tables = {{.table_id = 3, .begin = {500}}, {.table_id = 2, .begin = {500}}};
  EXPECT_EQ(ReasonOf(token.ToString()), "TOKEN_MALFORMED");
  token.catch_up->tables = {{.table_id = 3, .begin = {499}}};
  EXPECT_EQ(ReasonOf(token.ToString()), "TOKEN_MALFORMED");
}

TEST(Token, TooLongTableListIsOmitted) {
  Token token = CatchUpSample();
  token.catch_up->tables.emplace();
  for (uint32_t id = 1; id < 25'000; ++id) {
    token.catch_up->tables->push_back({.table_id = id, .begin = {500}});
    if (id < 24'000) continue;
    const std::string text = token.ToString();
    ASSERT_LE(text.size(), kTokenCharactersMax);
    ASSERT_GT(text.size(), id == 24'000 ? 60'000 : 0);
    if (text.size() < 1000) break;
  }
  EXPECT_EQ(Token::Parse(token.ToString()).value(), CatchUpSample());
}

TEST(Token, CatchUpWithInvalidPartsFails) {
  Token token = CatchUpSample();
  token.catch_up->parts[0].prefix = 2;
  EXPECT_EQ(ReasonOf(token.ToString()), "TOKEN_MALFORMED");
  token.catch_up->parts[0] = {.depth = 33, .prefix = 1, .sent = {}};
  EXPECT_EQ(ReasonOf(token.ToString()), "TOKEN_MALFORMED");
  token.catch_up->parts.assign(34, {});
  EXPECT_EQ(ReasonOf(token.ToString()), "TOKEN_MALFORMED");
}

TEST(Token, RoundTrips) {
  const Token largest{~uint64_t{0}, {~uint64_t{0}}, std::string(30'000, 'g'), ~uint64_t{0}};
  for (const Token& token :
       {Token(), Sample(), CatchUpSample(), CatchUpSampleWithTables(), largest}) {
    const auto parsed = Token::Parse(token.ToString());
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, token);
  }
}

TEST(Token, WithoutGtidsIsShort) {
  EXPECT_LE((Token{.log_id = 7, .sequence = {1'000'000}}).ToString().size(), 24u);
}

TEST(Token, EveryChangedCharacterFails) {
  const std::string text = Sample().ToString();
  for (size_t at = 0; at < text.size(); ++at) {
    for (int character = 0; character < 256; ++character) {
      std::string changed = text;
      changed[at] = static_cast<char>(character);
      if (changed == text) continue;
      ASSERT_EQ(ReasonOf(changed), "TOKEN_MALFORMED") << changed;
    }
  }
}

TEST(Token, EveryMissingOrExtraCharacterFails) {
  const std::string text = Sample().ToString();
  for (size_t size = 0; size < text.size(); ++size) {
    ASSERT_EQ(ReasonOf(text.substr(0, size)), "TOKEN_MALFORMED");
  }
  for (const char* added : {"A", "=", "==", " ", "\n", "AAAA"}) {
    EXPECT_EQ(ReasonOf(text + added), "TOKEN_MALFORMED");
    EXPECT_EQ(ReasonOf(added + text), "TOKEN_MALFORMED");
  }
}

TEST(Token, TooLongTextFailsBeforeDecoding) {
  EXPECT_THAT(Token::Parse(std::string(kTokenCharactersMax + 1, 'A')).status().message(),
              testing::HasSubstr("too long"));
}

TEST(Token, TooLargeGtidSetIsOmitted) {
  Token token = Sample();
  token.gtids.assign(kTokenCharactersMax, 'g');
  const auto parsed = Token::Parse(token.ToString());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->gtids, "");
  EXPECT_EQ(parsed->sequence, token.sequence);
}

TEST(Token, LargestGtidSetFitsTheLimit) {
  Token token{~uint64_t{0}, {~uint64_t{0}}, "", ~uint64_t{0}};
  for (size_t size = kTokenCharactersMax / 4 * 3 - 45; size <= kTokenCharactersMax; ++size) {
    token.gtids.assign(size, 'g');
    const std::string text = token.ToString();
    ASSERT_LE(text.size(), kTokenCharactersMax);
    if (text.size() < 100) return;
  }
  FAIL() << "no set was too large";
}

TEST(Token, LogIdPrintsSixteenHexDigits) {
  EXPECT_EQ(LogIdText(0xabc), "0000000000000abc");
  EXPECT_EQ(LogIdText(~uint64_t{0}), "ffffffffffffffff");
}

}  // namespace
}  // namespace millrace
