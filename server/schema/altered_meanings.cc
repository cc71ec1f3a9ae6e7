// SPDX-License-Identifier: Apache-2.0

#include "schema/altered_meanings.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "schema/client_charset.h"
#include "schema/column_reader.h"
#include "schema/statement_parser.h"

namespace millrace::schema {
namespace {

// ADD and DROP SYSTEM VERSIONING.
enum class Versioning { kKept, kAdded, kDropped };

// What an ALTER TABLE does to the columns of a table. Columns are identified by ColumnKey.
struct Alteration {
  std::vector<std::string> dropped;
  std::vector<std::pair<std::string, std::string>> renamed;
  ColumnMeanings defined;  // includes plain columns
  ColumnMeanings added_if_missing;
  Versioning versioning = Versioning::kKept;
  bool has_period = false;             // has PERIOD FOR SYSTEM_TIME
  bool versions_some_columns = false;  // has a column WITH or WITHOUT SYSTEM VERSIONING
};

bool IsVersioned(const ColumnMeanings& meanings) {
  return std::any_of(meanings.begin(), meanings.end(),
                     [](const auto& column) { return IsRowEnd(column.second); });
}

// DROP SYSTEM VERSIONING removes ROW START and ROW END. ADD SYSTEM VERSIONING adds two hidden
// columns unless the statement names its own.
void ApplyVersioning(const Alteration& alteration, ColumnMeanings& meanings) {
  if (alteration.versioning == Versioning::kDropped) {
    std::erase_if(meanings, [](const auto& column) {
      return IsRowEnd(column.second) || column.second == Meaning::kMariadbHiddenRowStart;
    });
  }
  if (alteration.versioning == Versioning::kAdded && !alteration.has_period) {
    meanings["row_start"] = Meaning::kMariadbHiddenRowStart;
    meanings["row_end"] = Meaning::kMariadbHiddenRowEnd;
  }
}

// nullopt: the result depends on facts that `before` does not show.
std::optional<ColumnMeanings> Apply(const Alteration& alteration, const ColumnMeanings& before) {
  // WITH SYSTEM VERSIONING on one column may make the whole table versioned.
  if (alteration.versions_some_columns && !IsVersioned(before)) return std::nullopt;
  ColumnMeanings after = before;
  for (const std::string& column : alteration.dropped) after.erase(column);
  for (const auto& [from, to] : alteration.renamed) after.erase(from);
  for (const auto& [from, to] : alteration.renamed) {
    const auto found = before.find(from);
    if (found != before.end()) after[to] = found->second;
  }
  for (const auto& [column, meaning] : alteration.added_if_missing) {
    if (meaning != Meaning::kPlain && !before.contains(column)) return std::nullopt;
  }
  for (const auto& [column, meaning] : alteration.defined) after[column] = meaning;
  ApplyVersioning(alteration, after);
  std::erase_if(after, [](const auto& column) { return column.second == Meaning::kPlain; });
  return after;
}

// Reads an ALTER TABLE from its first word on.
class AlterReader : private ColumnReader {
 public:
  using ColumnReader::ColumnReader;

  // nullopt: a part of the statement is not understood.
  std::optional<Alteration> ReadAlter() {
    if (!lexer_.TakeWord("ALTER")) return std::nullopt;
    while (lexer_.TakeWord("ONLINE") || lexer_.TakeWord("IGNORE")) continue;
    if (!lexer_.TakeWord("TABLE")) return std::nullopt;
    TakeIfExists();
    if (!TakeTable().has_value()) return std::nullopt;
    if (!lexer_.TakeWord("NOWAIT") && lexer_.TakeWord("WAIT")) lexer_.Take();
    Alteration alteration;
    while (!lexer_.Peek().at_end()) {
      if (!ReadChange(alteration)) return std::nullopt;
      if (!lexer_.TakeSymbol(',') && !lexer_.Peek().at_end()) return std::nullopt;
    }
    if (lexer_.damaged()) return std::nullopt;
    alteration.has_period = has_period_;
    alteration.versions_some_columns = versioned_;
    return alteration;
  }

