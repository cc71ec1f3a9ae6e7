// SPDX-License-Identifier: Apache-2.0

// millraced: builds the rooms, wires them, and stops them in order.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "CLI/CLI.hpp"
#include "admin/admin_service.h"
#include "admin/metrics_endpoint.h"
#include "api/certificates.h"
#include "api/server.h"
#include "base/clock.h"
#include "base/descriptor_limit.h"
#include "base/error.h"
#include "base/logging.h"
#include "base/version.h"
#include "config/config.h"
#include "config/password.h"
#include "coverage/coverage.h"
#include "feed/feed.h"
#include "feed/subscriptions.h"
#include "fmt/format.h"
#include "ingest/ingest.h"
#include "ingest/source_identity.h"
#include "kafka/mirror_control.h"
#ifdef MILLRACE_KAFKA
#include "kafka/debezium_encoder.h"
#include "kafka/mirror.h"
#include "kafka/protobuf_encoder.h"
#endif
#include "listener/connections.h"
#include "listener/descriptor_budget.h"
#include "log/log.h"
#include "model/flavour.h"
#include "model/source_position.h"
#include "mysql/source_check.h"
#include "mysql/source_pool.h"
#include "schema/registry.h"
#include "snapshot/snapshots.h"
#include "snapshot/stream_tasks.h"
#include "snapshot/unseen_tables.h"
#include "spdlog/spdlog.h"

