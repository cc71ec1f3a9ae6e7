// SPDX-License-Identifier: Apache-2.0

#include "kafka/routes.h"

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "kafka/trimmed.h"

namespace millrace::kafka {
namespace {

constexpr std::string_view kArrow = "->";

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

absl::Status BadRoute(const std::string& text, std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("'kafka.routes': '{}' {}; write 'database.table-pattern -> topic', such as "
                  "'shop.orders_* -> shop.orders'",
                  text, what));
}

}  // namespace

std::string TopicNameFrom(std::string_view name) {
  std::string topic;
  topic.reserve(name.size());
  for (const char c : name) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (IsTopicCharacter(c)) {
      topic.push_back(c);
    } else if (byte >= 0xf0) {
      topic.append("__");  // a character of two UTF-16 units
    } else if ((byte & 0xc0) != 0x80) {
      topic.push_back('_');
    }
  }
  return topic;
}

std::string PositionTopic(std::string_view topic_prefix) {
  return fmt::format("{}.millrace.position", topic_prefix);
}

Routes::Routes(std::string topic_prefix, const schema::Registry& registry)
    : topic_prefix_(std::move(topic_prefix)), registry_(registry) {}

absl::StatusOr<std::unique_ptr<Routes>> Routes::Make(const KafkaOptions& options,
                                                     const schema::Registry& registry) {
  std::unique_ptr<Routes> routes(new Routes(options.topic_prefix, registry));
  auto tables = TablePatterns::Parse(options.tables);
  MILLRACE_RETURN_IF_ERROR(WithContext(tables.status(), "'kafka.tables'"));
  routes->tables_ = *std::move(tables);
  for (const std::string& text : options.routes) {
    MILLRACE_RETURN_IF_ERROR(routes->AddRoute(text));
  }
  return routes;
}

absl::Status Routes::AddRoute(const std::string& text) {
  const size_t arrow = text.rfind(kArrow);
  if (arrow == std::string::npos) return BadRoute(text, "has no '->'");
  const std::string_view pattern = Trimmed(std::string_view(text).substr(0, arrow));
  const std::string topic(Trimmed(std::string_view(text).substr(arrow + kArrow.size())));
  if (topic.empty() || topic == "." || topic == ".." || topic.size() > kTopicCharactersMax ||
      TopicNameFrom(topic) != topic) {
    return BadRoute(text, "has no valid topic: 1 to 249 of letters, digits, '.', '_' and '-'");
  }
  if (topic == PositionTopic(topic_prefix_)) {
    return BadRoute(text, "uses the topic of the mirror's position");
  }
  auto names = NameGlob::ParseAll(pattern, "database.table");
  if (!names.ok()) return WithContext(names.status(), "'kafka.routes'");
  routes_.push_back({std::move((*names)[0]), std::move((*names)[1]), topic});
  return absl::OkStatus();
}

bool Routes::IsMirrored(std::string_view database, std::string_view table) const {
  if (table.empty()) return tables_.empty();
  return tables_.Matches(database, table);
}

absl::StatusOr<std::string> Routes::TopicOf(const TableName& table) const {
  if (const Route* route = Find(table); route != nullptr) return route->topic;
  std::string topic = DefaultTopicOf(table);
  const std::string remedy =
      fmt::format("add a route for {} to 'kafka.routes', such as '{} -> topic'", table.ToString(),
                  table.ToString());
  if (topic.size() > kTopicCharactersMax) {
    return MakeError(
        reason::kTopicNameTooLong,
        fmt::format("topic {} of table {} has {} characters, Kafka allows {}; {}", topic,
                    table.ToString(), topic.size(), kTopicCharactersMax, remedy),
        {{"table", table.ToString()}, {"topic", topic}});
  }
  absl::MutexLock lock(&mutex_);
  ClaimKnownTables();
  ClaimTopic(table);
  for (const TableName& other : tables_by_topic_[topic]) {
    if (other == table) continue;
    return MakeError(
        reason::kTopicNameCollision,
        fmt::format("tables {} and {} would share topic {}; {}", table.ToString(), other.ToString(),
                    topic, remedy),
        {{"table", table.ToString()}, {"other_table", other.ToString()}, {"topic", topic}});
  }
  if (topic == PositionTopic(topic_prefix_)) {
    return MakeError(reason::kTopicNameCollision,
                     fmt::format("table {} would share topic {} with the mirror's position; {}",
                                 table.ToString(), topic, remedy),
                     {{"table", table.ToString()}, {"topic", topic}});
  }
  return topic;
}

const Routes::Route* Routes::Find(const TableName& table) const {
  for (const Route& route : routes_) {
    if (route.database.Matches(table.database) && route.table.Matches(table.table)) return &route;
  }
  return nullptr;
}

std::string Routes::DefaultTopicOf(const TableName& table) const {
  return TopicNameFrom(fmt::format("{}.{}.{}", topic_prefix_, table.database, table.table));
}

void Routes::ClaimTopic(const TableName& table) const {
  if (!claimed_tables_.insert(table).second) return;
  if (!IsMirrored(table.database, table.table) || Find(table) != nullptr) return;
  tables_by_topic_[DefaultTopicOf(table)].insert(table);
}

void Routes::ClaimKnownTables() const {
  const uint64_t generation = registry_.generation();
  if (claimed_known_tables_ && generation == generation_) return;
  claimed_known_tables_ = true;
  generation_ = generation;
  for (const schema::TableVersionPtr& version : registry_.List()) ClaimTopic(version->name);
}

}  // namespace millrace::kafka
