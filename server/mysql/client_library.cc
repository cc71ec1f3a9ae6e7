// SPDX-License-Identifier: Apache-2.0

#include "mysql/client_library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <mysql.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"
#include "mysql/client_version.h"
#include "mysql/errors.h"
#include "mysql/greeting.h"

#ifdef LIBMARIADB
#include "mysql/connector_c.h"
#endif

namespace millrace {
namespace {

// The longest wait for the server to send or to accept bytes.
constexpr unsigned kWaitSecondsMax = 120;
constexpr uint8_t kErrorPacket = 0xff;
// The longest wait if TLS may hold bytes that we cannot detect.
constexpr Micros kBlindWait = 20'000;

struct HandleCloser {
  void operator()(MYSQL* mysql) const { mysql_close(mysql); }
};
using Handle = std::unique_ptr<MYSQL, HandleCloser>;

int SocketOf(MYSQL* mysql) {
#ifdef LIBMARIADB
  return static_cast<int>(mysql_get_socket(mysql));
#else
  return mysql->net.fd;
#endif
}

absl::Status CannotStartLibrary() {
  return absl::ResourceExhaustedError("cannot initialize the client library");
}

SourceFailure FailureOf(MYSQL* mysql) { return {mysql_errno(mysql), mysql_error(mysql)}; }

bool Verifies(TlsMode mode) {
  return mode == TlsMode::kVerifyCa || mode == TlsMode::kVerifyIdentity;
}

template <typename T>
void SetOption(MYSQL* mysql, mysql_option option, const T& value) {
  mysql_options(mysql, option, &value);
}

int RefuseLocalFile(void**, const char*, void*) { return 1; }
int ReadNoLocalFile(void*, char*, unsigned) { return -1; }
void EndNoLocalFile(void*) {}
int ExplainNoLocalFile(void*, char* text, unsigned size) {
  if (size > 0) text[0] = '\0';
  return 1;
}

#ifdef LIBMARIADB

// Closes the connection if the greeting of the server offers no TLS. Connector/C would continue
// without TLS, unless it has to verify the host's name. Its caching_sha2_password would then send
// the password in clear text, because it assumes that requested TLS is in use. The greeting arrives
// before we have sent anything.
class GreetingGuard {
 public:
  explicit GreetingGuard(bool active) {
    if (active) Current() = this;
  }
  ~GreetingGuard() { Current() = nullptr; }
  bool refused() const { return refused_; }

  // The library calls this hook after each read.
  static void Inspect(int mode, MYSQL* mysql, const unsigned char* bytes, size_t size) {
    GreetingGuard* guard = Current();
    if (guard == nullptr || mode != 0 || static_cast<ssize_t>(size) <= 0) return;
    guard->bytes_.append(reinterpret_cast<const char*>(bytes), size);
    const Greeting greeting = ReadGreeting(guard->bytes_);
    if (greeting == Greeting::kIncomplete) return;
    Current() = nullptr;
    if (greeting != Greeting::kOffersNoTls) return;
    guard->refused_ = true;
    shutdown(SocketOf(mysql), SHUT_RDWR);
  }

 private:
  // The library passes no user data to the hook. Connecting is synchronous, so a thread-local
  // pointer is enough.
  static GreetingGuard*& Current() {
    thread_local GreetingGuard* guard = nullptr;
    return guard;
  }

