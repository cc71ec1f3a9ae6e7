#pragma once

#include <filesystem>

namespace millrace::testing {

// Where tests/support/kit has installed things: the path in the environment variable named, else
// the place in the cache directory. The file need not exist; who uses it says so clearly.

std::filesystem::path MysqldPath();           // MILLRACE_MYSQLD
std::filesystem::path MysqlPath();            // MILLRACE_MYSQL, MySQL's own client
std::filesystem::path MysqlbinlogPath();      // MILLRACE_MYSQLBINLOG
std::filesystem::path MysqlTemplatePath();    // MILLRACE_MYSQL_TEMPLATE, a data directory
std::filesystem::path MariadbdPath();         // MILLRACE_MARIADBD
std::filesystem::path MariadbTemplatePath();  // MILLRACE_MARIADB_TEMPLATE, a data directory
std::filesystem::path GrpcurlPath();          // MILLRACE_GRPCURL
std::filesystem::path BufPath();              // MILLRACE_BUF

}  // namespace millrace::testing
