// SPDX-License-Identifier: Apache-2.0

#include "schema/statement_lexer.h"

#include <algorithm>
#include <utility>

namespace millrace::schema {
namespace {

bool IsDecimalDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWordByte(char c) {
  const char upper = static_cast<char>(c & ~0x20);
  return (upper >= 'A' && upper <= 'Z') || IsDecimalDigit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

}  // namespace

bool Token::Is(std::string_view word) const {
  return kind == Kind::kWord &&
         std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char have, char want) { return Upper(have) == want; });
}

bool Token::IsAny(std::initializer_list<std::string_view> words) const {
  return std::any_of(words.begin(), words.end(),
                     [this](std::string_view word) { return Is(word); });
}

std::string Token::Name(const ClientCharset& charset) const {
  if (kind == Kind::kWord) return std::string(text);
  std::string name;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t size = charset.CharacterSize(rest);
    name.append(rest.substr(0, size));
    const bool doubled = size == 1 && rest.front() == quote;
    rest.remove_prefix(std::min(rest.size(), doubled ? 2 : size));
  }
  return name;
}

Token StatementLexer::Take() {
  const Token taken = next_;
  Advance();
  return taken;
}

bool StatementLexer::TakeWord(std::string_view word) {
  if (!next_.Is(word)) return false;
  Advance();
  return true;
}

bool StatementLexer::TakeSymbol(char symbol) {
  if (!next_.IsSymbol(symbol)) return false;
  Advance();
  return true;
}

// `--` begins a comment only before a blank or control character: `5--3` is arithmetic.
bool StatementLexer::BeginsLineComment() const {
  if (rest_.starts_with('#')) return true;
  if (!rest_.starts_with("--")) return false;
  if (rest_.size() == 2) return true;
  const auto next = static_cast<unsigned char>(rest_[2]);
  return charset_.IsBlank(rest_[2]) || next < 0x20 || next == 0x7f;
}

void StatementLexer::SkipPast(std::string_view end, size_t from, bool must_end) {
  const size_t begin = offset();
  const size_t found = rest_.find(end, from);
  if (found == std::string_view::npos && must_end) damaged_ = true;
  rest_.remove_prefix(found == std::string_view::npos ? rest_.size() : found + end.size());
  if (comments_ != nullptr) comments_->emplace_back(begin, offset());
}

// Five or six digits after the `!` are a version. MySQL accepts six only before a blank.
size_t StatementLexer::VersionDigits() const {
  size_t digits = 0;
  while (digits < 6 && digits < rest_.size() && IsDecimalDigit(rest_[digits])) ++digits;
  if (digits < 5) return 0;
  if (digits == 6 && !mode_.mariadb_comments) {
    const bool blank = rest_.size() > 6 && charset_.IsBlank(rest_[6]);
    if (!blank) return 5;
  }
  return digits;
}

bool StatementLexer::SkipComment() {
  if (BeginsLineComment()) return SkipPast("\n", 0, /*must_end=*/false), true;
  if (rest_.starts_with("*/")) {
    // Outside of a comment no server accepts `*/`.
    if (open_comments_ == 0) damaged_ = true;
    open_comments_ -= open_comments_ > 0 ? 1 : 0;
    rest_.remove_prefix(2);
    return true;
  }
  if (!rest_.starts_with("/*")) return false;
  const bool is_mariadb = mode_.mariadb_comments && rest_.starts_with("/*M!");
  const size_t mark = is_mariadb ? 4 : rest_.starts_with("/*!") ? 3 : 0;
  if (mark == 0) return SkipPast("*/", 2, /*must_end=*/true), true;
  ++open_comments_;
  rest_.remove_prefix(mark);
  rest_.remove_prefix(VersionDigits());
  return true;
}

void StatementLexer::SkipBlanks() {
  while (!rest_.empty()) {
    if (charset_.IsBlank(rest_.front())) {
      rest_.remove_prefix(1);
    } else if (!SkipComment()) {
      return;
    }
  }
}

// `rest_` begins with the opening quote. Without a closing quote the token is the whole rest.
Token StatementLexer::TakeQuoted(Token::Kind kind, char quote, bool has_escapes) {
  rest_.remove_prefix(1);
  size_t i = 0;
  bool closed = false;
  while (i < rest_.size() && !closed) {
    const size_t size = charset_.CharacterSize(rest_.substr(i));
    if (size > 1) {
      i += size;
      continue;
    }
    // A backslash escapes one byte, even if that byte begins a multibyte character.
    const bool escape = has_escapes && rest_[i] == '\\';
    const bool doubled = rest_[i] == quote && i + 1 < rest_.size() && rest_[i + 1] == quote;
    if (escape || doubled) {
      i += 2;
    } else if (rest_[i] != quote) {
      ++i;
    } else {
      closed = true;
    }
  }
  if (!closed) damaged_ = true;
  i = std::min(i, rest_.size());
  const Token token{kind, rest_.substr(0, i), quote};
  rest_.remove_prefix(std::min(i + 1, rest_.size()));
  return token;
}

bool StatementLexer::ContinuesWord(char byte) const {
  return (IsWordByte(byte) && !charset_.IsBlank(byte)) || charset_.IsLetter(byte);
}

void StatementLexer::Advance() {
  SkipBlanks();
  if (rest_.empty()) {
    if (open_comments_ > 0) damaged_ = true;
    next_ = {};
  } else if (rest_.front() == '`') {
    next_ = TakeQuoted(Token::Kind::kQuotedName, '`', false);
  } else if (rest_.front() == '"' && mode_.ansi_quotes) {
    next_ = TakeQuoted(Token::Kind::kQuotedName, '"', false);
  } else if (rest_.front() == '[' && mode_.brackets) {
    next_ = TakeQuoted(Token::Kind::kQuotedName, ']', false);
  } else if (rest_.front() == '"' || rest_.front() == '\'') {
    next_ = TakeQuoted(Token::Kind::kString, rest_.front(), mode_.backslash_escapes);
  } else {
    size_t size = 0;
    while (size < rest_.size() && ContinuesWord(rest_[size])) {
      size += charset_.CharacterSize(rest_.substr(size));
    }
    next_ = {size > 0 ? Token::Kind::kWord : Token::Kind::kSymbol,
             rest_.substr(0, std::max<size_t>(size, 1))};
    rest_.remove_prefix(next_.text.size());
  }
}

}  // namespace millrace::schema