  bool refused_ = false;
  std::string bytes_;
};

absl::Status InitializeLibrary() {
  MILLRACE_RETURN_IF_ERROR(CheckClientSeries(MARIADB_PACKAGE_VERSION, mysql_get_client_info()));
  if (mysql_server_init(0, nullptr, nullptr) != 0) return CannotStartLibrary();
  if (ma_pvio_register_callback(1, GreetingGuard::Inspect) != 0) return CannotStartLibrary();
  return absl::OkStatus();
}

void SetTls(MYSQL* mysql, const SourceTlsOptions& tls) {
  const auto path = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  const bool verifies = Verifies(tls.mode);
  // With a CA the handshake always verifies the certificate chain.
  mysql_ssl_set(mysql, path(tls.key), path(tls.certificate), verifies ? path(tls.ca) : nullptr,
                nullptr, nullptr);
  SetOption(mysql, MYSQL_OPT_SSL_ENFORCE, my_bool{1});
  // From 3.4 on the library verifies the chain only if it also verifies the name. Better too strict
  // than unverified.
  const bool verifies_name =
      tls.mode == TlsMode::kVerifyIdentity || (verifies && mysql_get_client_version() >= 30400);
  SetOption(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verifies_name ? my_bool{1} : my_bool{0});
  mysql_options(mysql, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
}

void SetAuthentication(MYSQL* mysql) {
  // Excludes mysql_clear_password, and dialog, which prompts on the terminal: Connector/C would
  // load either if the server requested it.
  mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH,
                "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519");
}

#else

absl::Status InitializeLibrary() {
  return mysql_library_init(0, nullptr, nullptr) == 0 ? absl::OkStatus() : CannotStartLibrary();
}

void SetTls(MYSQL* mysql, const SourceTlsOptions& tls) {
  const auto set = [&](mysql_option option, const std::string& path) {
    if (!path.empty()) mysql_options(mysql, option, path.c_str());
  };
  if (Verifies(tls.mode)) set(MYSQL_OPT_SSL_CA, tls.ca);
  set(MYSQL_OPT_SSL_CERT, tls.certificate);
  set(MYSQL_OPT_SSL_KEY, tls.key);
  mysql_options(mysql, MYSQL_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
  const unsigned mode = tls.mode == TlsMode::kVerifyIdentity ? SSL_MODE_VERIFY_IDENTITY
                        : tls.mode == TlsMode::kVerifyCa ? SSL_MODE_VERIFY_CA
                        : tls.mode == TlsMode::kRequired ? SSL_MODE_REQUIRED
                                                         : SSL_MODE_PREFERRED;
  SetOption(mysql, MYSQL_OPT_SSL_MODE, mode);
}

void SetAuthentication(MYSQL* mysql) {
  SetOption(mysql, MYSQL_ENABLE_CLEARTEXT_PLUGIN, false);
  // caching_sha2_password needs this without TLS. Connector/C always does it.
  SetOption(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, true);
}

class GreetingGuard {
 public:
  explicit GreetingGuard(bool) {}
  bool refused() const { return false; }
};

#endif

void DisableTls(MYSQL* mysql) {
#ifdef LIBMARIADB
  SetOption(mysql, MYSQL_OPT_SSL_ENFORCE, my_bool{0});
  SetOption(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool{0});
#else
  SetOption(mysql, MYSQL_OPT_SSL_MODE, unsigned{SSL_MODE_DISABLED});
#endif
}

bool WantsTls(const SourceLogin& login) {
  return !login.address.is_local() && login.tls.mode != TlsMode::kDisabled;
}

void SetOptions(MYSQL* mysql, const SourceLogin& login) {
  const bool local = login.address.is_local();
  SetOption(mysql, MYSQL_OPT_PROTOCOL,
            unsigned{local ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP});
  const auto seconds =
      static_cast<unsigned>(std::max<Micros>((login.connect_timeout + 999'999) / 1'000'000, 1));
  SetOption(mysql, MYSQL_OPT_CONNECT_TIMEOUT, seconds);
  SetOption(mysql, MYSQL_OPT_READ_TIMEOUT, kWaitSecondsMax);
  SetOption(mysql, MYSQL_OPT_WRITE_TIMEOUT, kWaitSecondsMax);
  SetOption(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET,
            static_cast<unsigned long>(login.packet_bytes_max));
  SetOption(mysql, MYSQL_OPT_LOCAL_INFILE, unsigned{0});
  mysql_set_local_infile_handler(mysql, RefuseLocalFile, ReadNoLocalFile, EndNoLocalFile,
                                 ExplainNoLocalFile, nullptr);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  SetAuthentication(mysql);
  if (WantsTls(login)) {
    SetTls(mysql, login.tls);
  } else {
    DisableTls(mysql);
  }
}

// Reads packets through the library, which decrypts them.
class LibraryPacketReader final : public PacketReader {
 public:
  LibraryPacketReader(MYSQL* mysql, const PacketReaderOptions& options)
      : mysql_(mysql), socket_(SocketOf(mysql)), options_(options), wait_(socket_, options_) {}

  bool HasMore() const override { return CachedBytes() > 0 || ReadableNow(socket_); }

  void Wait(int wake) override {
    if (HasMore()) return;
    // If TLS may hold bytes that we cannot detect, Read must check for them soon.
    wait_.WaitUntilReadableOrWoken(wake, KnowsTlsBytes() ? options_.silence_max : kBlindWait);
  }

#ifdef LIBMARIADB
  absl::StatusOr<std::string_view> Read() override {
    if (CachedBytes() == 0) MILLRACE_RETURN_IF_ERROR(wait_.WaitUntilReadable());
    const unsigned long size = mysql_net_read_packet(mysql_);
    if (size == packet_error) return Failure();
    wait_.EndSilence();
    return std::string_view(reinterpret_cast<const char*>(mysql_->net.read_pos), size);
  }

 private:
  size_t CachedBytes() const {
    const MARIADB_PVIO* pvio = mysql_->net.pvio;
    if (pvio == nullptr) return 0;
    const size_t cached =
        pvio->cache_size == 0
            ? 0
            : static_cast<size_t>(pvio->cache + pvio->cache_size - pvio->cache_pos);
    return cached + TlsBytes(*pvio);
  }

  // The bytes that TLS has decrypted and the library has not read yet: the rest of a record.
  // Queries the OpenSSL that the library itself has loaded.
  static size_t TlsBytes(const MARIADB_PVIO& pvio) {
    const auto* tls = static_cast<const ConnectorTls*>(static_cast<const void*>(pvio.ctls));
    if (tls == nullptr || tls->ssl == nullptr || SslPending() == nullptr) return 0;
    return static_cast<size_t>(std::max(SslPending()(tls->ssl), 0));
  }
  bool KnowsTlsBytes() const { return mysql_get_ssl_cipher(mysql_) == nullptr || SslPending(); }

  using SslPendingFunction = int (*)(const void* ssl);
  static SslPendingFunction SslPending() {
    static const SslPendingFunction function = [] {
      const char* name = nullptr;
      const bool known = mariadb_get_infov(nullptr, MARIADB_TLS_LIBRARY, &name) == 0;
      const bool openssl = known && name != nullptr && std::strncmp(name, "OpenSSL", 7) == 0;
      return reinterpret_cast<SslPendingFunction>(openssl ? dlsym(RTLD_DEFAULT, "SSL_pending")
                                                          : nullptr);
    }();
    return function;
  }
#else
  absl::StatusOr<std::string_view> Read() override {
    if (mysql_binlog_fetch(mysql_, &dump_) != 0) return Failure();
    wait_.EndSilence();
    // At the end of the dump the library returns no bytes; the server sent this packet.
    if (dump_.size == 0) return std::string_view("\xfe\0\0\0\0", 5);
    return std::string_view(reinterpret_cast<const char*>(dump_.buffer), dump_.size);
  }

  // Requests the dump. Oracle's functions request and read with the same structure.
  absl::Status Open(const DumpRequest& request) {
    request_ = request;
    dump_.file_name = request_.file.c_str();
    dump_.file_name_length = request_.file.size();
    dump_.start_position = request_.offset;
    dump_.server_id = request_.server_id;
    dump_.flags = DumpFlags(request_);
    if (request_.gtids.has_value()) {
      dump_.flags |= MYSQL_RPL_GTID;
      dump_.gtid_set_encoded_size = request_.gtids->size();
      dump_.fix_gtid_set = nullptr;
      dump_.gtid_set_arg = request_.gtids->data();
    }
    if (mysql_binlog_open(mysql_, &dump_) == 0) return absl::OkStatus();
    return DumpError(options_.endpoint, request.server_id, FailureOf(mysql_));
  }

 private:
  size_t CachedBytes() const { return 0; }
  bool KnowsTlsBytes() const { return mysql_get_ssl_cipher(mysql_) == nullptr; }
  DumpRequest request_;
  MYSQL_RPL dump_{};
#endif

  // Returns an error of the server as the packet that it sent, like SocketPacketReader. Reports any
  // other failure as a lost connection.
  absl::StatusOr<std::string_view> Failure() {
    const SourceFailure failure = FailureOf(mysql_);
    if (failure.code == 1153) return PacketTooLarge(options_.endpoint, failure.text);
    if (failure.code == 0 || (failure.code >= 2000 && failure.code < 3000) ||
        failure.code >= 5000) {
      return SourceUnreachable(options_.endpoint, failure.text);
    }
    error_ = static_cast<char>(kErrorPacket);
    AppendLittle16(error_, static_cast<uint16_t>(failure.code));
    error_ += "#HY000" + failure.text;
    return std::string_view(error_);
  }

  MYSQL* const mysql_;
  const int socket_;
  const PacketReaderOptions options_;
  SocketWait wait_;
  std::string error_;
};

struct ResultFreer {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

// A duplicate of the socket of a connection, so that another thread can break the connection while
// the library may be closing its own descriptor.
class Breaker {
 public:
  explicit Breaker(int socket) : socket_(fcntl(socket, F_DUPFD_CLOEXEC, 0)) {}
  ~Breaker() {
    if (socket_ >= 0) close(socket_);
  }
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  bool valid() const { return socket_ >= 0; }
  bool broken() const { return broken_.load(std::memory_order_relaxed); }
  // From any thread.
  void Break() {
    broken_.store(true, std::memory_order_relaxed);
    shutdown(socket_, SHUT_RDWR);
  }

 private:
  const int socket_;
  std::atomic<bool> broken_ = false;
};

using Result = std::unique_ptr<MYSQL_RES, ResultFreer>;

// A connection that runs a query.
struct QueryContext {
  MYSQL* mysql;
  const std::string& endpoint;
  Breaker& breaker;

  absl::Status LastError() const {
    if (breaker.broken()) return absl::CancelledError("the connection was interrupted");
    return QueryError(endpoint, FailureOf(mysql));
  }
};

class LibraryRowStream final : public RowStream {
 public:
  LibraryRowStream(const QueryContext& connection, Result result)
      : connection_(connection),
        result_(std::move(result)),
        values_(mysql_num_fields(result_.get())) {}

  size_t column_count() const override { return values_.size(); }

  absl::StatusOr<bool> Next() override {
    if (ended_) return false;
    const MYSQL_ROW row = mysql_fetch_row(result_.get());
    if (row == nullptr) [[unlikely]] {
      if (mysql_errno(connection_.mysql) != 0 || connection_.breaker.broken()) {
        return connection_.LastError();
      }
      ended_ = true;
      return false;
    }
    const unsigned long* sizes = mysql_fetch_lengths(result_.get());
    for (size_t i = 0; i < values_.size(); ++i) values_[i] = {row[i], sizes[i]};
    return true;
  }

  const TextValue* values() const override { return values_.data(); }

  void Abandon() override {
    if (!ended_) connection_.breaker.Break();
  }

 private:
  const QueryContext connection_;
  const Result result_;
  std::vector<TextValue> values_;
  bool ended_ = false;
};

class LibraryHandle final : public ClientHandle {
 public:
  LibraryHandle(Handle mysql, std::string endpoint)
      : mysql_(std::move(mysql)),
        endpoint_(std::move(endpoint)),
        breaker_(SocketOf(mysql_.get())) {}

  bool CanBreak() const { return breaker_.valid(); }

  absl::StatusOr<QueryRows> Query(std::string_view sql) override {
    if (mysql_real_query(mysql_.get(), sql.data(), sql.size()) != 0) return LastError();
    const Result result(mysql_store_result(mysql_.get()));
    if (result == nullptr) {
      if (mysql_errno(mysql_.get()) != 0) return LastError();
      return QueryRows();
    }
    QueryRows rows;
    const unsigned count = mysql_num_fields(result.get());
    const MYSQL_FIELD* fields = mysql_fetch_fields(result.get());
    for (unsigned i = 0; i < count; ++i) rows.columns.emplace_back(fields[i].name);
    while (const MYSQL_ROW row = mysql_fetch_row(result.get())) {
      const unsigned long* sizes = mysql_fetch_lengths(result.get());
      QueryRow& values = rows.rows.emplace_back(count);
      for (unsigned i = 0; i < count; ++i) {
        if (row[i] != nullptr) values[i].emplace(row[i], sizes[i]);
      }
    }
    return rows;
  }

  absl::StatusOr<std::unique_ptr<RowStream>> Stream(std::string_view sql) override {
    if (mysql_real_query(mysql_.get(), sql.data(), sql.size()) != 0) return LastError();
    Result result(mysql_use_result(mysql_.get()));
    if (result == nullptr) {
      if (mysql_errno(mysql_.get()) != 0) return LastError();
      return QueryError(endpoint_, {0, "the statement returns no rows"});
    }
    return std::make_unique<LibraryRowStream>(QueryContext{mysql_.get(), endpoint_, breaker_},
                                              std::move(result));
  }

  void Interrupt() override { breaker_.Break(); }

  std::string ServerVersion() const override { return mysql_get_server_info(mysql_.get()); }
  std::string TlsCipher() const override {
    const char* cipher = mysql_get_ssl_cipher(mysql_.get());
    return cipher == nullptr ? "" : cipher;
  }
  int socket() const override { return SocketOf(mysql_.get()); }

  absl::Status RegisterReplica(uint32_t server_id, const std::string& host) override {
#ifdef LIBMARIADB
    const std::string arguments = RegisterReplicaArguments(server_id, host);
    if (mysql_->methods->db_command(mysql_.get(), COM_REGISTER_SLAVE, arguments.data(),
                                    arguments.size(), 0, nullptr) != 0) {
      return DumpError(endpoint_, server_id, FailureOf(mysql_.get()));
    }
#endif
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<PacketReader>> StartDump(
      const DumpRequest& request, const PacketReaderOptions& options) override {
    SetReceiveTimeout(options.silence_max);
#ifdef LIBMARIADB
    // COM_BINLOG_DUMP_GTID, for which Connector/C has no name.
    constexpr auto kDumpGtid = static_cast<enum_server_command>(30);
    const bool by_gtid = request.gtids.has_value();
    const std::string arguments =
        by_gtid ? DumpByGtidArguments(request) : DumpByFileArguments(request);
    if (mysql_->methods->db_command(mysql_.get(), by_gtid ? kDumpGtid : COM_BINLOG_DUMP,
                                    arguments.data(), arguments.size(), 1, nullptr) != 0) {
      return DumpError(endpoint_, request.server_id, FailureOf(mysql_.get()));
    }
    if (TlsCipher().empty()) return MakeSocketPacketReader(socket(), options);
    return std::make_unique<LibraryPacketReader>(mysql_.get(), options);
#else
    auto reader = std::make_unique<LibraryPacketReader>(mysql_.get(), options);
    MILLRACE_RETURN_IF_ERROR(reader->Open(request));
    if (TlsCipher().empty()) return MakeSocketPacketReader(socket(), options);
    return reader;
#endif
  }

 private:
  absl::Status LastError() { return QueryContext{mysql_.get(), endpoint_, breaker_}.LastError(); }

  // Limits each read by the library: the server may stop sending inside a packet.
  void SetReceiveTimeout(Micros silence_max) const {
    const timeval limit{.tv_sec = silence_max / 1'000'000, .tv_usec = silence_max % 1'000'000};
    setsockopt(socket(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  const Handle mysql_;
  const std::string endpoint_;
  Breaker breaker_;
};

// Connects with the TLS mode of `login`. With Connector/C, mode `preferred` requires TLS here.
// Null: the server offers no TLS, and we have sent nothing.
absl::StatusOr<Handle> TryConnect(const SourceLogin& login) {
  static const absl::Status initialized = InitializeLibrary();
  MILLRACE_RETURN_IF_ERROR(initialized);
  Handle mysql(mysql_init(nullptr));
  if (mysql == nullptr) return CannotStartLibrary();
  SetOptions(mysql.get(), login);
  const GreetingGuard guard(WantsTls(login));
  const SourceAddress& address = login.address;
  const bool local = address.is_local();
  const MYSQL* connected =
      mysql_real_connect(mysql.get(), local ? nullptr : address.host.c_str(), login.user.c_str(),
                         login.password.c_str(), nullptr, local ? 0 : address.port,
                         local ? address.socket.c_str() : nullptr, 0);
  if (guard.refused()) return Handle();
  if (connected == nullptr) return ConnectError(login, FailureOf(mysql.get()));
  return mysql;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClientHandle>> ClientHandle::Connect(const SourceLogin& login) {
  const std::string endpoint = login.address.ToString();
  if (WantsTls(login) && Verifies(login.tls.mode) && login.tls.ca.empty()) {
    return TlsFailed(endpoint, "source.tls.mode requires source.tls.ca, to verify the certificate");
  }
  MILLRACE_ASSIGN_OR_RETURN(Handle mysql, TryConnect(login));
  const bool tls_optional = login.tls.mode == TlsMode::kPreferred;
  if (mysql == nullptr && tls_optional) {
    SourceLogin plain = login;
    plain.tls.mode = TlsMode::kDisabled;
    MILLRACE_ASSIGN_OR_RETURN(mysql, TryConnect(plain));
  }
  if (mysql == nullptr) return TlsFailed(endpoint, "the source does not offer TLS");
  auto handle = std::make_unique<LibraryHandle>(std::move(mysql), endpoint);
  if (!handle->CanBreak()) {
    return OutOfFileDescriptors("a connection to the source");
  }
  if (WantsTls(login) && !tls_optional && handle->TlsCipher().empty()) {
    return TlsFailed(endpoint, "the connection was made without TLS");
  }
  return handle;
}

}  // namespace millrace
