// SPDX-License-Identifier: Apache-2.0

#include "condition/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "base/error.h"
#include "condition/errors.h"
#include "fmt/format.h"
#include "model/quoted.h"

namespace millrace::condition {
namespace {

constexpr std::array<std::string_view, 11> kReserved = {
    "AND", "BETWEEN", "ESCAPE", "FALSE", "IN", "IS", "LIKE", "NOT", "NULL", "OR", "TRUE"};

// Longest first.
constexpr std::array<std::string_view, 10> kSymbols = {
    "<=>", "<>", "!=", "<=", ">=", "<", ">", "=", "(", ")"};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool BeginsName(char c) { return absl::ascii_isalpha(c) || c == '_' || (c & 0x80) != 0; }
bool ContinuesName(char c) { return BeginsName(c) || IsDigit(c) || c == '$'; }

std::optional<char> HexValue(char c) {
  if (IsDigit(c)) return static_cast<char>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<char>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<char>(c - 'A' + 10);
  return std::nullopt;
}

// No server allows longer column names. The limit keeps error messages short.
absl::Status CheckNameSize(std::string_view name, size_t offset) {
  constexpr size_t kNameBytesMax = 256;
  if (name.size() <= kNameBytesMax) return absl::OkStatus();
  return InvalidAt(offset, fmt::format("expected a name of at most {} bytes", kNameBytesMax));
}

bool EqualsWord(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char c, char capital) { return absl::ascii_toupper(c) == capital; });
}

}  // namespace

bool Token::IsWord(std::string_view word) const {
  return kind == Kind::kName && EqualsWord(text, word);
}

bool IsReservedWord(std::string_view name) {
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [&](std::string_view word) { return EqualsWord(name, word); });
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && BeginsName(name[0]) &&
         std::all_of(name.begin(), name.end(), ContinuesName) && !IsReservedWord(name);
}

absl::StatusOr<Token> Lexer::Next() {
  while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  if (at_ == text_.size()) return Read(Token::Kind::kEnd);
  const char c = text_[at_];
  const bool prefix = (c == 'x' || c == 'X') && At(1) == '\'';
  if (prefix || (c == '0' && At(1) == 'x')) return Read(Token::Kind::kBytes);
  if (BeginsName(c)) return Read(Token::Kind::kName);
  if (c == '`') return Read(Token::Kind::kQuotedName);
  if (c == '\'') return Read(Token::Kind::kString);
  if (AtNumber()) return Read(Token::Kind::kNumber);
  return Read(Token::Kind::kSymbol);
}

// A sign belongs to the number after it: there is no arithmetic.
bool Lexer::AtNumber() const {
  const size_t sign = At() == '-' || At() == '+' ? 1 : 0;
  const size_t point = At(sign) == '.' ? 1 : 0;
  return IsDigit(At(sign + point));
}

absl::StatusOr<Token> Lexer::Read(Token::Kind kind) {
  Token token{.kind = kind, .text = {}, .offset = at_, .written = {}};
  const auto read = [&]() -> absl::Status {
    switch (kind) {
      case Token::Kind::kEnd:
        return absl::OkStatus();
      case Token::Kind::kName:
        return ReadName(token.text);
      case Token::Kind::kQuotedName:
        return ReadQuotedName(token.text);
      case Token::Kind::kNumber:
        return ReadNumber(token.text);
      case Token::Kind::kString:
        return ReadString(token.text);
      case Token::Kind::kBytes:
        return ReadBytes(token.text);
      case Token::Kind::kSymbol:
        return ReadSymbol(token.text);
    }
    return absl::OkStatus();
  };
  MILLRACE_RETURN_IF_ERROR(read());
  token.written = text_.substr(token.offset, at_ - token.offset);
  return token;
}

absl::Status Lexer::ReadName(std::string& text) {
  const size_t begin = at_;
  while (at_ < text_.size() && ContinuesName(text_[at_])) text.push_back(text_[at_++]);
  return CheckNameSize(text, begin);
}

absl::Status Lexer::ReadQuotedName(std::string& text) {
  const size_t begin = at_++;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '\0') return InvalidAt(at_ - 1, "a name cannot contain a zero byte");
    if (c != '`') {
      text.push_back(c);
    } else if (At() == '`') {
      text.push_back('`');
      ++at_;
    } else if (text.empty()) {
      return InvalidAt(begin, "expected a name between the backquotes");
    } else {
      return CheckNameSize(text, begin);
    }
  }
  return InvalidAt(begin, "this backquote is not closed");
}

