// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/client_charset.h"

namespace millrace::schema {

// A piece of a statement. The text is a view into the statement.
struct Token {
  enum class Kind { kEnd, kWord, kQuotedName, kString, kSymbol };
  Kind kind = Kind::kEnd;
  // Words and symbols as they stand; of what is quoted the inside, still escaped. A word may be a
  // number.
  std::string_view text;
  char quote = 0;  // closes a kQuotedName

  bool at_end() const { return kind == Kind::kEnd; }
  // True for that word, in any case; `word` is in upper case.
  bool Is(std::string_view word) const;
  bool IsAny(std::initializer_list<std::string_view> words) const;
  bool IsSymbol(char symbol) const { return kind == Kind::kSymbol && text.front() == symbol; }
  // Could be a name where a name is expected.
  bool IsName() const { return kind == Kind::kWord || kind == Kind::kQuotedName; }
  // The name, without the doubling of quotes inside, in the statement's charset.
  std::string Name(const ClientCharset& charset) const;
};

// What the session's settings say of quotes and comments.
struct LexicalMode {
  bool ansi_quotes = false;       // "…" is a name, else a string
  bool backslash_escapes = true;  // in strings
  bool brackets = false;          // […] is a name: MariaDB's sql_mode MSSQL
  bool mariadb_comments = false;  // the content of /*M! … */ counts
};

// Cuts a statement into tokens, as the server's lexer does. Comments and white space are passed
// over; the content of /*!50100 … */ counts, since a server blanks the `!` of what it did not
// execute before it logs the statement. Every byte is looked at once, twice at most.
class StatementLexer {
 public:
  // Offsets of a comment: begin, end.
  using Comments = std::vector<std::pair<size_t, size_t>>;

  // `comments`, if given, gets the comments whose content does not count. All must outlive it.
  StatementLexer(std::string_view text, const LexicalMode& mode, const ClientCharset& charset,
                 Comments* comments = nullptr)
      : text_(text), rest_(text), mode_(mode), charset_(charset), comments_(comments) {
    Advance();
  }

  const Token& Peek() const { return next_; }
  Token Take();
  // Takes the next token if it is that word or symbol.
  bool TakeWord(std::string_view word);
  bool TakeSymbol(char symbol);
  // What was read so far is no statement that a server accepts under this mode: a quote or comment
  // without an end.
  bool damaged() const { return damaged_; }

 private:
  void Advance();
  void SkipBlanks();
  bool SkipComment();
  void SkipPast(std::string_view end, size_t from, bool must_end);
  bool BeginsLineComment() const;
  bool ContinuesWord(char byte) const;
  size_t VersionDigits() const;
  Token TakeQuoted(Token::Kind kind, char quote, bool has_escapes);
  size_t offset() const { return text_.size() - rest_.size(); }

  const std::string_view text_;
  std::string_view rest_;
  const LexicalMode mode_;
  const ClientCharset& charset_;
  Comments* const comments_;
  unsigned open_comments_ = 0;
  bool damaged_ = false;
  Token next_;
};

}  // namespace millrace::schema
