// SPDX-License-Identifier: Apache-2.0

#include "schema/merge_options.h"

#include <string>
#include <utility>

#include "schema/client_charset.h"
#include "schema/statement_lexer.h"
#include "schema/statement_parser.h"

namespace millrace::schema {
namespace {

class Reader {
 public:
  Reader(std::string_view text, std::string_view default_database, const LexicalMode& mode,
         const ClientCharset& charset)
      : lexer_(text, mode, charset), default_database_(default_database), charset_(charset) {}

  std::optional<MergeOptions> Read() {
    MergeOptions options;
    size_t depth = 0;
    while (!lexer_.Peek().at_end()) {
      const Token token = lexer_.Take();
      if (token.IsSymbol('(')) ++depth;
      if (token.IsSymbol(')') && depth > 0) --depth;
      if (depth > 0) continue;
      // A column may be named ENGINE too; then the next word is not an engine.
      if (token.Is("ENGINE")) options.merge = IsMergeEngine();
      if (token.Is("UNION") && !TakeMembers(options)) return std::nullopt;
    }
    return lexer_.damaged() ? std::nullopt : std::optional(std::move(options));
  }

 private:
  // Does not take the name: if ENGINE is a column, the next token may be a parenthesis.
  bool IsMergeEngine() {
    lexer_.TakeSymbol('=');
    Token engine = lexer_.Peek();
    if (engine.at_end() || engine.kind == Token::Kind::kSymbol) return false;
    engine.kind = Token::Kind::kWord;  // it may be quoted
    return engine.IsAny({"MERGE", "MRG_MYISAM"});
  }
  bool TakeMembers(MergeOptions& options) {
    lexer_.TakeSymbol('=');
    if (!lexer_.TakeSymbol('(')) return false;
    std::vector<TableName> members;
    while (!lexer_.TakeSymbol(')')) {
      std::optional<TableName> member = TakeTable();
      if (!member.has_value()) return false;
      members.push_back(*std::move(member));
      if (!lexer_.TakeSymbol(',') && !lexer_.Peek().IsSymbol(')')) return false;
    }
    options.members = std::move(members);
    return true;
  }
  std::optional<TableName> TakeTable() {
    std::optional<std::string> name = TakeName();
    if (!name.has_value() || !lexer_.TakeSymbol('.')) {
      return name.has_value() ? std::optional(TableName{std::string(default_database_), *name})
                              : std::nullopt;
    }
    std::optional<std::string> table = TakeName();
    if (!table.has_value()) return std::nullopt;
    return TableName{*std::move(name), *std::move(table)};
  }
  std::optional<std::string> TakeName() {
    if (!lexer_.Peek().IsName()) return std::nullopt;
    return charset_.ToUtf8(lexer_.Take().Name(charset_));
  }

  StatementLexer lexer_;
  const std::string_view default_database_;
  const ClientCharset& charset_;
};

}  // namespace

std::optional<MergeOptions> MergeOptionsOf(std::string_view text, std::string_view default_database,
                                           const StatementSession& session) {
  if (!session.sql_mode.has_value()) return std::nullopt;
  const ClientCharset charset(session.charset);
  return Reader(text, default_database, PossibleModes(session, /*mode_known=*/true).front(),
                charset)
      .Read();
}

}  // namespace millrace::schema
