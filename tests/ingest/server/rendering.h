// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/table_name.h"
#include "support/source_server.h"

namespace millrace::testing {

// How names are spelled and quoted. A mode without such quotes uses backquotes.
enum class Style { kPlain, kBackquotes, kAnsiQuotes, kBrackets, kLetters, kComments };

// The settings of a client that sends a statement.
struct Client {
  std::string sql_mode;
  Style style = Style::kPlain;
  std::string charset;
};

// The settings that a server and its clients can have.
std::vector<std::string> ModesOf(Flavour flavour);
std::vector<Style> StylesOf(Flavour flavour);
std::vector<std::string> CharsetsOf(Flavour flavour);

// The names of one run, and statements in its client's style; see clauses.h.
class Rendering {
 public:
  Rendering(Client client, int run) : client_(std::move(client)), run_(run) {}

  // Returns UTF-8.
  std::string Render(std::string_view clause);
  // Returns the bytes that the client sends.
  std::string Encoded(std::string_view utf8) const;
  // Tables and views named so far, and their databases.
  const std::set<TableName>& tables() const { return tables_; }

  std::string Database(std::string_view base) const;
  TableName Table(std::string_view database, std::string_view base) const;
  // The name of a column, or of a table without its database.
  std::string Name(std::string_view base) const;

 private:
  std::string Quote(std::string_view name) const;
  std::string RenderPiece(std::string_view piece);
  std::string RenderPath(std::string_view path, bool is_column);
  std::string HardString() const;
  std::string Blank();

  const Client client_;
  const int run_;
  int blanks_ = 0;
  std::set<TableName> tables_;
};

}  // namespace millrace::testing
