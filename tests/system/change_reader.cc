// SPDX-License-Identifier: Apache-2.0

#include "system/change_reader.h"

#include <iostream>

#include "fmt/format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"
#include "millrace/subscription.h"
#include "millrace/v1/values.pb.h"

namespace millrace::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kMarkerDatabase[] = "millrace_marker";
// Bounded, so that a test does not wait for a server that has crashed.
const client::RetryOptions kRetry{.backoff_max = absl::Milliseconds(200), .attempts_max = 30};

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "ChangeReader: " << what << std::endl;
  std::abort();
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<uint8_t>(byte) >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string TimestampText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "zero";
  time_t seconds = time.seconds();
  tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     time.nanos() / 1000);
}

// Submessages may be of the generated class or dynamic.
template <typename T>
T As(const Message& message) {
  T typed;
  if (!typed.ParseFromString(message.SerializeAsString())) Die("a value is not of its type");
  return typed;
}

std::string MessageText(const Message& message) {
  const std::string& type = message.GetDescriptor()->full_name();
  if (type == "google.protobuf.Timestamp") {
    return TimestampText(As<google::protobuf::Timestamp>(message));
  }
  if (type == "millrace.v1.Geometry") {
    const auto geometry = As<v1::Geometry>(message);
    return fmt::format("{}:0x{}", geometry.srid(), Hex(geometry.wkb()));
  }
  const auto vector = As<v1::Vector>(message);
  return fmt::format("[{}]", fmt::join(vector.values(), ","));
}

std::string ValueText(const Message& row, const FieldDescriptor* field) {
  const auto* reflection = row.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection->GetInt32(row, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(reflection->GetUInt32(row, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(reflection->GetInt64(row, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(reflection->GetUInt64(row, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return fmt::format("{}", reflection->GetFloat(row, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fmt::format("{}", reflection->GetDouble(row, field));
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string value = reflection->GetString(row, field);
      return field->type() == FieldDescriptor::TYPE_BYTES ? "0x" + Hex(value) : value;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageText(reflection->GetMessage(row, field));
    default:
      Die("a row has a field of a type that no column has");
  }
}

}  // namespace

v1::SubscribeRequest ChangeReader::FromEarliest() {
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  return request;
}

v1::SubscribeRequest ChangeReader::FromToken(const std::string& token) {
  v1::SubscribeRequest request;
  request.set_resume_token(token);
  return request;
}

std::string ChangeReader::CurrentToken(SqlSession& source) {
  source.MustExecute("CREATE DATABASE IF NOT EXISTS millrace_marker");
  source.MustExecute(
      "CREATE TABLE IF NOT EXISTS millrace_marker.marker (id BIGINT AUTO_INCREMENT PRIMARY KEY)");
  source.MustExecute("INSERT INTO millrace_marker.marker VALUES (NULL)");
  const std::string id = source.MustQueryValue("SELECT LAST_INSERT_ID()");
  v1::SubscribeRequest request = FromEarliest();
  request.add_tables(kMarkerTables);
  request.add_operations(v1::OPERATION_INSERT);
  const auto seen = Read(std::move(request), [&id](const std::vector<SeenChange>& changes) {
    return !changes.empty() && changes.back().after->at("id") == id;
  });
  return seen.back().response_token;
}

std::vector<SeenChange> ChangeReader::ReadAll(SqlSession& source, v1::SubscribeRequest request) {
  request.set_until_token(CurrentToken(source));
  std::vector<SeenChange> changes = ReadToEnd(std::move(request));
  std::erase_if(changes,
                [](const SeenChange& change) { return change.raw.database() == kMarkerDatabase; });
  return changes;
}

std::vector<SeenChange> ChangeReader::ReadCount(v1::SubscribeRequest request, size_t count) {
  std::vector<SeenChange> changes =
      Read(std::move(request),
           [count](const std::vector<SeenChange>& seen) { return seen.size() >= count; });
  if (changes.size() > count) changes.resize(count);
  return changes;
}

std::vector<SeenChange> ChangeReader::ReadToEnd(v1::SubscribeRequest request) {
  return Read(std::move(request), [](const std::vector<SeenChange>&) { return false; });
}

template <typename Done>
std::vector<SeenChange> ChangeReader::Read(v1::SubscribeRequest request, const Done& done) {
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  request.mutable_progress_interval()->set_nanos(500'000'000);
  const auto subscription =
      server_.client().Subscribe({.request = std::move(request), .retry = kRetry});
  std::vector<SeenChange> changes;
  while (!done(changes)) {
    if (absl::Now() > deadline) {
      Die(fmt::format("waited a minute, {} changes so far; the server's log:\n{}", changes.size(),
                      server_.LogText()));
    }
    auto batch = subscription->Next();
    if (!batch.ok()) Die(batch.status().ToString() + "\n" + server_.LogText());
    if (!batch->has_value()) break;
    const size_t before = changes.size();
    for (const v1::Transaction& transaction : (*batch)->transactions()) {
      for (const v1::Change& change : transaction.changes()) {
        SeenChange seen;
        seen.sequence = change.sequence();
        seen.operation = change.operation();
        seen.table = change.database() + "." + change.table();
        if (change.has_before()) seen.before = Row(change.before());
        if (change.has_after()) seen.after = Row(change.after());
        seen.raw = change;
        seen.gtid = transaction.gtid();
        seen.response_token = (*batch)->resume_token();
        changes.push_back(std::move(seen));
      }
      if (transaction.changes_size() > 0) changes.back().last_of_transaction = !transaction.more();
    }
    if (changes.size() > before) changes.back().last_of_response = true;
  }
  return changes;
}

SeenRow ChangeReader::Row(const google::protobuf::Any& any) {
  if (types_of_ != &server_.client()) {
    types_of_ = &server_.client();
    types_.emplace(types_of_);
  }
  const auto message = types_->Unpack(any);
  if (!message.ok()) Die(message.status().ToString());
  SeenRow row;
  const auto* descriptor = (*message)->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->options().deprecated()) continue;
    const bool present = (*message)->GetReflection()->HasField(**message, field);
    row[field->json_name()] =
        present ? std::optional<std::string>(ValueText(**message, field)) : std::nullopt;
  }
  return row;
}

}  // namespace millrace::testing
