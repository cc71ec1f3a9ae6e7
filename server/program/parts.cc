// SPDX-License-Identifier: Apache-2.0

#include "program/parts.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor_limit.h"
#include "base/error.h"
#include "base/version.h"
#include "listener/descriptor_budget.h"
#include "model/token.h"
#include "program/mirror.h"
#include "program/reload.h"
#include "program/shutdown.h"
#include "program/source.h"
#include "spdlog/spdlog.h"

namespace millrace::program {
namespace {

// Certificates that this process uses as a client.
std::vector<api::TlsFile> ClientCertificates(const Config& config) {
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

// The configured limits, or lower ones that fit the number of descriptors. Call it before opening
// the log, which also takes a share of the descriptors.
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

// The sequence after which retention must keep changes: for the slower of subscriptions and
// mirrors.
std::optional<Sequence> KeepFrom(const feed::Subscriptions& subscriptions,
                                 const mirror::Mirrors& mirrors) {
  const std::optional<Sequence> subscribed = subscriptions.Oldest();
  const std::optional<Sequence> mirrored = mirrors.HoldFrom();
  if (!subscribed.has_value() || !mirrored.has_value()) {
    return subscribed.has_value() ? subscribed : mirrored;
  }
  return std::min(*subscribed, *mirrored);
}

// Null if not configured.
absl::StatusOr<std::unique_ptr<admin::MetricsEndpoint>> StartMetrics(
    const MetricsOptions& options, const admin::AdminParts& parts) {
  if (options.listen.empty()) return nullptr;
  MILLRACE_ASSIGN_OR_RETURN(auto metrics,
                            admin::MetricsEndpoint::Start(options, admin::CollectFrom(parts)));
  spdlog::info("metrics are served at http://{}/metrics metrics_port={}", options.listen,
               metrics->port());
  return metrics;
}

}  // namespace

Parts::Parts(const Config& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      streams_(config.server.streams_max),
      source_(SourceOf(config)) {}

std::optional<Failure> Parts::Build() {
  const auto as_failure = [](absl::Status status, int code) {
    return status.ok() ? std::nullopt : std::optional<Failure>(Failure{std::move(status), code});
  };
  std::optional<Failure> failure = as_failure(OpenLog(), kExitFailure);
  if (!failure.has_value()) failure = as_failure(MakeMirrors(), kExitUsage);
  if (!failure.has_value()) failure = as_failure(OpenSnapshots(), kExitFailure);
  if (!failure.has_value()) failure = as_failure(MakeIngest(), kExitUsage);
  if (!failure.has_value()) failure = as_failure(StartServer(), kExitFailure);
  return failure;
}

absl::Status Parts::OpenLog() {
  MILLRACE_ASSIGN_OR_RETURN(
      certificates_,
      api::Certificates::Open(
          {.server = config_.server.tls, .others = ClientCertificates(config_), .clock = clock_}));
  connections_.emplace(LimitsOf(config_), clock_);
  MILLRACE_ASSIGN_OR_RETURN(log_, log::Log::Open(config_.log, clock_));
  MILLRACE_ASSIGN_OR_RETURN(registry_,
                            schema::Registry::Open(*log_, FlavourOf(config_.source, *log_)));
  MILLRACE_ASSIGN_OR_RETURN(subscriptions_, feed::Subscriptions::Open(*log_, clock_));
  feed_.emplace(*log_, config_.log.ring_bytes);
  return absl::OkStatus();
}

absl::Status Parts::MakeMirrors() {
  return AddMirrors(config_, *feed_, *registry_, clock_, mirrors_);
}

absl::Status Parts::OpenSnapshots() {
  MILLRACE_ASSIGN_OR_RETURN(coverage_, coverage::Coverage::Open(*log_));
  MILLRACE_ASSIGN_OR_RETURN(snapshots_, snapshot::Snapshots::Open({.config = config_,
                                                                   .source = source_,
                                                                   .log = *log_,
                                                                   .registry = *registry_,
                                                                   .coverage = *coverage_,
                                                                   .tasks = tasks_,
                                                                   .clock = clock_}));
  return absl::OkStatus();
}

absl::Status Parts::MakeIngest() {
  auto ingest = ingest::Ingest::Make(
      {.config = config_,
       .source = source_,
       .log = *log_,
       .registry = *registry_,
       .coverage = *coverage_,
       .tasks = tasks_,
       .clock = clock_,
       .committer = {.on_committed = [this](auto frames) { feed_->Publish(frames); },
                     .keep_from = [this] { return KeepFrom(*subscriptions_, mirrors_); }},
       .on_uncovered = [this](const TableName& table) { snapshots_->NoteUncovered(table); }});
  if (!ingest.ok()) return ingest.status();
  ingest_ = *std::move(ingest);
  return absl::OkStatus();
}

admin::AdminParts Parts::ForAdmin() {
  return {.ingest = *ingest_,
          .feed = *feed_,
          .subscriptions = *subscriptions_,
          .streams = streams_,
          .connections = *connections_,
          .snapshots = *snapshots_,
          .disk = *disk_,
          .commit_times = *commit_times_,
          .mirror = mirrors_.First(),
          .certificates = certificates_.get(),
          .clock = clock_};
}

absl::Status Parts::StartServer() {
  unseen_.emplace(
      snapshot::UnseenTables{.source = source_, .registry = *registry_, .tasks = tasks_});
  disk_.emplace(config_.server.disk_readers);
  commit_times_.emplace(*feed_, *disk_);
  admin_.emplace(ForAdmin());
  auto server = api::Server::Start(
      {.options = config_.server,
       .feed = *feed_,
       .subscriptions = *subscriptions_,
       .registry = *registry_,
       .clock = clock_,
       .source_time = [this] { return ingest_->source_time(); },
       .streams = streams_,
       .disk = *disk_,
       .connections = *connections_,
       .services = {{std::string(v1::Admin::service_full_name()), &*admin_}},
       .coverage = coverage_.get(),
       .ensure =
           [this](const std::vector<std::string>& patterns) {
             return snapshots_->EnsureCovered(patterns);
           },
       .learn_tables =
           [this](const std::vector<std::string>& patterns) { return unseen_->Learn(patterns); },
       .certificates = certificates_.get()});
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  certificates_->Start();
  MILLRACE_ASSIGN_OR_RETURN(metrics_, StartMetrics(config_.metrics, ForAdmin()));
  return absl::OkStatus();
}

void Parts::Start() {
  ingest_->SetHealthListener([this](bool healthy) { server_->SetServing(healthy); });
  ingest_->Start();
  snapshots_->Start();
  mirrors_.Start();
  spdlog::info("millraced {} serves listen={} port={} log={} log_id={} newest={}", kVersion,
               config_.server.listen, server_->port(), config_.log.directory,
               LogIdText(log_->log_id()), log_->range().newest.value);
}

void Parts::Reload() { program::Reload(config_, *certificates_, *ingest_, *snapshots_); }

bool Parts::Stop() {
  const bool ended = StopInOrder({.ingest = *ingest_,
                                  .mirrors = mirrors_,
                                  .tasks = tasks_,
                                  .snapshots = *snapshots_,
                                  .admin = *admin_,
                                  .server = *server_,
                                  .metrics = metrics_.get()});
  spdlog::info("stopped newest={}", log_->range().newest.value);
  return ended;
}

}  // namespace millrace::program