namespace millrace {
namespace {

// Exit codes besides 0.
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

// After the streams have had theirs (server.shutdown_grace). The rest of the stop takes less than
// three seconds.
constexpr absl::Duration kIngestStopGrace = absl::Milliseconds(800);
constexpr absl::Duration kReadersStopGrace = absl::Milliseconds(200);
constexpr absl::Duration kMirrorStopGrace = absl::Milliseconds(800);
constexpr absl::Duration kMetricsStopGrace = absl::Milliseconds(100);

// What the command line sets.
struct Flags {
  std::string config;
  std::string source_host;
  uint16_t source_port = 0;
  std::string source_socket;
  std::string source_user;
  std::string directory;
  std::string listen;
  std::string log_level;
  std::vector<std::string> tables;
  std::string snapshot;
  bool print_config = false;
};

int Fail(const absl::Status& status, int code) {
  const std::string reason = ErrorReason(status);
  std::cerr << "millraced: " << status.message();
  if (!reason.empty()) std::cerr << " [" << reason << "]";
  std::cerr << "\n";
  return code;
}

absl::StatusOr<Config> MakeConfig(const Flags& flags) {
  Config config;
  if (!flags.config.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(config, LoadConfig(flags.config));
  }
  if (!flags.source_host.empty()) config.source.host = flags.source_host;
  if (flags.source_port != 0) config.source.port = flags.source_port;
  if (!flags.source_socket.empty()) config.source.socket = flags.source_socket;
  if (!flags.source_user.empty()) config.source.user = flags.source_user;
  if (!flags.directory.empty()) config.log.directory = flags.directory;
  if (!flags.listen.empty()) config.server.listen = flags.listen;
  if (!flags.log_level.empty()) config.logging.level = flags.log_level;
  if (!flags.tables.empty()) config.source.tables = flags.tables;
  if (flags.snapshot == "initial") config.snapshot.mode = SnapshotMode::kInitial;
  if (flags.snapshot == "never") config.snapshot.mode = SnapshotMode::kNever;
  MILLRACE_RETURN_IF_ERROR(ValidateConfig(config));
  return config;
}

// Blocks the signals that WaitForStop takes, so that it alone sees them, on the main thread and not
// in a handler. Before any thread starts.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Waits for SIGTERM or SIGINT; the next one of them ends the process at once. Calls `reload` at
// each SIGHUP until then.
void WaitForStop(const sigset_t& signals, const std::function<void()>& reload) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0 || signal == SIGHUP) {
    if (signal == SIGHUP) reload();
  }
  spdlog::info("stopping signal={}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGTERM, [](int) { _exit(kExitFailure); });
  std::signal(SIGINT, [](int) { _exit(kExitFailure); });
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void LogReload(const absl::Status& status, std::string_view what) {
  if (status.ok()) {
    spdlog::info("SIGHUP: {} can be read", what);
  } else {
    spdlog::warn("SIGHUP: {} reason={}", std::string(status.message()), ErrorReason(status));
  }
}

// Secrets and certificates of the source are read at each connect, so all that is left to do is to
// say whether they can be, and to connect now if ingestion waits. An open connection stays. The
// server's own certificate is taken at once.
void Reload(const Config& config, api::Certificates& certificates, ingest::Ingest& ingest,
            snapshot::Snapshots& snapshots) {
  LogReload(ReadPassword(config.source).status(), "the password of the source");
  LogReload(CheckTlsFiles(config.source), "the TLS files of the source");
  if (config.kafka.enabled) {
    LogReload(ReadSaslPassword(config.kafka).status(), "the password of Kafka");
  }
  if (certificates.has_server_tls()) {
    LogReload(certificates.Reload(), "the TLS files of the server");
  }
  ingest.RetryNow();
  snapshots.RetryNow();
}

// Certificates that are shown to others.
std::vector<api::TlsFile> CertificatesForOthers(const Config& config) {
  std::vector<api::TlsFile> files;
  const SourceOptions& source = config.source;
  const bool source_tls = source.socket.empty() && source.tls.mode != TlsMode::kDisabled;
  if (source_tls && !source.tls.certificate.empty()) {
    files.push_back({"source.tls.certificate", source.tls.certificate});
  }
  const auto kafka = config.kafka.client.find("ssl.certificate.location");
  if (config.kafka.enabled && kafka != config.kafka.client.end()) {
    files.push_back({"kafka.client.ssl.certificate.location", kafka->second});
  }
  return files;
}

SourceOptions SourceOf(const Config& config) {
  SourceOptions source = config.source;
  if (source.server_id == 0) source.server_id = ingest::DerivedServerId(config.log.directory);
  return source;
}

int Check(const Config& config) {
  const SourcePool source(SourceOf(config));
  auto connection = source.Connect();
  if (!connection.ok()) return Fail(connection.status(), kExitFailure);
  const auto findings = CheckSource(**connection, source.options(), &config.snapshot);
  if (!findings.ok()) return Fail(findings.status(), kExitFailure);
  const ServerInfo& server = (*connection)->info();
  std::cout << fmt::format("{} is {} {}\n", (*connection)->endpoint(), FlavourName(server.flavour),
                           server.version_text);
  bool works = true;
  for (const Finding& finding : *findings) {
    const bool error = finding.severity == Severity::kError;
    works = works && !error;
    std::cout << fmt::format("{}  {}\n         {}\n", error ? "error  " : "warning",
                             finding.message, finding.remedy);
  }
  std::cout << (works ? "ready: a feed works with this source\n"
                      : "not ready: mend the errors above, then check again\n");
  return works ? EXIT_SUCCESS : kExitFailure;
}

#ifdef MILLRACE_KAFKA

using Mirror = kafka::Mirror;

// Null if configuration wants none.
absl::StatusOr<std::unique_ptr<Mirror>> MakeMirror(const Config& config, feed::Feed& feed,
                                                   const schema::Registry& registry,
                                                   const Clock& clock) {
  if (!config.kafka.enabled) return nullptr;
  const bool is_protobuf = config.kafka.format == KafkaFormat::kProtobuf;
  return Mirror::Make(
      {.options = config.kafka,
       .feed = feed,
       .registry = registry,
       .make_encoder = is_protobuf ? kafka::MakeProtobufEncoder : kafka::MakeDebeziumEncoder,
       .clock = clock});
}

#else

// What a build without Kafka has in place of it: nothing, ever.
struct Mirror : kafka::MirrorControl {
  virtual void Start() = 0;
  virtual void RequestStop() = 0;
  virtual bool StopWithin(absl::Duration timeout) = 0;
  virtual std::optional<Sequence> HoldFrom() const = 0;
};

absl::StatusOr<std::unique_ptr<Mirror>> MakeMirror(const Config& config, feed::Feed&,
                                                   const schema::Registry&, const Clock&) {
  if (!config.kafka.enabled) return nullptr;
  return absl::InvalidArgumentError(
      "'kafka.enabled' is set, and this millraced was built without Kafka: use one that was "
      "configured with MILLRACE_KAFKA=ON");
}

#endif

// Null if configuration wants none.
absl::StatusOr<std::unique_ptr<admin::MetricsEndpoint>> StartMetrics(
    const MetricsOptions& options, const admin::AdminParts& parts) {
  if (options.listen.empty()) return nullptr;
  MILLRACE_ASSIGN_OR_RETURN(auto metrics,
                            admin::MetricsEndpoint::Start(options, admin::CollectFrom(parts)));
  spdlog::info("metrics are served at http://{}/metrics metrics_port={}", options.listen,
               metrics->port());
  return metrics;
}

// Of the source: as configured, else as the GTIDs in the log tell. A new log learns it from the
// source before its first change.
Flavour FlavourOf(const SourceOptions& source, const log::Log& log) {
  if (source.flavour.has_value()) return *source.flavour;
  const auto position = SourcePosition::FromBinary(log.source_position());
  const bool mariadb = position.ok() && !position->gtids.mariadb().empty();
  return mariadb ? Flavour::kMariadb : Flavour::kMysql;
}

// As configured, or as many as there is room for. Before the log is opened, which divides the
// descriptors too.
listener::ConnectionLimits LimitsOf(const Config& config) {
  const uint64_t descriptors = RaiseDescriptorLimit();
  const listener::ConnectionLimits limits =
      listener::FittingLimits(config.server, descriptors,
                              {.snapshot_connections = config.snapshot.connections,
                               .kafka = config.kafka.enabled,
                               .metrics = !config.metrics.listen.empty()});
  if (limits.connections_max < config.server.connections_max) {
    spdlog::warn(
        "server.connections_max is lowered to {}: the limit of open files is {}; raise it "
        "with LimitNOFILE or ulimit -n",
        limits.connections_max, descriptors);
  }
  return limits;
}

// What retention must leave: all behind the slower of the two.
std::optional<Sequence> KeepFrom(const feed::Subscriptions& subscriptions, const Mirror* mirror) {
  const std::optional<Sequence> subscribed = subscriptions.Oldest();
  const std::optional<Sequence> mirrored =
      mirror != nullptr ? mirror->HoldFrom() : std::optional<Sequence>();
  if (!subscribed.has_value() || !mirrored.has_value()) {
    return subscribed.has_value() ? subscribed : mirrored;
  }
  return std::min(*subscribed, *mirrored);
}

// What has threads.
struct Running {
  ingest::Ingest& ingest;
  Mirror* mirror;  // null: there is none
  snapshot::StreamTasks& tasks;
  snapshot::Snapshots& snapshots;
  admin::AdminService& admin;
  api::Server& server;
  admin::MetricsEndpoint* metrics;  // null: there is none
};

// False if something hangs: an attempt to connect to the source or to Kafka, or the connection of
// a client that asks or takes nothing. None holds anything that is not on disk.
bool StopInOrder(const Running& running) {
  if (running.metrics != nullptr) running.metrics->RequestStop();
  running.ingest.RequestStop();
  if (running.mirror != nullptr) running.mirror->RequestStop();
  running.tasks.Close();
  // A task that runs may be reading a table: it ends with its reader.
  running.snapshots.StopWithin(absl::ZeroDuration());
  running.admin.Stop();
  const bool served = running.server.StopInTime();
  const bool ingested = running.ingest.StopWithin(kIngestStopGrace);
  const bool read = running.snapshots.StopWithin(kReadersStopGrace);
  const bool mirrored = running.mirror == nullptr || running.mirror->StopWithin(kMirrorStopGrace);
  const bool shown = running.metrics == nullptr || running.metrics->StopWithin(kMetricsStopGrace);
  return served && ingested && read && mirrored && shown;
}

int Serve(const Config& config) {
  const sigset_t signals = BlockSignals();
  const Clock& clock = Clock::System();
  const auto certificates = api::Certificates::Open(
      {.server = config.server.tls, .others = CertificatesForOthers(config), .clock = clock});
  if (!certificates.ok()) return Fail(certificates.status(), kExitFailure);
  listener::Connections connections(LimitsOf(config), clock);
  auto log = log::Log::Open(config.log, clock);
  if (!log.ok()) return Fail(log.status(), kExitFailure);
  auto registry = schema::Registry::Open(**log, FlavourOf(config.source, **log));
  if (!registry.ok()) return Fail(registry.status(), kExitFailure);
  auto subscriptions = feed::Subscriptions::Open(**log, clock);
  if (!subscriptions.ok()) return Fail(subscriptions.status(), kExitFailure);
  feed::Feed feed(**log, config.log.ring_bytes);
  auto mirror = MakeMirror(config, feed, **registry, clock);
  if (!mirror.ok()) return Fail(mirror.status(), kExitUsage);
  api::StreamList streams(config.server.streams_max);
  auto coverage = coverage::Coverage::Open(**log);
  if (!coverage.ok()) return Fail(coverage.status(), kExitFailure);
  const SourcePool source(SourceOf(config));
  snapshot::StreamTasks tasks;
  auto snapshots = snapshot::Snapshots::Open({.config = config,
                                              .source = source,
                                              .log = **log,
                                              .registry = **registry,
                                              .coverage = **coverage,
                                              .tasks = tasks,
                                              .clock = clock});
  if (!snapshots.ok()) return Fail(snapshots.status(), kExitFailure);

  auto ingest = ingest::Ingest::Make(
      {.config = config,
       .source = source,
       .log = **log,
       .registry = **registry,
       .coverage = **coverage,
       .tasks = tasks,
       .clock = clock,
       .committer = {.on_committed = [&feed](auto frames) { feed.Publish(frames); },
                     .keep_from = [&] { return KeepFrom(**subscriptions, mirror->get()); }},
       .on_uncovered = [&snapshots](const TableName& table) {
         (*snapshots)->NoteUncovered(table);
       }});
  if (!ingest.ok()) return Fail(ingest.status(), kExitUsage);

  const snapshot::UnseenTables unseen{.source = source, .registry = **registry, .tasks = tasks};
  feed::DiskReaders disk(config.server.disk_readers);
  feed::CommitTimes commit_times(feed, disk);
  const admin::AdminParts parts{.ingest = **ingest,
                                .feed = feed,
                                .subscriptions = **subscriptions,
                                .streams = streams,
                                .connections = connections,
                                .snapshots = **snapshots,
                                .disk = disk,
                                .commit_times = commit_times,
                                .mirror = mirror->get(),
                                .certificates = certificates->get(),
                                .clock = clock};
  admin::AdminService admin(parts);
  auto server = api::Server::Start(
      {.options = config.server,
       .feed = feed,
       .subscriptions = **subscriptions,
       .registry = **registry,
       .clock = clock,
       .source_time = [&ingest] { return (*ingest)->source_time(); },
       .streams = streams,
       .disk = disk,
       .connections = connections,
       .services = {{std::string(v1::Admin::service_full_name()), &admin}},
       .coverage = coverage->get(),
       .ensure =
           [&snapshots](const std::vector<std::string>& patterns) {
             return (*snapshots)->EnsureCovered(patterns);
           },
       .learn_tables =
           [&unseen](const std::vector<std::string>& patterns) { return unseen.Learn(patterns); },
       .certificates = certificates->get()});
  if (!server.ok()) return Fail(server.status(), kExitFailure);
  (*certificates)->Start();
  const auto metrics = StartMetrics(config.metrics, parts);
  if (!metrics.ok()) return Fail(metrics.status(), kExitFailure);
  (*ingest)->SetHealthListener([&server](bool healthy) { (*server)->SetServing(healthy); });
  (*ingest)->Start();
  (*snapshots)->Start();
  if (*mirror != nullptr) (*mirror)->Start();
  spdlog::info("millraced {} serves listen={} port={} log={} log_id={} newest={}", kVersion,
               config.server.listen, (*server)->port(), config.log.directory,
               LogIdText((*log)->log_id()), (*log)->range().newest.value);

  WaitForStop(signals, [&] { Reload(config, **certificates, **ingest, **snapshots); });
  const bool ended = StopInOrder({.ingest = **ingest,
                                  .mirror = mirror->get(),
                                  .tasks = tasks,
                                  .snapshots = **snapshots,
                                  .admin = admin,
                                  .server = **server,
                                  .metrics = metrics->get()});
  spdlog::info("stopped newest={}", (*log)->range().newest.value);
  if (!ended) std::_Exit(EXIT_SUCCESS);
  return EXIT_SUCCESS;
}

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("-c,--config", flags.config, "configuration file, YAML");
  app.add_option("--source-host", flags.source_host, "host of the source (source.host)");
  app.add_option("--source-port", flags.source_port, "port of the source (source.port)");
  app.add_option("--source-socket", flags.source_socket,
                 "Unix socket of the source (source.socket)");
  app.add_option("--source-user", flags.source_user, "account at the source (source.user)");
  app.add_option("--tables", flags.tables, "patterns of tables to capture (source.tables)");
  app.add_option("--snapshot", flags.snapshot,
                 "whether tables are read first: initial or never (snapshot.mode)")
      ->check(CLI::IsMember({"initial", "never"}).description(""));
  app.add_option("-d,--directory", flags.directory, "directory of the change log (log.directory)");
  app.add_option("-l,--listen", flags.listen, "address of the gRPC server (server.listen)");
  app.add_option("--log-level", flags.log_level, "trace to error, or off (logging.level)");
  app.add_flag("--print-config", flags.print_config, "print the effective configuration and exit");
  app.set_version_flag("--version", fmt::format("millraced {}", kVersion));
}

// A SIGHUP during the start must not end the process; it waits until Serve takes it.
void BlockHangup() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int Main(int argc, char** argv) {
  BlockHangup();
  CLI::App app(
      "Change-feed server for MySQL and MariaDB: tails the binlog, keeps every row change, serves "
      "it by "
      "gRPC.\nPasswords come from source.password_file or source.password_env, never from flags.\n"
      "SIGTERM and SIGINT stop it; SIGHUP makes it read passwords and certificates again and, if "
      "it waits for the source, connect now.",
      "millraced");
  Flags flags;
  AddFlags(app, flags);
  CLI::App* check = app.add_subcommand(
      "check",
      "tell what stands between the source and a working feed, with the statement that mends it");
  // The flags may stand behind the subcommand too.
  check->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kExitUsage;
  }
  const auto config = MakeConfig(flags);
  if (!config.ok()) return Fail(config.status(), kExitUsage);
  if (flags.print_config) {
    std::cout << DumpConfig(*config);
    return EXIT_SUCCESS;
  }
  const absl::Status logging = SetUpLogging(config->logging);
  if (!logging.ok()) return Fail(logging, kExitUsage);
  return check->parsed() ? Check(*config) : Serve(*config);
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) { return millrace::Main(argc, argv); }
