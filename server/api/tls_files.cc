// SPDX-License-Identifier: Apache-2.0

#include "api/tls_files.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "api/invalid_addresses.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace::api {
namespace {

// The largest bundle of public authorities needs a quarter of this.
constexpr size_t kFileBytesMax = 1 << 20;
constexpr size_t kSubjectBytesMax = 256;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

absl::Status Unusable(const TlsFile& file, std::string_view what) {
  return MakeError(reason::kTlsFileUnreadable,
                   fmt::format("{} '{}' {}", file.setting, file.path, what), {{"path", file.path}});
}

absl::Status CannotRead(const TlsFile& file, int error) {
  if (error == EMFILE || error == ENFILE) {
    return OutOfFileDescriptors(fmt::format("{} '{}'", file.setting, file.path));
  }
  return Unusable(file,
                  fmt::format("cannot be read: {}; it must be a PEM file that this user may read",
                              std::generic_category().message(error)));
}

// OpenSSL's text of its newest error. Clears its error queue.
std::string OpensslError() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown error";
}

Bio MemoryBio(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Skips PEM blocks of other kinds, like gRPC.
absl::StatusOr<std::vector<Certificate>> CertificatesOf(const TlsFile& file, std::string_view pem) {
  ERR_clear_error();
  const Bio bio = MemoryBio(pem);
  std::vector<Certificate> certificates;
  while (X509* next = PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(next);
  }
  // gRPC would take an error as the end of the file and ignore the rest of a chain.
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return Unusable(file, fmt::format("is damaged at certificate {}: {}; write the whole file "
                                      "again",
                                      certificates.size() + 1, OpensslError()));
  }
  ERR_clear_error();
  if (certificates.empty()) return Unusable(file, "contains no certificate in PEM form");
  return certificates;
}

// Called for an encrypted key. Without it OpenSSL would prompt on the terminal.
int NoPassphrase(char*, int, int, void* requested) {
  *static_cast<bool*>(requested) = true;
  return -1;
}

absl::StatusOr<Key> KeyOf(const TlsFile& file, std::string_view pem) {
  ERR_clear_error();
  const Bio bio = MemoryBio(pem);
  bool encrypted = false;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, &encrypted));
  if (key != nullptr) return key;
  const std::string error = OpensslError();
  if (encrypted) {
    return Unusable(file,
                    "is encrypted: decrypt it with openssl pkey, and let only this user read it");
  }
  return Unusable(file, fmt::format("contains no private key in PEM form: {}", error));
}

// Zero if the time is unreadable.
Micros MicrosOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<Micros>(timegm(&parts)) * 1'000'000;
}

std::string SubjectOf(const X509& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  if (bytes <= 0) return "";
  return std::string(text, std::min(static_cast<size_t>(bytes), kSubjectBytesMax));
}

CertificateExpiry FirstToExpire(const std::vector<Certificate>& certificates) {
  std::optional<CertificateExpiry> first;
  for (const Certificate& certificate : certificates) {
    const Micros not_after = MicrosOf(X509_get0_notAfter(certificate.get()));
    if (first.has_value() && first->not_after <= not_after) continue;
    first = {.not_before = MicrosOf(X509_get0_notBefore(certificate.get())),
             .not_after = not_after,
             .subject = SubjectOf(*certificate)};
  }
  return first.value_or(CertificateExpiry());
}

// Whether OpenSSL accepts the certificate in a server. It may refuse a short key, for example.
absl::Status CheckAccepted(const TlsFile& file, const std::vector<Certificate>& chain) {
  ERR_clear_error();
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || SSL_CTX_use_certificate(context.get(), chain.front().get()) != 1) {
    return Unusable(file, fmt::format("is refused by OpenSSL: {}", OpensslError()));
  }
  return absl::OkStatus();
}

absl::Status CheckAddresses(const TlsFile& file, const X509& certificate) {
  const auto bytes = InvalidAddressBytes(certificate);
  if (!bytes.has_value()) return absl::OkStatus();
  return Unusable(
      file, fmt::format("has a subject alternative name with an address of {} bytes", *bytes));
}

std::string IdentityText(EVP_PKEY& key, const std::vector<Certificate>& chain) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  for (const Certificate& certificate : chain) PEM_write_bio_X509(bio.get(), certificate.get());
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(std::max(bytes, 0L)));
}

}  // namespace

absl::StatusOr<std::string> ReadTlsFile(const TlsFile& file) {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const int descriptor = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return CannotRead(file, errno);
  std::string text;
  std::array<char, 16 << 10> piece;
  ssize_t count = 0;
  do {
    count = ::read(descriptor, piece.data(), piece.size());
    if (count > 0) text.append(piece.data(), static_cast<size_t>(count));
  } while ((count > 0 && text.size() <= kFileBytesMax) || (count < 0 && errno == EINTR));
  const int error = count < 0 ? errno : 0;
  ::close(descriptor);
  if (error != 0) return CannotRead(file, error);
  if (text.size() > kFileBytesMax)
    return Unusable(file, "is larger than 1 MiB, so it is not a PEM file");
  if (text.empty()) return Unusable(file, "is empty");
  return text;
}

absl::StatusOr<CertificateExpiry> ExpiryOf(const TlsFile& file, std::string_view pem) {
  MILLRACE_ASSIGN_OR_RETURN(const auto certificates, CertificatesOf(file, pem));
  return FirstToExpire(certificates);
}

absl::StatusOr<ServerTlsBytes> ReadServerTls(const ServerTlsOptions& options) {
  ServerTlsBytes bytes;
  MILLRACE_ASSIGN_OR_RETURN(bytes.certificate,
                            ReadTlsFile({"server.tls.certificate", options.certificate}));
  MILLRACE_ASSIGN_OR_RETURN(bytes.key, ReadTlsFile({"server.tls.key", options.key}));
  if (!options.client_ca.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(bytes.client_ca,
                              ReadTlsFile({"server.tls.client_ca", options.client_ca}));
  }
  return bytes;
}

absl::StatusOr<ServerTls> ParseServerTls(const ServerTlsOptions& options,
                                         const ServerTlsBytes& bytes) {
  const TlsFile certificate{"server.tls.certificate", options.certificate};
  const TlsFile key_file{"server.tls.key", options.key};
  MILLRACE_ASSIGN_OR_RETURN(const auto chain, CertificatesOf(certificate, bytes.certificate));
  MILLRACE_ASSIGN_OR_RETURN(const Key key, KeyOf(key_file, bytes.key));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return Unusable(key_file, fmt::format("does not belong to the first certificate in '{}', "
                                          "server.tls.certificate",
                                          options.certificate));
  }
  MILLRACE_RETURN_IF_ERROR(CheckAccepted(certificate, chain));
  MILLRACE_RETURN_IF_ERROR(CheckAddresses(certificate, *chain.front()));
  ServerTls tls{.identity = IdentityText(*key, chain),
                .client_ca = bytes.client_ca,
                .certificate = FirstToExpire(chain),
                .authority = {}};
  if (!options.client_ca.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(
        tls.authority, ExpiryOf({"server.tls.client_ca", options.client_ca}, bytes.client_ca));
  }
  return tls;
}

}  // namespace millrace::api
