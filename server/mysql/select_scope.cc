// SPDX-License-Identifier: Apache-2.0

#include "mysql/select_scope.h"

#include <algorithm>
#include <optional>

#include "fmt/format.h"
#include "model/capture_rules.h"
#include "mysql/query_rows.h"

namespace millrace {
namespace {

// Removes the first name, in backquotes or up to a dot, and the dot after it from `text`. Returns
// the name without quotes; sets `quoted` if it had them.
std::string TakeName(std::string_view& text, bool& quoted) {
  std::string name;
  quoted = !text.empty() && text[0] == '`';
  size_t at = quoted ? 1 : 0;
  for (; at < text.size(); ++at) {
    if (!quoted && (text[at] == '.' || text[at] == ' ')) break;
    if (quoted && text[at] == '`') {
      ++at;
      if (at == text.size() || text[at] != '`') break;
    }
    name.push_back(text[at]);
  }
  text.remove_prefix(std::min(at, text.size()));
  if (!text.empty() && text[0] == '.') text.remove_prefix(1);
  return name;
}

// The database of a pattern. Nothing if the name has a wildcard.
std::optional<std::string> DatabaseOf(std::string_view pattern) {
  bool quoted = false;
  std::string name = TakeName(pattern, quoted);
  if (!quoted && name.find('*') != std::string::npos) return std::nullopt;
  return name;
}

bool HasWildcard(std::string_view pattern) {
  bool quoted = false;
  for (const char each : pattern) {
    if (each == '`') quoted = !quoted;
    if (each == '*' && !quoted) return true;
  }
  return false;
}

// Whether a grant on database `granted` covers `name`: `%` and `_` are wildcards there unless
// escaped by a backslash.
bool MatchesGranted(std::string_view granted, std::string_view name) {
  if (granted.empty()) return name.empty();
  if (granted[0] == '%') {
    for (size_t skip = 0; skip <= name.size(); ++skip) {
      if (MatchesGranted(granted.substr(1), name.substr(skip))) return true;
    }
    return false;
  }
  if (name.empty()) return false;
  const bool escaped = granted[0] == '\\' && granted.size() > 1;
  const char wanted = granted[escaped ? 1 : 0];
  const bool any = granted[0] == '_';
  if (!any && wanted != name[0]) return false;
  return MatchesGranted(granted.substr(escaped ? 2 : 1), name.substr(1));
}

// A parsed `GRANT <privileges> ON <scope> TO …` or REVOKE. MySQL lists a REVOKE for a partial
// revoke.
struct Grant {
  bool revokes = false;
  std::string_view privileges;
  std::string_view scope;
};

std::optional<Grant> Parse(std::string_view line) {
  constexpr std::string_view kGrant = "GRANT ";
  constexpr std::string_view kRevoke = "REVOKE ";
  Grant grant;
  grant.revokes = line.substr(0, kRevoke.size()) == kRevoke;
  if (!grant.revokes && line.substr(0, kGrant.size()) != kGrant) return std::nullopt;
  line.remove_prefix(grant.revokes ? kRevoke.size() : kGrant.size());
  const size_t on = line.find(" ON ");
  if (on == std::string_view::npos) return std::nullopt;
  grant.privileges = line.substr(0, on);
  grant.scope = line.substr(on + 4);
  return grant;
}

bool HasWord(std::string_view privileges, std::string_view word) {
  const std::string list = fmt::format(", {},", privileges);
  return list.find(fmt::format(", {},", word)) != std::string::npos;
}

// Whether `scope` is `<database>.*`. Sets `database` to its first name.
bool NamesAllTables(std::string_view scope, std::string& database) {
  bool quoted = false;
  database = TakeName(scope, quoted);
  return scope.substr(0, 1) == "*";
}

bool IsGlobal(std::string_view scope) { return scope.substr(0, 4) == "*.* "; }

}  // namespace

bool GrantsSelectOnAll(const std::vector<std::string>& grants, std::string_view pattern) {
  if (pattern.substr(0, 1) == "!" || !HasWildcard(pattern)) return true;
  const std::optional<std::string> database = DatabaseOf(pattern);
  bool granted = false;
  bool revoked = false;
  for (const std::string& line : grants) {
    const std::optional<Grant> grant = Parse(line);
    if (!grant.has_value()) continue;
    if (!HasWord(grant->privileges, "SELECT") && !HasWord(grant->privileges, "ALL PRIVILEGES")) {
      continue;
    }
    std::string of;
    const bool all_tables = NamesAllTables(grant->scope, of);
    if (grant->revokes) {
      // System databases are never captured.
      revoked = revoked || (!IsSystemDatabase(of) && (!database.has_value() || of == *database));
    } else if (IsGlobal(grant->scope)) {
      granted = true;
    } else if (all_tables && database.has_value() && MatchesGranted(of, *database)) {
      return true;
    }
  }
  return granted && !revoked;
}

std::string GrantScope(std::string_view pattern) {
  const std::optional<std::string> database = DatabaseOf(pattern);
  if (!database.has_value()) return "*.*";
  std::string escaped;
  for (const char each : *database) {
    if (each == '_' || each == '%') escaped.push_back('\\');
    escaped.push_back(each);
  }
  return QuotedName(escaped) + ".*";
}

std::vector<TableName> TablesWithSelectOnColumns(const std::vector<std::string>& grants) {
  std::vector<TableName> tables;
  for (const std::string& line : grants) {
    const std::optional<Grant> grant = Parse(line);
    if (!grant.has_value() || grant->revokes) continue;
    if (grant->privileges.find("SELECT (") == std::string_view::npos) continue;
    std::string_view scope = grant->scope;
    bool quoted = false;
    TableName name;
    name.database = TakeName(scope, quoted);
    name.table = TakeName(scope, quoted);
    tables.push_back(std::move(name));
  }
  return tables;
}

}  // namespace millrace
