// SPDX-License-Identifier: Apache-2.0

#include "schema/statement_lexer.h"

#include <algorithm>
#include <utility>

namespace millrace::schema {
namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

bool IsWordByte(char c) {
  const char upper = static_cast<char>(c & ~0x20);
  return (upper >= 'A' && upper <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
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

std::string Token::Name() const {
  if (kind == Kind::kWord) return std::string(text);
  const char quote = kind == Kind::kBackquoted ? '`' : '"';
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    name += text[i];
    if (text[i] == quote) ++i;
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

// `--` begins a comment only before a blank: `5--3` is arithmetic.
bool StatementLexer::SkipComment() {
  const auto skip_past = [&](std::string_view end, size_t from) {
    const size_t found = rest_.find(end, from);
    rest_.remove_prefix(found == std::string_view::npos ? rest_.size() : found + end.size());
  };
  if (rest_.starts_with('#')) return skip_past("\n", 0), true;
  if (rest_.starts_with("--") && (rest_.size() == 2 || IsBlank(rest_[2]))) {
    return skip_past("\n", 0), true;
  }
  if (open_comments_ > 0 && rest_.starts_with("*/")) {
    --open_comments_;
    rest_.remove_prefix(2);
    return true;
  }
  if (!rest_.starts_with("/*")) return false;
  const size_t mark = rest_.starts_with("/*M!") ? 4 : rest_.starts_with("/*!") ? 3 : 0;
  if (mark == 0) return skip_past("*/", 2), true;
  ++open_comments_;
  rest_.remove_prefix(mark);
  for (int digits = 0; digits < 6 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
       ++digits) {
    rest_.remove_prefix(1);
  }
  return true;
}

void StatementLexer::SkipBlanks() {
  while (!rest_.empty()) {
    if (IsBlank(rest_.front())) {
      rest_.remove_prefix(1);
    } else if (!SkipComment()) {
      return;
    }
  }
}

// The opening quote is the first byte of the rest. Without an end, everything is inside.
Token StatementLexer::Quoted(Token::Kind kind, bool has_escapes) {
  const char quote = rest_.front();
  rest_.remove_prefix(1);
  size_t i = 0;
  for (; i < rest_.size(); ++i) {
    if (has_escapes && rest_[i] == '\\') {
      ++i;
    } else if (rest_[i] == quote) {
      if (i + 1 >= rest_.size() || rest_[i + 1] != quote) break;
      ++i;
    }
  }
  i = std::min(i, rest_.size());
  const Token token{kind, rest_.substr(0, i)};
  rest_.remove_prefix(std::min(i + 1, rest_.size()));
  return token;
}

void StatementLexer::Advance() {
  SkipBlanks();
  if (rest_.empty()) {
    next_ = {};
  } else if (rest_.front() == '`') {
    next_ = Quoted(Token::Kind::kBackquoted, false);
  } else if (rest_.front() == '"') {
    next_ = Quoted(Token::Kind::kDoubleQuoted, true);
  } else if (rest_.front() == '\'') {
    next_ = Quoted(Token::Kind::kString, true);
  } else {
    size_t size = 0;
    while (size < rest_.size() && IsWordByte(rest_[size])) ++size;
    next_ = {size > 0 ? Token::Kind::kWord : Token::Kind::kSymbol,
             rest_.substr(0, std::max<size_t>(size, 1))};
    rest_.remove_prefix(next_.text.size());
  }
}

}  // namespace millrace::schema
