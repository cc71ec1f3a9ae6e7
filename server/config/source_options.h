// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/flavour.h"

namespace millrace {

// How to protect the connection to the source. `preferred` uses TLS if the source offers it;
// `required` insists on TLS but trusts any certificate; `verify_ca` checks the certificate against
// `ca`; `verify_identity` also checks the host name in it.
enum class TlsMode { kDisabled, kPreferred, kRequired, kVerifyCa, kVerifyIdentity };

struct SourceTlsOptions {
  TlsMode mode = TlsMode::kPreferred;
  // PEM file with the trusted authorities. Required by verify_ca and verify_identity.
  std::string ca;
  // PEM files with Millrace's own certificate and its key: both or none.
  std::string certificate;
  std::string key;
  friend bool operator==(const SourceTlsOptions&, const SourceTlsOptions&) = default;
};

// Where an empty log starts. A log that has a position resumes there and ignores this option.
enum class StartAt { kCurrent, kEarliest, kGtidSet, kPosition };

struct StartOptions {
  StartAt at = StartAt::kCurrent;
  // For kGtidSet: transactions to skip, in the source's text form.
  std::string gtid_set;
  // For kPosition: binlog file, and the offset in it of an event that begins a transaction.
  std::string file;
  uint64_t position = 4;
  friend bool operator==(const StartOptions&, const StartOptions&) = default;
};

// The database whose changes are captured.
struct SourceOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 3306;
  // Path of a Unix socket; if set, host and port are not used.
  std::string socket;
  std::string user = "millrace";
  // File or environment variable with the password, see ReadPassword. At most one is set; neither
  // means no password. The configuration never contains the password itself.
  std::string password_file;
  std::string password_env;
  // nullopt: detected at the source.
  std::optional<Flavour> flavour;
  // Server id for reading the binlog. Must differ from the id of the source and all its replicas.
  // 0: derived from the host name and the log's directory, so it is the same at each start.
  uint32_t server_id = 0;
  SourceTlsOptions tls;
  StartOptions start;
  // Checks the source's settings before reading. If one is unsuitable, the error contains the
  // statement to run.
  bool check_on_start = true;

  // Patterns of tables to capture, see TablePatterns. Empty: all tables outside system databases.
  std::vector<std::string> tables;
  // Patterns of columns that never enter the log, see ColumnPatterns.
  std::vector<std::string> exclude_columns;
  // Patterns of tables for which the binlog may contain statements instead of row changes,
  // under any binlog_format. The operator guarantees that such a statement changes no captured
  // table through triggers, views, foreign keys or functions. Has no effect on captured tables.
  std::vector<std::string> statement_tables;

  Micros connect_timeout = Micros{10} * 1'000'000;
  // Interval of the source's heartbeats. A connection silent for three intervals counts as lost.
  Micros heartbeat_period = Micros{5} * 1'000'000;
  // Delay before a reconnect, doubled after each failure, from min to max.
  Micros reconnect_backoff_min = 200'000;
  Micros reconnect_backoff_max = Micros{30} * 1'000'000;
  // Largest accepted event, compressed or not. The default is the source's own limit, 1 GiB, plus
  // room for the event's header.
  uint64_t event_bytes_max = (uint64_t{1} << 30) + (64 << 10);

  friend bool operator==(const SourceOptions&, const SourceOptions&) = default;
};

}  // namespace millrace
