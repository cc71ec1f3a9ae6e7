// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace millrace::schema {

// A piece of a statement. The text is a view into the statement.
struct Token {
  enum class Kind { kEnd, kWord, kBackquoted, kDoubleQuoted, kString, kSymbol };
  Kind kind = Kind::kEnd;
  // Words and symbols as they stand; of what is quoted the inside, still escaped. A word may be a
  // number.
  std::string_view text;

  bool at_end() const { return kind == Kind::kEnd; }
  // True for that word, in any case; `word` is in upper case.
  bool Is(std::string_view word) const;
  bool IsAny(std::initializer_list<std::string_view> words) const;
  bool IsSymbol(char symbol) const { return kind == Kind::kSymbol && text.front() == symbol; }
  // Could be a name where a name is expected: unquoted, in backquotes, or in ANSI quotes.
  bool IsName() const {
    return kind == Kind::kWord || kind == Kind::kBackquoted || kind == Kind::kDoubleQuoted;
  }
  // The name, without the doubling of quotes inside.
  std::string Name() const;
};

// Cuts a statement into tokens. Comments and white space are passed over; the content of /*!50100 …
// */ and /*M!100100 … */ counts, whatever the version. Every byte is looked at once, twice at most.
class StatementLexer {
 public:
  explicit StatementLexer(std::string_view text) : rest_(text) { Advance(); }

  const Token& Peek() const { return next_; }
  Token Take();
  // Takes the next token if it is that word or symbol.
  bool TakeWord(std::string_view word);
  bool TakeSymbol(char symbol);

 private:
  void Advance();
  void SkipBlanks();
  bool SkipComment();
  Token Quoted(Token::Kind kind, bool has_escapes);

  std::string_view rest_;
  unsigned open_comments_ = 0;
  Token next_;
};

}  // namespace millrace::schema
