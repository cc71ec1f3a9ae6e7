// SPDX-License-Identifier: Apache-2.0

#include "api/certificates.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "api/credentials.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace millrace::api {
namespace {

constexpr absl::Duration kReadInterval = absl::Seconds(1);
constexpr Micros kDay = Micros{24} * 3600 * 1'000'000;
constexpr Micros kWarnBefore = 30 * kDay;

std::string TimeText(Micros time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(time), absl::UTCTimeZone());
}

// Rounds down.
std::string SpanText(Micros span) {
  constexpr Micros kHour = kDay / 24;
  return span < 2 * kDay ? fmt::format("{} hours", span / kHour)
                         : fmt::format("{} days", span / kDay);
}

bool IsTemporary(const absl::Status& status) {
  return HasReason(status, reason::kOutOfFileDescriptors);
}

}  // namespace

std::string ExpiryWarning(const CertificateReading& certificate, Micros now) {
  const CertificateExpiry& expiry = certificate.expiry;
  // Limited to a third of the lifetime, because a certificate that is renewed daily would always
  // have a warning.
  const Micros warn_before = std::min(kWarnBefore, (expiry.not_after - expiry.not_before) / 3);
  const Micros left = expiry.not_after - now;
  if (left > warn_before) return "";
  return fmt::format(
      "{} '{}': the certificate '{}' {}: renew it", certificate.file.setting, certificate.file.path,
      expiry.subject,
      left > 0 ? fmt::format("expires in {}, at {}", SpanText(left), TimeText(expiry.not_after))
               : fmt::format("expired at {}", TimeText(expiry.not_after)));
}

Certificates::Certificates(const Parts& parts)
    : server_(parts.server), others_(parts.others), clock_(parts.clock) {}

absl::StatusOr<std::unique_ptr<Certificates>> Certificates::Open(const Parts& parts) {
  std::unique_ptr<Certificates> certificates(new Certificates(parts));
  MILLRACE_RETURN_IF_ERROR(certificates->ReadFirst());
  return certificates;
}

absl::Status Certificates::ReadFirst() {
  absl::MutexLock lock(&files_mutex_);
  if (has_server_tls()) MILLRACE_RETURN_IF_ERROR(OpenServer());
  ReadOthers();
  LogExpiry();
  return absl::OkStatus();
}

absl::Status Certificates::OpenServer() {
  MILLRACE_ASSIGN_OR_RETURN(read_in_use_.bytes, ReadServerTls(server_));
  MILLRACE_ASSIGN_OR_RETURN(in_use_, ParseServerTls(server_, read_in_use_.bytes));
  MILLRACE_RETURN_IF_ERROR(TryServerTls(in_use_));
  MILLRACE_ASSIGN_OR_RETURN(MemoryFile identity, MemoryFile::Make(in_use_.identity));
  identity_path_ = identity.path();
  identity_.emplace(std::move(identity));
  if (!in_use_.client_ca.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(MemoryFile client_ca, MemoryFile::Make(in_use_.client_ca));
    client_ca_path_ = client_ca.path();
    client_ca_.emplace(std::move(client_ca));
  }
  last_read_ = last_decided_ = read_in_use_;
  NoteServer(in_use_);
  return absl::OkStatus();
}

Certificates::~Certificates() {
  stop_.Notify();
  if (thread_.joinable()) thread_.join();
}

void Certificates::Start() {
  if (!has_server_tls() && others_.empty()) return;
  thread_ = std::thread([this] {
    while (!stop_.WaitForNotificationWithTimeout(kReadInterval)) CheckNow();
  });
  pthread_setname_np(thread_.native_handle(), "certificates");
}

void Certificates::CheckNow() {
  absl::MutexLock lock(&files_mutex_);
  const absl::Status before = Read().error;
  const absl::Status error = CheckServerFiles(/*at_once=*/false);
  if (error != before) {
    if (error.ok()) {
      spdlog::info("the files of server.tls are usable again");
    } else {
      spdlog::error("{}; the server keeps its current certificate reason={}",
                    std::string(error.message()), ErrorReason(error));
    }
  }
  ReadOthers();
  LogExpiry();
}

