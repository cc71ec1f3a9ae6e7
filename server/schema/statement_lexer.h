// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/client_charset.h"

namespace millrace::schema {

// A token of a statement. The text is a view into the statement.
struct Token {
  enum class Kind { kEnd, kWord, kQuotedName, kString, kSymbol };
  Kind kind = Kind::kEnd;
  // Words and symbols as written; for quoted tokens the inside, still escaped. A word may be a
  // number.
  std::string_view text;
  char quote = 0;  // the closing quote of a kQuotedName

  bool at_end() const { return kind == Kind::kEnd; }
  // True for the word `word`, given in upper case; case does not matter in the text.
  bool Is(std::string_view word) const;
  bool IsAny(std::initializer_list<std::string_view> words) const;
  bool IsSymbol(char symbol) const { return kind == Kind::kSymbol && text.front() == symbol; }
  // True for a token that may be a name.
  bool IsName() const { return kind == Kind::kWord || kind == Kind::kQuotedName; }
  // The name in the statement's charset, with doubled quotes undone.
  std::string Name(const ClientCharset& charset) const;
};

// How the session's settings treat quotes and comments.
struct LexicalMode {
  bool ansi_quotes = false;       // "…" is a name, otherwise a string
  bool backslash_escapes = true;  // in strings
  bool brackets = false;          // […] is a name: MariaDB's sql_mode MSSQL
  bool mariadb_comments = false;  // the content of /*M! … */ counts
};

// Splits a statement into tokens, like the server's lexer. Skips comments and white space. The
// content of /*!50100 … */ counts: before a server logs a statement, it replaces the `!` of content
// that it did not execute by a blank. Reads every byte at most twice.
class StatementLexer {
 public:
  // Begin and end offsets of each comment.
  using Comments = std::vector<std::pair<size_t, size_t>>;

  // `comments`, if not null, receives the comments whose content does not count. All arguments must
  // outlive the lexer.
  StatementLexer(std::string_view text, const LexicalMode& mode, const ClientCharset& charset,
                 Comments* comments = nullptr)
      : text_(text), rest_(text), mode_(mode), charset_(charset), comments_(comments) {
    Advance();
  }

  const Token& Peek() const { return next_; }
  Token Take();
  // Takes the next token if it is this word or symbol.
  bool TakeWord(std::string_view word);
  bool TakeSymbol(char symbol);
  // True if the text read so far has an unclosed quote or comment, or closes a comment that was not
  // opened. No server accepts such a statement under this mode.
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
