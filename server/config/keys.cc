// SPDX-License-Identifier: Apache-2.0

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "config/key.h"
#include "config/units.h"
#include "fmt/format.h"

namespace millrace {
namespace {

constexpr uint64_t kKiB = 1 << 10;
constexpr uint64_t kMiB = kKiB << 10;
constexpr uint64_t kGiB = kMiB << 10;
constexpr uint64_t kTiB = kGiB << 10;
constexpr Micros kMillisecond = 1000;
constexpr Micros kSecond = 1000 * kMillisecond;
constexpr Micros kHour = 3600 * kSecond;
constexpr Micros kDay = 24 * kHour;

absl::Status MustBe(std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("must be {}", what));
}

// The text of a scalar; nullopt for a list or a map.
std::optional<std::string> ScalarOf(const YAML::Node& node) {
  if (!node.IsScalar()) return std::nullopt;
  return node.Scalar();
}

// Below, `at(config)` returns the key's member of a Config, const or not.

template <typename At>
Key Text(std::string name, At at) {
  return {
      std::move(name),
      [at](Config& config, const YAML::Node& node) {
        const auto text = ScalarOf(node);
        if (!text.has_value()) return MustBe("a string");
        at(config) = *text;
        return absl::OkStatus();
      },
      [at](const Config& config, YAML::Emitter& to) { to << YAML::DoubleQuoted << at(config); }};
}

template <typename At>
Key TextList(std::string name, At at) {
  return {std::move(name),
          [at](Config& config, const YAML::Node& node) {
            if (!node.IsSequence()) return MustBe("a list of strings");
            std::vector<std::string> texts;
            for (const YAML::Node& element : node) {
              const auto text = ScalarOf(element);
              if (!text.has_value()) return MustBe("a list of strings");
              texts.push_back(*text);
            }
            at(config) = std::move(texts);
            return absl::OkStatus();
          },
          [at](const Config& config, YAML::Emitter& to) {
            to << YAML::Flow << YAML::BeginSeq;
            for (const std::string& text : at(config)) to << YAML::DoubleQuoted << text;
            to << YAML::EndSeq;
          }};
}

template <typename At>
Key Flag(std::string name, At at) {
  return {std::move(name),
          [at](Config& config, const YAML::Node& node) {
            const auto text = ScalarOf(node);
            if (text != "true" && text != "false") return MustBe("true or false");
            at(config) = text == "true";
            return absl::OkStatus();
          },
          [at](const Config& config, YAML::Emitter& to) { to << at(config); }};
}

template <typename Value>
struct Range {
  Value min;
  Value max;
};

template <typename At>
Key Number(std::string name, At at, Range<uint64_t> range) {
  return {std::move(name),
          [at, range](Config& config, const YAML::Node& node) {
            const std::string text = ScalarOf(node).value_or("");
            const char* const end = text.data() + text.size();
            uint64_t value = 0;
            const auto parsed = std::from_chars(text.data(), end, value);
            if (parsed.ec != std::errc() || parsed.ptr != end || value < range.min ||
                value > range.max) {
              return MustBe(fmt::format("a number from {} to {}", range.min, range.max));
            }
            at(config) = static_cast<std::remove_reference_t<decltype(at(config))>>(value);
            return absl::OkStatus();
          },
          [at](const Config& config, YAML::Emitter& to) { to << uint64_t{at(config)}; }};
}

template <typename At>
Key Size(std::string name, At at, Range<uint64_t> range) {
  return {std::move(name),
          [at, range](Config& config, const YAML::Node& node) {
            const auto value = ParseSize(ScalarOf(node).value_or(""));
            if (!value.has_value() || *value < range.min || *value > range.max) {
              return MustBe(fmt::format("a size like 64KiB, from {} to {}", SizeText(range.min),
                                        SizeText(range.max)));
            }
            at(config) = static_cast<std::remove_reference_t<decltype(at(config))>>(*value);
            return absl::OkStatus();
          },
          [at](const Config& config, YAML::Emitter& to) { to << SizeText(at(config)); }};
}

template <typename At>
Key Duration(std::string name, At at, Range<Micros> range) {
  return {std::move(name),
          [at, range](Config& config, const YAML::Node& node) {
            const auto value = ParseDuration(ScalarOf(node).value_or(""));
            if (!value.has_value() || *value < range.min || *value > range.max) {
              return MustBe(fmt::format("a duration like 250ms, 10s or 7d, from {} to {}",
                                        DurationText(range.min), DurationText(range.max)));
            }
            at(config) = *value;
            return absl::OkStatus();
          },
          [at](const Config& config, YAML::Emitter& to) { to << DurationText(at(config)); }};
}

template <typename At, typename Value>
Key Choice(std::string name, At at, std::vector<std::pair<std::string, Value>> choices) {
  return {std::move(name),
          [at, choices](Config& config, const YAML::Node& node) {
            const auto text = ScalarOf(node);
            std::string names;
            for (const auto& [choice, value] : choices) {
              if (text == choice) {
                at(config) = value;
                return absl::OkStatus();
              }
              names += (names.empty() ? "" : ", ") + choice;
            }
            return MustBe("one of " + names);
          },
          [at, choices](const Config& config, YAML::Emitter& to) {
            for (const auto& [choice, value] : choices) {
              if (at(config) == value) to << choice;
            }
          }};
}

// A map whose keys another program defines.
template <typename At>
Key TextMap(std::string name, At at) {
  return {std::move(name),
          [at](Config& config, const YAML::Node& node) {
            if (!node.IsMap()) return MustBe("a map of strings");
            std::map<std::string, std::string> texts;
            for (const auto& entry : node) {
              const auto key = ScalarOf(entry.first);
              const auto value = ScalarOf(entry.second);
              if (!key.has_value() || !value.has_value()) return MustBe("a map of strings");
              if (!texts.emplace(*key, *value).second) return MustBe("a map without repeated keys");
            }
            at(config) = std::move(texts);
            return absl::OkStatus();
          },
          [at](const Config& config, YAML::Emitter& to) {
            to << YAML::Flow << YAML::BeginMap;
            for (const auto& [key, value] : at(config)) {
              to << YAML::Key << YAML::DoubleQuoted << key << YAML::Value << YAML::DoubleQuoted
                 << value;
            }
            to << YAML::EndMap;
          }};
}

// Makes the key's name and the access to its member from one path, so that they cannot differ.
#define MILLRACE_MEMBER(path) \
#path, [](auto& config) -> auto& { return config.path; }

void AddLoggingKeys(std::vector<Key>& keys) {
  using Names = std::vector<std::pair<std::string, std::string>>;
  keys.push_back(Choice(MILLRACE_MEMBER(logging.level), Names{{"trace", "trace"},
                                                              {"debug", "debug"},
                                                              {"info", "info"},
                                                              {"warning", "warning"},
                                                              {"error", "error"},
                                                              {"off", "off"}}));
  keys.push_back(
      Choice(MILLRACE_MEMBER(logging.format), Names{{"text", "text"}, {"json", "json"}}));
}

void AddSourceKeys(std::vector<Key>& keys) {
  using Flavours = std::vector<std::pair<std::string, std::optional<Flavour>>>;
  keys.push_back(Text(MILLRACE_MEMBER(source.host)));
  keys.push_back(Number(MILLRACE_MEMBER(source.port), {1, 65535}));
  keys.push_back(Text(MILLRACE_MEMBER(source.socket)));
  keys.push_back(Text(MILLRACE_MEMBER(source.user)));
  keys.push_back(Text(MILLRACE_MEMBER(source.password_file)));
  keys.push_back(Text(MILLRACE_MEMBER(source.password_env)));
  keys.push_back(Choice(MILLRACE_MEMBER(source.flavour), Flavours{{"auto", std::nullopt},
                                                                  {"mysql", Flavour::kMysql},
                                                                  {"mariadb", Flavour::kMariadb}}));
  keys.push_back(
      Number(MILLRACE_MEMBER(source.server_id), {0, std::numeric_limits<uint32_t>::max()}));
  keys.push_back(Flag(MILLRACE_MEMBER(source.check_on_start)));
  keys.push_back(TextList(MILLRACE_MEMBER(source.tables)));
  keys.push_back(TextList(MILLRACE_MEMBER(source.exclude_columns)));
  keys.push_back(TextList(MILLRACE_MEMBER(source.statement_tables)));
  keys.push_back(
      Duration(MILLRACE_MEMBER(source.connect_timeout), {100 * kMillisecond, 600 * kSecond}));
  keys.push_back(Duration(MILLRACE_MEMBER(source.heartbeat_period), {100 * kMillisecond, kHour}));
  keys.push_back(
      Duration(MILLRACE_MEMBER(source.reconnect_backoff_min), {10 * kMillisecond, kHour}));
  keys.push_back(
      Duration(MILLRACE_MEMBER(source.reconnect_backoff_max), {10 * kMillisecond, kHour}));
  keys.push_back(Size(MILLRACE_MEMBER(source.event_bytes_max), {kMiB, 4 * kGiB - 1}));
}

void AddSourceSections(std::vector<Key>& keys) {
  using Modes = std::vector<std::pair<std::string, TlsMode>>;
  using Starts = std::vector<std::pair<std::string, StartAt>>;
  keys.push_back(Choice(MILLRACE_MEMBER(source.tls.mode),
                        Modes{{"disabled", TlsMode::kDisabled},
                              {"preferred", TlsMode::kPreferred},
                              {"required", TlsMode::kRequired},
                              {"verify_ca", TlsMode::kVerifyCa},
                              {"verify_identity", TlsMode::kVerifyIdentity}}));
  keys.push_back(Text(MILLRACE_MEMBER(source.tls.ca)));
  keys.push_back(Text(MILLRACE_MEMBER(source.tls.certificate)));
  keys.push_back(Text(MILLRACE_MEMBER(source.tls.key)));
  keys.push_back(
      Choice(MILLRACE_MEMBER(source.start.at), Starts{{"current", StartAt::kCurrent},
                                                      {"earliest", StartAt::kEarliest},
                                                      {"gtid_set", StartAt::kGtidSet},
                                                      {"position", StartAt::kPosition}}));
  keys.push_back(Text(MILLRACE_MEMBER(source.start.gtid_set)));
  keys.push_back(Text(MILLRACE_MEMBER(source.start.file)));
  // The first event of a binlog file is at offset 4.
  keys.push_back(
      Number(MILLRACE_MEMBER(source.start.position), {4, std::numeric_limits<uint64_t>::max()}));
}

void AddSnapshotKeys(std::vector<Key>& keys) {
  using Modes = std::vector<std::pair<std::string, SnapshotMode>>;
  keys.push_back(Choice(MILLRACE_MEMBER(snapshot.mode), Modes{{"initial", SnapshotMode::kInitial},
                                                              {"never", SnapshotMode::kNever}}));
  keys.push_back(TextList(MILLRACE_MEMBER(snapshot.tables)));
  keys.push_back(Number(MILLRACE_MEMBER(snapshot.connections), {1, 64}));
  keys.push_back(Duration(MILLRACE_MEMBER(snapshot.chunk_time), {kMillisecond, 60 * kSecond}));
  keys.push_back(Number(MILLRACE_MEMBER(snapshot.chunk_rows_max), {1, 10'000'000}));
  // Each connection keeps one chunk in memory.
  keys.push_back(Size(MILLRACE_MEMBER(snapshot.chunk_bytes_max), {kKiB, kGiB}));
  keys.push_back(Number(MILLRACE_MEMBER(snapshot.rows_per_second), {0, 1'000'000'000}));
  keys.push_back(
      Duration(MILLRACE_MEMBER(snapshot.query_time_max), {100 * kMillisecond, 24 * kHour}));
  keys.push_back(Number(MILLRACE_MEMBER(snapshot.threads_running_max), {0, 1'000'000}));
  keys.push_back(Duration(MILLRACE_MEMBER(snapshot.replication_lag_max), {0, 365 * kDay}));
  keys.push_back(Duration(MILLRACE_MEMBER(snapshot.settle_time), {0, kHour}));
}

void AddLogKeys(std::vector<Key>& keys) {
  using Durabilities = std::vector<std::pair<std::string, Durability>>;
  keys.push_back(Text(MILLRACE_MEMBER(log.directory)));
  keys.push_back(
      Choice(MILLRACE_MEMBER(log.durability),
             Durabilities{{"durable", Durability::kDurable}, {"relaxed", Durability::kRelaxed}}));
  keys.push_back(Duration(MILLRACE_MEMBER(log.retention_age), {0, 36500 * kDay}));
  keys.push_back(Size(MILLRACE_MEMBER(log.retention_bytes), {0, 1024 * kTiB}));
  keys.push_back(Size(MILLRACE_MEMBER(log.hold_bytes_max), {0, 1024 * kTiB}));
  keys.push_back(Size(MILLRACE_MEMBER(log.ballast_bytes), {0, kGiB}));
  // Above 1 MiB, a response with one frame gets close to gRPC's usual limit of 4 MiB.
  keys.push_back(Size(MILLRACE_MEMBER(log.frame_bytes), {kKiB, kMiB}));
  keys.push_back(Size(MILLRACE_MEMBER(log.ring_bytes), {kMiB, 64 * kGiB}));
}

void AddServerKeys(std::vector<Key>& keys) {
  keys.push_back(Text(MILLRACE_MEMBER(server.listen)));
  keys.push_back(Flag(MILLRACE_MEMBER(server.insecure)));
  keys.push_back(Number(MILLRACE_MEMBER(server.connections_max), {1, 1'000'000}));
  keys.push_back(Number(MILLRACE_MEMBER(server.connections_per_peer_max), {1, 1'000'000}));
  keys.push_back(Duration(MILLRACE_MEMBER(server.handshake_timeout), {kSecond, kHour}));
  keys.push_back(Number(MILLRACE_MEMBER(server.streams_max), {1, 1'000'000}));
  keys.push_back(Number(MILLRACE_MEMBER(server.streams_per_connection_max), {1, 1'000'000}));
  keys.push_back(Size(MILLRACE_MEMBER(server.response_bytes_max), {kKiB, 3 * kMiB}));
  keys.push_back(Number(MILLRACE_MEMBER(server.catchups_max), {1, 1000}));
  keys.push_back(Size(MILLRACE_MEMBER(server.catchup_bytes_max), {kMiB, kTiB}));
  keys.push_back(Number(MILLRACE_MEMBER(server.disk_readers), {1, 256}));
  keys.push_back(Duration(MILLRACE_MEMBER(server.progress_interval), {100 * kMillisecond, kHour}));
  keys.push_back(Duration(MILLRACE_MEMBER(server.keepalive_interval), {kSecond, kDay}));
  keys.push_back(Duration(MILLRACE_MEMBER(server.keepalive_timeout), {kSecond, kHour}));
  keys.push_back(Duration(MILLRACE_MEMBER(server.shutdown_grace), {0, 600 * kSecond}));
  keys.push_back(Text(MILLRACE_MEMBER(server.tls.certificate)));
  keys.push_back(Text(MILLRACE_MEMBER(server.tls.key)));
  keys.push_back(Text(MILLRACE_MEMBER(server.tls.client_ca)));
}

void AddMetricsKeys(std::vector<Key>& keys) {
  keys.push_back(Text(MILLRACE_MEMBER(metrics.listen)));
  keys.push_back(Flag(MILLRACE_MEMBER(metrics.insecure)));
}

void AddKafkaKeys(std::vector<Key>& keys) {
  using Formats = std::vector<std::pair<std::string, KafkaFormat>>;
  using Starts = std::vector<std::pair<std::string, KafkaStart>>;
  keys.push_back(Flag(MILLRACE_MEMBER(kafka.enabled)));
  keys.push_back(Text(MILLRACE_MEMBER(kafka.brokers)));
  keys.push_back(Text(MILLRACE_MEMBER(kafka.topic_prefix)));
  keys.push_back(
      Choice(MILLRACE_MEMBER(kafka.format), Formats{{"debezium-json", KafkaFormat::kDebeziumJson},
                                                    {"protobuf", KafkaFormat::kProtobuf}}));
  keys.push_back(Choice(MILLRACE_MEMBER(kafka.start), Starts{{"earliest", KafkaStart::kEarliest},
                                                             {"latest", KafkaStart::kLatest}}));
  keys.push_back(TextList(MILLRACE_MEMBER(kafka.tables)));
  keys.push_back(TextList(MILLRACE_MEMBER(kafka.routes)));
  keys.push_back(TextList(MILLRACE_MEMBER(kafka.keys)));
  keys.push_back(TextMap(MILLRACE_MEMBER(kafka.client)));
  keys.push_back(Text(MILLRACE_MEMBER(kafka.sasl_password_file)));
  keys.push_back(Text(MILLRACE_MEMBER(kafka.sasl_password_env)));
  keys.push_back(Flag(MILLRACE_MEMBER(kafka.topics.create)));
  keys.push_back(Number(MILLRACE_MEMBER(kafka.topics.partitions), {0, 100'000}));
  keys.push_back(Number(MILLRACE_MEMBER(kafka.topics.replication_factor), {0, 1000}));
  keys.push_back(Duration(MILLRACE_MEMBER(kafka.topics.retention), {0, 36500 * kDay}));
  keys.push_back(Size(MILLRACE_MEMBER(kafka.topics.retention_bytes), {0, 1024 * kTiB}));
  keys.push_back(Text(MILLRACE_MEMBER(kafka.topics.cleanup_policy)));
  keys.push_back(Number(MILLRACE_MEMBER(kafka.transaction.records_max), {1, 10'000'000}));
  keys.push_back(Size(MILLRACE_MEMBER(kafka.transaction.bytes_max), {kKiB, kGiB}));
  keys.push_back(Duration(MILLRACE_MEMBER(kafka.transaction.time_max), {0, 60 * kSecond}));
}

void AddDebeziumKeys(std::vector<Key>& keys) {
  using Decimals = std::vector<std::pair<std::string, DecimalHandling>>;
  using Times = std::vector<std::pair<std::string, TimePrecision>>;
  using Binaries = std::vector<std::pair<std::string, BinaryHandling>>;
  using Bigints = std::vector<std::pair<std::string, BigintUnsignedHandling>>;
  keys.push_back(Flag(MILLRACE_MEMBER(kafka.debezium.schemas_enable)));
  keys.push_back(Choice(MILLRACE_MEMBER(kafka.debezium.decimal_handling_mode),
                        Decimals{{"precise", DecimalHandling::kPrecise},
                                 {"string", DecimalHandling::kString},
                                 {"double", DecimalHandling::kDouble}}));
  keys.push_back(
      Choice(MILLRACE_MEMBER(kafka.debezium.time_precision_mode),
             Times{{"adaptive_time_microseconds", TimePrecision::kAdaptiveTimeMicroseconds},
                   {"connect", TimePrecision::kConnect},
                   {"isostring", TimePrecision::kIsostring},
                   {"microseconds", TimePrecision::kMicroseconds},
                   {"nanoseconds", TimePrecision::kNanoseconds}}));
  keys.push_back(Choice(MILLRACE_MEMBER(kafka.debezium.binary_handling_mode),
                        Binaries{{"bytes", BinaryHandling::kBytes},
                                 {"base64", BinaryHandling::kBase64},
                                 {"base64-url-safe", BinaryHandling::kBase64UrlSafe},
                                 {"hex", BinaryHandling::kHex}}));
  keys.push_back(Choice(MILLRACE_MEMBER(kafka.debezium.bigint_unsigned_handling_mode),
                        Bigints{{"long", BigintUnsignedHandling::kLong},
                                {"precise", BigintUnsignedHandling::kPrecise}}));
  keys.push_back(Flag(MILLRACE_MEMBER(kafka.debezium.tombstones_on_delete)));
  keys.push_back(Flag(MILLRACE_MEMBER(kafka.debezium.provide_transaction_metadata)));
  keys.push_back(Flag(MILLRACE_MEMBER(kafka.debezium.include_schema_changes)));
  keys.push_back(TextList(MILLRACE_MEMBER(kafka.debezium.skipped_operations)));
  keys.push_back(Duration(MILLRACE_MEMBER(kafka.debezium.heartbeat_interval), {0, kDay}));
  keys.push_back(Text(MILLRACE_MEMBER(kafka.debezium.topic_heartbeat_prefix)));
}

#undef MILLRACE_MEMBER

}  // namespace

std::vector<Key> AllKeys() {
  std::vector<Key> keys;
  AddLoggingKeys(keys);
  AddSourceKeys(keys);
  AddSourceSections(keys);
  AddSnapshotKeys(keys);
  AddLogKeys(keys);
  AddServerKeys(keys);
  AddMetricsKeys(keys);
  AddKafkaKeys(keys);
  AddDebeziumKeys(keys);
  return keys;
}

}  // namespace millrace