 private:
  // Reads one change of the ALTER TABLE. False: the change is not understood.
  bool ReadChange(Alteration& alteration) {
    if (lexer_.TakeWord("ADD")) return ReadAdd(alteration);
    if (lexer_.TakeWord("DROP")) return ReadDrop(alteration);
    if (lexer_.TakeWord("MODIFY")) {
      lexer_.TakeWord("COLUMN");
      TakeIfExists();
      return ReadColumn(alteration.defined);
    }
    if (lexer_.TakeWord("CHANGE")) {
      lexer_.TakeWord("COLUMN");
      if (TakeIfExists()) return false;
      const auto from = TakeColumn();
      if (!from.has_value()) return false;
      alteration.dropped.push_back(ColumnKey(*from));
      return ReadColumn(alteration.defined);
    }
    if (lexer_.TakeWord("RENAME") && lexer_.TakeWord("COLUMN")) {
      if (TakeIfExists()) return false;
      const auto from = TakeColumn();
      if (!from.has_value() || !lexer_.TakeWord("TO")) return false;
      const auto to = TakeColumn();
      if (!to.has_value()) return false;
      alteration.renamed.emplace_back(ColumnKey(*from), ColumnKey(*to));
    }
    SkipItem();
    return true;
  }
  bool ReadAdd(Alteration& alteration) {
    if (AreNext("SYSTEM", {"VERSIONING"})) {
      return SetVersioning(Versioning::kAdded, alteration);
    }
    if (lexer_.Peek().Is("PARTITION")) {
      SkipItem();
      return true;
    }
    lexer_.TakeWord("COLUMN");
    const bool if_missing = TakeIfExists();
    ColumnMeanings& meanings = if_missing ? alteration.added_if_missing : alteration.defined;
    if (!lexer_.TakeSymbol('(')) return ReadItem(meanings);
    do {
      if (!ReadItem(meanings)) return false;
    } while (lexer_.TakeSymbol(','));
    if (!lexer_.TakeSymbol(')')) return false;
    SkipItem();
    return true;
  }
  bool ReadDrop(Alteration& alteration) {
    if (AreNext("SYSTEM", {"VERSIONING"})) {
      return SetVersioning(Versioning::kDropped, alteration);
    }
    if (!AreNext("PERIOD", {"FOR", "IF"}) &&
        !lexer_.Peek().IsAny(
            {"INDEX", "KEY", "PRIMARY", "FOREIGN", "CONSTRAINT", "CHECK", "PARTITION"})) {
      lexer_.TakeWord("COLUMN");
      TakeIfExists();
      const auto column = TakeColumn();
      if (!column.has_value()) return false;
      alteration.dropped.push_back(ColumnKey(*column));
    }
    SkipItem();
    return true;
  }
  // Takes the two words. False: the statement adds or drops versioning twice.
  bool SetVersioning(Versioning versioning, Alteration& alteration) {
    lexer_.Take();
    lexer_.Take();
    const bool first = alteration.versioning == Versioning::kKept;
    alteration.versioning = versioning;
    return first;
  }
  // True if `word`, which may also be a column's name, is followed by a word that makes it a
  // keyword.
  bool AreNext(std::string_view word, std::initializer_list<std::string_view> seconds) const {
    if (!lexer_.Peek().Is(word)) return false;
    StatementLexer ahead = lexer_;
    ahead.Take();
    return ahead.Peek().IsAny(seconds);
  }
  // IF EXISTS, IF NOT EXISTS.
  bool TakeIfExists() {
    if (!lexer_.TakeWord("IF")) return false;
    lexer_.TakeWord("NOT");
    return lexer_.TakeWord("EXISTS");
  }
};

}  // namespace

std::optional<ColumnMeanings> MeaningsAfterAlter(std::string_view text,
                                                 const ColumnMeanings& before,
                                                 const StatementSession& session) {
  if (!session.sql_mode.has_value()) return std::nullopt;
  const ClientCharset charset(session.charset);
  const LexicalMode mode = PossibleModes(session, /*mode_known=*/true).front();
  const std::optional<Alteration> alteration = AlterReader(text, "", mode, charset).ReadAlter();
  return alteration.has_value() ? Apply(*alteration, before) : std::nullopt;
}

}  // namespace millrace::schema
