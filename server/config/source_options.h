// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/flavour.h"

namespace millrace {

// How the connection to the source is protected. `preferred` takes what the source offers;
// `required` insists but trusts any certificate; `verify_ca` checks the certificate against `ca`;
// `verify_identity` also the host's name in it.
enum class TlsMode { kDisabled, kPreferred, kRequired, kVerifyCa, kVerifyIdentity };

struct SourceTlsOptions {
  TlsMode mode = TlsMode::kPreferred;
  // PEM file of the authorities trusted. Needed by verify_ca and verify_identity.
  std::string ca;
  // PEM files of our own certificate and its key: both or none.
  std::string certificate;
  std::string key;
  friend bool operator==(const SourceTlsOptions&, const SourceTlsOptions&) = default;
};

// Where a log that is still empty begins. A log that holds a position goes on from there, whatever
// this says.
enum class StartAt { kCurrent, kEarliest, kGtidSet, kPosition };

struct StartOptions {
  StartAt at = StartAt::kCurrent;
  // For kGtidSet: transactions that are not wanted, in the source's own text form.
  std::string gtid_set;
  // For kPosition: binlog file and offset in it of an event that begins a transaction.
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
  // The password is never written here: it is in a file or in an environment variable, see
  // ReadPassword. At most one is set; neither means no password.
  std::string password_file;
  std::string password_env;
  // None: asked of the source.
  std::optional<Flavour> flavour;
  // Server id under which the binlog is read, unlike that of any server or replica of the source.
  // 0: one is derived from the host name and the log's directory, the same at each start.
  uint32_t server_id = 0;
  SourceTlsOptions tls;
  StartOptions start;
  // Checks the source's settings before anything is read, and stops with the statement to run.
  bool check_on_start = true;

  // Patterns of tables to capture, see TablePatterns. Empty: all but system databases.
  std::vector<std::string> tables;
  // Patterns of columns that never enter the log, see ColumnPatterns. ValidateConfig refuses any
  // until ingestion leaves them out.
  std::vector<std::string> exclude_columns;
  // Patterns of tables whose rows statements may change that are logged as text, whatever
  // binlog_format says. The operator vouches that such a statement changes no captured table by
  // triggers, views, foreign keys or functions. Does nothing for a captured table.
  std::vector<std::string> statement_tables;

  Micros connect_timeout = Micros{10} * 1'000'000;
  // An idle source says so this often; a connection silent for three periods counts as lost.
  Micros heartbeat_period = Micros{5} * 1'000'000;
  // Wait before connecting again, doubled at each failure from min to max.
  Micros reconnect_backoff_min = 200'000;
  Micros reconnect_backoff_max = Micros{30} * 1'000'000;
  // Largest event taken, compressed or not. The default is the source's own limit, 1 GiB, and room
  // for the header of the event.
  uint64_t event_bytes_max = (uint64_t{1} << 30) + (64 << 10);

  friend bool operator==(const SourceOptions&, const SourceOptions&) = default;
};

}  // namespace millrace
