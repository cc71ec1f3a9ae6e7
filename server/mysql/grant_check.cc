// SPDX-License-Identifier: Apache-2.0

#include "mysql/grant_check.h"

#include <algorithm>
#include <cstddef>

#include "base/error.h"
#include "fmt/format.h"
#include "model/capture_rules.h"
#include "mysql/select_scope.h"
#include "mysql/table_access.h"
#include "mysql/table_key.h"

namespace millrace {
namespace {

Finding MissingGrant(std::string_view privilege, std::string_view purpose, std::string_view on,
                     const std::string& account) {
  return {Severity::kError, std::string(kGrantMissing),
          fmt::format("{} lacks {} on {}, needed to {}", account, privilege, on, purpose),
          fmt::format("GRANT {} ON {} TO {};", privilege, on, account)};
}

// Whether the statement fails because a grant is missing.
absl::StatusOr<bool> IsRefused(Connection& connection, std::string_view sql) {
  const absl::Status status = connection.Query(sql).status();
  if (absl::IsPermissionDenied(status)) return true;
  // Other checks report other failures, for example that there is no binlog.
  if (absl::IsUnavailable(status)) return status;
  return false;
}

absl::StatusOr<std::vector<std::string>> ShowGrants(Connection& connection) {
  std::string sql = "SHOW GRANTS";
  if (connection.info().flavour == Flavour::kMysql && connection.info().version >= 80000) {
    // MySQL includes the grants of active roles only if we name the roles. MariaDB always does.
    MILLRACE_ASSIGN_OR_RETURN(const auto roles, connection.QueryValue("SELECT CURRENT_ROLE()"));
    if (roles.value_or("NONE") != "NONE") sql += " FOR CURRENT_USER() USING " + *roles;
  }
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows, connection.Query(sql));
  std::vector<std::string> grants;
  for (const QueryRow& row : rows.rows) grants.push_back(row.empty() ? "" : row[0].value_or(""));
  return grants;
}

struct Account {
  const std::string& name;
  const std::vector<std::string>& grants;
};

// Whether the account may not read all of the table.
absl::StatusOr<bool> LacksSelect(Connection& connection, const TableName& name) {
  // SHOW CREATE of a view needs another privilege, and we never read views.
  MILLRACE_ASSIGN_OR_RETURN(const bool is_view, IsView(connection, name));
  if (is_view) return false;
  absl::Status status = CheckDefinitionAccess(connection, name);
  if (status.ok()) status = CheckRowAccess(connection, name);
  if (absl::IsPermissionDenied(status)) return true;
  // Other checks report other failures, for example that the table does not exist.
  if (absl::IsUnavailable(status)) return status;
  return false;
}

// Without SELECT on some captured tables the feed works, but snapshots omit these tables.
void WarnAboutHiddenTables(const SourceOptions& options, const Account& account,
                           std::vector<Finding>& findings) {
  const std::vector<std::string> all = {"*.*"};
  // If source.tables has only exclusions, all other tables are captured.
  const bool includes =
      std::any_of(options.tables.begin(), options.tables.end(),
                  [](const std::string& pattern) { return !pattern.starts_with('!'); });
  for (const std::string& pattern : includes ? options.tables : all) {
    if (GrantsSelectOnAll(account.grants, pattern)) continue;
    findings.push_back(
        {Severity::kWarning, "SELECT_NOT_ON_ALL",
         fmt::format("{} may not SELECT from all tables that source.tables captures with '{}': "
                     "snapshots omit the tables that it may not read",
                     account.name, pattern),
         fmt::format("GRANT SELECT ON {} TO {};", GrantScope(pattern), account.name)});
  }
}

absl::Status WarnAboutHiddenColumns(Connection& connection, const CaptureRules& rules,
                                    const Account& account, std::vector<Finding>& findings) {
  for (const TableName& name : TablesWithSelectOnColumns(account.grants)) {
    if (!rules.Captures(name)) continue;
    MILLRACE_ASSIGN_OR_RETURN(const bool lacks, LacksSelect(connection, name));
    if (!lacks) continue;
    const std::string table = QuotedName(name);
    findings.push_back({Severity::kWarning, "SELECT_NOT_ON_ALL",
                        fmt::format("{} may SELECT only some columns of {}: snapshots cannot "
                                    "read the table",
                                    account.name, table),
                        fmt::format("GRANT SELECT ON {} TO {};", table, account.name)});
  }
  return absl::OkStatus();
}

absl::Status CheckSelect(Connection& connection, const SourceOptions& options,
                         const Account& account, std::vector<Finding>& findings) {
  MILLRACE_ASSIGN_OR_RETURN(const CaptureRules rules, CaptureRules::Parse(options.tables));
  const std::vector<TableName> named = rules.NamedTables();
  for (const TableName& name : named) {
    MILLRACE_ASSIGN_OR_RETURN(const bool lacks, LacksSelect(connection, name));
    if (!lacks) continue;
    findings.push_back(
        MissingGrant("SELECT", "read its definition and rows", QuotedName(name), account.name));
  }
  if (named.empty() && !AnyGrants(account.grants, "SELECT")) {
    findings.push_back(
        MissingGrant("SELECT", "read the definitions of tables", "*.*", account.name));
    return absl::OkStatus();
  }
  WarnAboutHiddenTables(options, account, findings);
  return WarnAboutHiddenColumns(connection, rules, account, findings);
}

}  // namespace

absl::StatusOr<std::string> AccountName(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(const auto value, connection.QueryValue("SELECT CURRENT_USER()"));
  const std::string account = value.value_or("");
  const size_t at = account.rfind('@');
  if (at == std::string::npos) return QuotedText(account);
  return fmt::format("{}@{}", QuotedText(account.substr(0, at)),
                     QuotedText(account.substr(at + 1)));
}

bool AnyGrants(const std::vector<std::string>& grants, std::string_view privilege) {
  const std::string first = fmt::format("GRANT {},", privilege);
  const std::string later = fmt::format(", {},", privilege);
  for (const std::string_view grant : grants) {
    const std::string privileges = fmt::format("{},", grant.substr(0, grant.find(" ON ")));
    // ALL PRIVILEGES on a database includes SELECT, but none of the other privileges that we check.
    const bool all = privileges == "GRANT ALL PRIVILEGES," &&
                     (privilege == "SELECT" || grant.find(" ON *.* ") != std::string_view::npos);
    if (all || privileges.find(first) == 0 || privileges.find(later) != std::string::npos) {
      return true;
    }
  }
  return false;
}

absl::Status CheckGrants(Connection& connection, const SourceOptions& options,
                         std::vector<Finding>& findings) {
  const ServerInfo& server = connection.info();
  const bool mariadb = server.flavour == Flavour::kMariadb;
  MILLRACE_ASSIGN_OR_RETURN(const std::string account, AccountName(connection));
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<std::string> grants, ShowGrants(connection));
  if (!AnyGrants(grants, "REPLICATION SLAVE")) {
    findings.push_back(MissingGrant("REPLICATION SLAVE", "read the binlog", "*.*", account));
  }
  // Test the privilege by using it: MariaDB has had three names for it.
  MILLRACE_ASSIGN_OR_RETURN(const bool lacks_client_grant,
                            IsRefused(connection, "SHOW BINARY LOGS"));
  if (lacks_client_grant) {
    const bool monitor = mariadb && server.version >= 100502;
    findings.push_back(MissingGrant(monitor ? "BINLOG MONITOR" : "REPLICATION CLIENT",
                                    "query where the binlog begins and ends", "*.*", account));
  }
  return CheckSelect(connection, options, Account{account, grants}, findings);
}

}  // namespace millrace