bool Lexer::TakeDigits(std::string& text) {
  const size_t begin = at_;
  while (IsDigit(At())) text.push_back(text_[at_++]);
  return at_ != begin;
}

absl::Status Lexer::ReadNumber(std::string& text) {
  const size_t begin = at_;
  if (At() == '-') text.push_back('-');
  if (At() == '-' || At() == '+') ++at_;
  if (!TakeDigits(text)) text.push_back('0');
  if (At() == '.') {
    text.push_back(text_[at_++]);
    if (!TakeDigits(text)) return InvalidAt(at_, "expected a digit after the point");
  }
  if (At() == 'e' || At() == 'E') {
    text.push_back('e');
    ++at_;
    if (At() == '-') text.push_back('-');
    if (At() == '-' || At() == '+') ++at_;
    if (!TakeDigits(text)) return InvalidAt(at_, "expected a digit of the exponent");
  }
  // The servers read `1abc` as a name.
  if (ContinuesName(At()) || At() == '.') {
    return InvalidAt(begin,
                     "expected a number, found one followed by other characters; use "
                     "backquotes for a name that begins with a digit");
  }
  return absl::OkStatus();
}

absl::Status Lexer::ReadString(std::string& text) {
  const size_t begin = at_++;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '\\') {
      MILLRACE_RETURN_IF_ERROR(ReadEscape(text));
    } else if (c != '\'') {
      text.push_back(c);
    } else if (At() == '\'') {
      text.push_back('\'');
      ++at_;
    } else {
      return absl::OkStatus();
    }
  }
  return InvalidAt(begin, "this quote is not closed");
}

// The escapes of the servers. For other characters the servers drop the backslash, which is rarely
// intended, so they are errors here.
// https://dev.mysql.com/doc/refman/8.4/en/string-literals.html
absl::Status Lexer::ReadEscape(std::string& text) {
  constexpr std::string_view kWritten = "0'\"bnrtZ\\";
  constexpr std::string_view kMeant = std::string_view("\0'\"\b\n\r\t\x1a\\", 9);
  const char c = At();
  const size_t which = at_ < text_.size() ? kWritten.find(c) : std::string_view::npos;
  if (which != std::string_view::npos) {
    text.push_back(kMeant[which]);
  } else if (c == '%' || c == '_') {
    // For LIKE, which reads the backslash itself.
    text.push_back('\\');
    text.push_back(c);
  } else {
    return InvalidAt(at_ - 1, R"(expected one of \0 \' \" \b \n \r \t \Z \\ \% \_; a backslash )"
                              R"(itself is written \\)");
  }
  ++at_;
  return absl::OkStatus();
}

absl::Status Lexer::ReadBytes(std::string& text) {
  const size_t begin = at_;
  const bool quoted = At(1) == '\'';
  at_ += 2;
  while (HexValue(At()).has_value()) {
    const std::optional<char> low = HexValue(At(1));
    if (!low.has_value()) return InvalidAt(at_, "expected two hexadecimal digits for each byte");
    text.push_back(static_cast<char>(*HexValue(At()) << 4 | *low));
    at_ += 2;
  }
  const bool ended = quoted ? At() == '\'' : !text.empty() && !ContinuesName(At());
  if (!ended) return InvalidAt(begin, "expected bytes as X'00ff' or 0x00ff");
  if (quoted) ++at_;
  return absl::OkStatus();
}

absl::Status Lexer::ReadSymbol(std::string& text) {
  const std::string_view rest = text_.substr(at_);
  if (rest[0] == ',') {
    text = ",";
    ++at_;
    return absl::OkStatus();
  }
  for (const std::string_view symbol : kSymbols) {
    if (!rest.starts_with(symbol)) continue;
    text = symbol;
    at_ += symbol.size();
    return absl::OkStatus();
  }
  if (rest[0] == '"') {
    return InvalidAt(at_, R"(unexpected ": write strings in '…' and names in `…`)");
  }
  return InvalidAt(at_, fmt::format("unexpected {}: a condition has no arithmetic, no comments "
                                    "and no other statements",
                                    Quoted(rest.substr(0, 1))));
}

}  // namespace millrace::condition
