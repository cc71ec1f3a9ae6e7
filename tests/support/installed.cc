// SPDX-License-Identifier: Apache-2.0

#include "support/installed.h"

#include <cstdlib>

#include "base/error.h"
#include "fmt/format.h"
#include "support/process.h"

namespace millrace::testing {
namespace {

// An upper bound; it usually takes much less.
constexpr absl::Duration kCopyTimeout = absl::Minutes(1);

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
std::filesystem::path KafkaPath() {
  return Installed("MILLRACE_KAFKA", "kafka/current/bin/kafka-broker");
}
std::filesystem::path KafkaTemplatePath() {
  return Installed("MILLRACE_KAFKA_TEMPLATE", "kafka/current/template");
}
std::filesystem::path GrpcurlPath() { return Installed("MILLRACE_GRPCURL", "bin/grpcurl"); }
std::filesystem::path BufPath() { return Installed("MILLRACE_BUF", "bin/buf"); }

absl::Status CopyTemplate(const std::filesystem::path& from,
                          const std::filesystem::path& directory) {
  ProcessOptions copy;
  copy.program = "cp";
  copy.arguments = {"-a", "--reflink=auto", from, directory};
  MILLRACE_ASSIGN_OR_RETURN(const ProcessResult result, RunProcess(copy, kCopyTimeout));
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(fmt::format("the template could not be copied: {}", result.errors));
}

}  // namespace millrace::testing
