// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "absl/status/status.h"

namespace millrace::testing {

// Paths of the files that tests/support/kit installs: the value of the environment variable, else
// the path in the cache directory. Callers report a missing file.

std::filesystem::path MysqldPath();           // MILLRACE_MYSQLD
std::filesystem::path MysqlPath();            // MILLRACE_MYSQL, MySQL's own client
std::filesystem::path MysqlbinlogPath();      // MILLRACE_MYSQLBINLOG
std::filesystem::path MysqlTemplatePath();    // MILLRACE_MYSQL_TEMPLATE, a data directory
std::filesystem::path MariadbdPath();         // MILLRACE_MARIADBD
std::filesystem::path MariadbTemplatePath();  // MILLRACE_MARIADB_TEMPLATE, a data directory
std::filesystem::path KafkaPath();            // MILLRACE_KAFKA, starts the broker
std::filesystem::path KafkaTemplatePath();    // MILLRACE_KAFKA_TEMPLATE, formatted storage
std::filesystem::path GrpcurlPath();          // MILLRACE_GRPCURL
std::filesystem::path BufPath();              // MILLRACE_BUF

// Copies a template to `directory`, which must not exist yet. Shares blocks if the file system can.
absl::Status CopyTemplate(const std::filesystem::path& from,
                          const std::filesystem::path& directory);

}  // namespace millrace::testing
