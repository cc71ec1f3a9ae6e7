#include "support/installed.h"

#include <cstdlib>

namespace millrace::testing {
namespace {

std::filesystem::path FromEnvironment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// The same directory as in tests/support/kit.
std::filesystem::path Cache() {
  if (auto cache = FromEnvironment("MILLRACE_CACHE"); !cache.empty()) return cache;
  if (auto cache = FromEnvironment("XDG_CACHE_HOME"); !cache.empty()) return cache / "millrace";
  return FromEnvironment("HOME") / ".cache" / "millrace";
}

std::filesystem::path Installed(const char* variable, const char* below_cache) {
  auto path = FromEnvironment(variable);
  return path.empty() ? Cache() / below_cache : path;
}

}  // namespace

std::filesystem::path MysqldPath() { return Installed("MILLRACE_MYSQLD", "mysql/bin/mysqld"); }
std::filesystem::path MysqlPath() { return Installed("MILLRACE_MYSQL", "mysql/bin/mysql"); }
std::filesystem::path MysqlbinlogPath() {
  return Installed("MILLRACE_MYSQLBINLOG", "mysql/bin/mysqlbinlog");
}
std::filesystem::path MysqlTemplatePath() {
  return Installed("MILLRACE_MYSQL_TEMPLATE", "mysql/template");
}
std::filesystem::path MariadbdPath() {
  return Installed("MILLRACE_MARIADBD", "mariadb/bin/mariadbd");
}
std::filesystem::path MariadbTemplatePath() {
  return Installed("MILLRACE_MARIADB_TEMPLATE", "mariadb/template");
}
std::filesystem::path GrpcurlPath() { return Installed("MILLRACE_GRPCURL", "bin/grpcurl"); }
std::filesystem::path BufPath() { return Installed("MILLRACE_BUF", "bin/buf"); }

}  // namespace millrace::testing