absl::Status Certificates::Reload() {
  absl::MutexLock lock(&files_mutex_);
  return CheckServerFiles(/*at_once=*/true);
}

absl::Status Certificates::CheckServerFiles(bool at_once) {
  if (!has_server_tls()) return absl::OkStatus();
  auto read = ReadServerTls(server_);
  if (IsTemporary(read.status())) return Read().error;
  FilesRead read_now{.bytes = {}, .status = read.status()};
  if (read.ok()) read_now.bytes = *std::move(read);
  const bool settled = at_once || read_now == last_read_;
  last_read_ = std::move(read_now);
  if (!settled || last_read_ == last_decided_) return Read().error;
  const absl::Status error = Use(last_read_);
  if (IsTemporary(error)) return Read().error;
  last_decided_ = last_read_;
  NoteError(error);
  return error;
}

absl::Status Certificates::Use(const FilesRead& read_now) {
  MILLRACE_RETURN_IF_ERROR(read_now.status);
  if (read_now == read_in_use_) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(ServerTls tls, ParseServerTls(server_, read_now.bytes));
  MILLRACE_RETURN_IF_ERROR(TryServerTls(tls));
  // If publishing fails halfway, gRPC has a mixture. So the next check publishes everything again.
  read_in_use_ = FilesRead();
  MILLRACE_RETURN_IF_ERROR(Publish(tls));
  in_use_ = std::move(tls);
  read_in_use_ = read_now;
  NoteServer(in_use_);
  spdlog::info("new connections get the certificate '{}', which expires at {} path={}",
               in_use_.certificate.subject, TimeText(in_use_.certificate.not_after),
               server_.certificate);
  return absl::OkStatus();
}

absl::Status Certificates::Publish(const ServerTls& tls) {
  if (tls.client_ca != in_use_.client_ca) {
    MILLRACE_RETURN_IF_ERROR(client_ca_->Replace(tls.client_ca));
    in_use_.client_ca = tls.client_ca;
  }
  if (tls.identity == in_use_.identity) return absl::OkStatus();
  return identity_->Replace(tls.identity);
}

void Certificates::NoteServer(const ServerTls& tls) {
  absl::MutexLock lock(&mutex_);
  const TlsFile certificate{"server.tls.certificate", server_.certificate};
  readings_[certificate.setting] = {certificate, tls.certificate};
  if (tls.client_ca.empty()) return;
  const TlsFile authority{"server.tls.client_ca", server_.client_ca};
  readings_[authority.setting] = {authority, tls.authority};
}

void Certificates::NoteError(const absl::Status& error) {
  absl::MutexLock lock(&mutex_);
  error_ = error;
}

// Read errors are not reported here: the code that uses the file reports them.
void Certificates::ReadOthers() {
  for (const TlsFile& file : others_) {
    const auto pem = ReadTlsFile(file);
    if (IsTemporary(pem.status())) continue;
    const auto expiry = pem.ok() ? ExpiryOf(file, *pem) : pem.status();
    absl::MutexLock lock(&mutex_);
    if (expiry.ok()) {
      readings_[file.setting] = {file, *expiry};
    } else {
      readings_.erase(file.setting);
    }
  }
}

// Warns once a day, and when a certificate expires.
void Certificates::LogExpiry() {
  const Micros now = clock_.WallMicros();
  for (const CertificateReading& certificate : Read().certificates) {
    const std::string warning = ExpiryWarning(certificate, now);
    if (warning.empty()) continue;
    const Micros not_after = certificate.expiry.not_after;
    const LastWarning warned{.not_after = not_after, .time = now, .expired = now >= not_after};
    const auto [last, first] = warned_.try_emplace(certificate.file.setting, warned);
    if (!first && last->second.not_after == not_after && last->second.expired == warned.expired &&
        now - last->second.time < kDay) {
      continue;
    }
    last->second = warned;
    spdlog::warn("{}", warning);
  }
}

Certificates::Reading Certificates::Read() const {
  absl::MutexLock lock(&mutex_);
  Reading reading{.certificates = {}, .error = error_};
  for (const auto& [setting, certificate] : readings_) reading.certificates.push_back(certificate);
  return reading;
}

}  // namespace millrace::api
