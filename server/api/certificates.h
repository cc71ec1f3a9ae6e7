// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "api/memory_file.h"
#include "api/tls_files.h"
#include "base/clock.h"
#include "config/server_options.h"

namespace millrace::api {

// A file with certificates that this process uses, and the one that expires first.
struct CertificateReading {
  TlsFile file;
  CertificateExpiry expiry;
};

// A warning for operators about `certificate` at `now`. Empty while it is valid for more than 30
// days, or more than a third of its lifetime if that is less.
std::string ExpiryWarning(const CertificateReading& certificate, Micros now);

// The server's certificate, key and client authorities, and their expiry.
//
// A thread reads the files every second. It uses changed files for new connections once two reads
// returned the same content, and only if all files are valid and match each other. Otherwise the
// server keeps the old ones, and `error` says why. gRPC reads copies in memory, never the files
// themselves, so it cannot see a half-written file or a key without its certificate.
//
// Thread-safe. Must outlive the server that uses it.
class Certificates {
 public:
  struct Parts {
    ServerTlsOptions server;
    // Other certificates, such as the client certificate for the source. Only their expiry is read.
    std::vector<TlsFile> others;
    const Clock& clock;
  };
  // Fails like ReadTlsFile, ParseServerTls and TryServerTls, for the server's files only.
  static absl::StatusOr<std::unique_ptr<Certificates>> Open(const Parts& parts);
  ~Certificates();

  // False: the server uses plain text.
  bool has_server_tls() const { return !server_.certificate.empty(); }
  // Paths of the copies that gRPC reads: one file with key and chain, one with the client
  // authorities. Empty if there is none.
  const std::string& identity_path() const { return identity_path_; }
  const std::string& client_ca_path() const { return client_ca_path_; }

  // Starts the thread. Call it once.
  void Start();
  // One round of the thread: reads the files, uses them if they are valid and unchanged since the
  // previous round, and logs new errors and warnings.
  void CheckNow();
  // Reads the files and uses them if they are valid, without a second read. Returns the error that
  // `Read` will report.
  absl::Status Reload();

  struct Reading {
    std::vector<CertificateReading> certificates;
    absl::Status error;  // TLS_FILE_UNREADABLE: the server's files changed and cannot be used
  };
  Reading Read() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // The result of reading the server's files.
  struct FilesRead {
    ServerTlsBytes bytes;
    absl::Status status;
    friend bool operator==(const FilesRead&, const FilesRead&) = default;
  };
  // The last warning about a file.
  struct LastWarning {
    Micros not_after = 0;
    Micros time = 0;
    bool expired = false;
  };

  explicit Certificates(const Parts& parts);
  absl::Status ReadFirst() ABSL_LOCKS_EXCLUDED(files_mutex_);
  absl::Status OpenServer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mutex_);
  // Reads the server's files and uses them if they have changed. `at_once`: without a second read.
  // Returns the error that `Read` will report.
  absl::Status CheckServerFiles(bool at_once) ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mutex_);
  absl::Status Use(const FilesRead& read_now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mutex_);
  absl::Status Publish(const ServerTls& tls) ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mutex_);
  void NoteServer(const ServerTls& tls) ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteError(const absl::Status& error) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReadOthers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mutex_);
  void LogExpiry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mutex_);

  const ServerTlsOptions server_;
  const std::vector<TlsFile> others_;
  const Clock& clock_;
  // Set by Open.
  std::string identity_path_;
  std::string client_ca_path_;

  // Held while reading files, which may take as long as the file system needs.
  absl::Mutex files_mutex_;
  std::optional<MemoryFile> identity_ ABSL_GUARDED_BY(files_mutex_);
  std::optional<MemoryFile> client_ca_ ABSL_GUARDED_BY(files_mutex_);
  ServerTls in_use_ ABSL_GUARDED_BY(files_mutex_);
  FilesRead read_in_use_ ABSL_GUARDED_BY(files_mutex_);   // the read that `in_use_` comes from
  FilesRead last_read_ ABSL_GUARDED_BY(files_mutex_);     // the newest read
  FilesRead last_decided_ ABSL_GUARDED_BY(files_mutex_);  // last read that was used or refused
  std::map<std::string, LastWarning> warned_ ABSL_GUARDED_BY(files_mutex_);  // by setting

  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(files_mutex_);
  // By setting, which is also the order in the configuration.
  std::map<std::string, CertificateReading> readings_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);

  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace millrace::api
