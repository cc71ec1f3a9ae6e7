// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace millrace::condition {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kName,        // `text` as written; may be a keyword
    kQuotedName,  // `text` without its backquotes
    kNumber,      // as Literal::text
    kString,      // `text` without quotes and escapes
    kBytes,       // `text` are the bytes
    kSymbol,      // `text` is ( ) , = <> != < <= > >= <=>
  };
  Kind kind = Kind::kEnd;
  std::string text;
  size_t offset = 0;
  // The token as written, for messages. A view into the lexer's text.
  std::string_view written;

  // True for the keyword `word`, given in capitals. Ignores the case of the token.
  bool IsWord(std::string_view word) const;
  bool IsSymbol(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
};

// True for keywords. A column with such a name needs backquotes.
bool IsReservedWord(std::string_view name);
// True if `name` can be written without backquotes.
bool IsPlainName(std::string_view name);

// Splits the text of a condition into tokens. Comments, double quotes and operators that the
// language does not have are errors.
class Lexer {
 public:
  // `text` must outlive the lexer and its tokens, and be UTF-8.
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; always kEnd at the end. kInvalidArgument CONDITION_INVALID.
  absl::StatusOr<Token> Next();

 private:
  char At(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool AtNumber() const;
  absl::StatusOr<Token> Read(Token::Kind kind);
  absl::Status ReadName(std::string& text);
  absl::Status ReadQuotedName(std::string& text);
  absl::Status ReadNumber(std::string& text);
  absl::Status ReadString(std::string& text);
  absl::Status ReadEscape(std::string& text);
  absl::Status ReadBytes(std::string& text);
  absl::Status ReadSymbol(std::string& text);
  // Appends the next digits; false if there are none.
  bool TakeDigits(std::string& text);

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace millrace::condition
