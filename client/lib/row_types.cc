// SPDX-License-Identifier: Apache-2.0

#include "millrace/row_types.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/unknown_field_set.h"

namespace millrace::client {
namespace {

using google::protobuf::Any;
using google::protobuf::Message;

std::string MessageName(const Any& row) {
  return row.type_url().substr(row.type_url().rfind('/') + 1);
}

std::set<int> UnknownFields(const Message& message) {
  std::set<int> numbers;
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) numbers.insert(unknown.field(i).number());
  return numbers;
}

class FirstError : public google::protobuf::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& filename, const std::string& element_name,
                const Message* descriptor, ErrorLocation location,
                const std::string& message) override {
    if (text_.empty()) text_ = fmt::format("{}: {}: {}", filename, element_name, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

// A row type at one version of its table. It has its own pool, since all versions have the same
// name.
struct RowTypes::Generation {
  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  const Message* prototype = nullptr;

  absl::Status Load(const google::protobuf::FileDescriptorSet& files, const std::string& name) {
    for (const auto& file : files.file()) {
      FirstError error;
      if (pool.BuildFileCollectingErrors(file, &error) == nullptr) {
        return absl::InternalError(fmt::format(
            "the server's description of the rows of {} is invalid: {}", name, error.text()));
      }
    }
    const auto* descriptor = pool.FindMessageTypeByName(name);
    if (descriptor == nullptr) {
      return absl::InternalError(fmt::format("the server's description lacks the type {}", name));
    }
    prototype = factory.GetPrototype(descriptor);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Message>> Parse(const Any& row) const {
    std::unique_ptr<Message> message(prototype->New());
    if (!message->ParseFromString(row.value())) {
      return absl::DataLossError(
          fmt::format("a row is not a valid {}", prototype->GetDescriptor()->full_name()));
    }
    return message;
  }
};

absl::StatusOr<std::unique_ptr<Message>> RowTypes::ParseAt(const Generation& generation,
                                                           const Any& row, uint64_t sequence) {
  auto message = generation.Parse(row);
  if (!message.ok() || UnknownFields(**message).empty()) return message;
  return absl::DataLossError(
      fmt::format("the row of change {} has fields that the server's description of its type at "
                  "that sequence does not have",
                  sequence));
}

RowTypes::RowTypes(const Client* client, Names names) : client_(client), names_(names) {}
RowTypes::~RowTypes() = default;

absl::StatusOr<std::unique_ptr<Message>> RowTypes::Unpack(const Any& row) {
  return UnpackRow(row, nullptr, 0);
}

absl::StatusOr<std::unique_ptr<Message>> RowTypes::UnpackBefore(const v1::Change& change) {
  const TableKey key = {change.database(), change.table()};
  return UnpackRow(change.before(), &key, change.sequence());
}

absl::StatusOr<std::unique_ptr<Message>> RowTypes::UnpackAfter(const v1::Change& change) {
  const TableKey key = {change.database(), change.table()};
  return UnpackRow(change.after(), &key, change.sequence());
}

absl::StatusOr<RowTypes::Rows> RowTypes::UnpackRows(const v1::Change& change) {
  Rows rows;
  // Terminates: a round is repeated only if another version of the type was fetched in between.
  do {
    if (change.has_before()) {
      auto before = UnpackBefore(change);
      if (!before.ok()) return before.status();
      rows.before = *std::move(before);
    }
    if (change.has_after()) {
      auto after = UnpackAfter(change);
      if (!after.ok()) return after.status();
      rows.after = *std::move(after);
    }
  } while (rows.before != nullptr && rows.after != nullptr &&
           rows.before->GetDescriptor() != rows.after->GetDescriptor());
  return rows;
}

absl::StatusOr<std::unique_ptr<Message>> RowTypes::UnpackRow(const Any& row, const TableKey* key,
                                                             uint64_t sequence) {
  const std::string name = MessageName(row);
  if (name.empty()) return absl::InvalidArgumentError("the change does not have this row");
  if (names_ == Names::kAtSequence && key != nullptr) {
    const auto generation = TypeAt(name, *key, sequence);
    if (!generation.ok()) return generation.status();
    if (*generation != nullptr) return ParseAt(**generation, row, sequence);
  }
  auto generation = NewestType(name, key);
  if (!generation.ok()) return generation.status();
  auto message = (*generation)->Parse(row);
  if (!message.ok()) return message;
  const std::set<int> unknown = UnknownFields(**message);
  if (unknown.empty()) return message;
  auto reloaded = Reload(name, unknown);
  if (!reloaded.ok()) return reloaded.status();
  return *reloaded == *generation ? std::move(message) : (*reloaded)->Parse(row);
}

absl::StatusOr<const RowTypes::Generation*> RowTypes::NewestType(const std::string& name,
                                                                 const TableKey* key) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = types_.find(name);
    if (found != types_.end() && found->second.newest != nullptr) return found->second.newest;
  }
  // Two threads may fetch the same type at the same time; the later result is kept.
  const absl::StatusOr<TableKey> found_key = key != nullptr ? *key : FindTable(name);
  if (!found_key.ok()) return found_key.status();
  return Fetch(name, *found_key);
}

// Returns the type that the table had at `sequence`; null if the server only has newest types.
absl::StatusOr<const RowTypes::Generation*> RowTypes::TypeAt(const std::string& name,
                                                             const TableKey& key,
                                                             uint64_t sequence) {
  {
    absl::MutexLock lock(&mutex_);
    const RowType& type = types_[name];
    if (type.lacks_history) return nullptr;
    for (const auto& [version, span] : type.versions) {
      if (span.first <= sequence && sequence <= span.last) return span.generation;
    }
  }
  v1::GetTableRequest request;
  request.set_database(key.database);
  request.set_table(key.table);
  request.set_sequence(sequence);
  const auto response = client_->GetTable(request);
  if (!response.ok()) return response.status();
  const v1::Table& table = response->table();
  auto generation = std::make_unique<Generation>();
  const absl::Status loaded = generation->Load(table.descriptors(), name);
  if (!loaded.ok()) return loaded;
  absl::MutexLock lock(&mutex_);
  RowType& type = types_[name];
  type.lacks_history = table.last_sequence() == 0;
  if (type.lacks_history) return nullptr;
  Span& span = type.versions[table.version()];
  if (span.generation == nullptr) {
    span.generation = generation.get();
    generations_.push_back(std::move(generation));
  }
  span.first = table.first_sequence();
  span.last = std::max(span.last, table.last_sequence());
  return span.generation;
}

absl::StatusOr<const RowTypes::Generation*> RowTypes::Reload(const std::string& name,
                                                             const std::set<int>& unknown) {
  TableKey key;
  {
    absl::MutexLock lock(&mutex_);
    const RowType& type = types_.at(name);
    const auto* descriptor = type.newest->prototype->GetDescriptor();
    bool explained = true;
    bool tried_before = true;
    for (const int number : unknown) {
      explained &= descriptor->FindFieldByNumber(number) != nullptr;
      tried_before &= type.unexplained.count(number) != 0;
    }
    // Another thread has fetched the type, or an earlier fetch did not help.
    if (explained || tried_before) return type.newest;
    key = type.key;
  }
  auto fetched = Fetch(name, key);
  if (!fetched.ok()) return fetched;
  absl::MutexLock lock(&mutex_);
  for (const int number : unknown) {
    const bool explained =
        (*fetched)->prototype->GetDescriptor()->FindFieldByNumber(number) != nullptr;
    if (!explained) types_.at(name).unexplained.insert(number);
  }
  return fetched;
}

absl::StatusOr<RowTypes::TableKey> RowTypes::FindTable(const std::string& name) const {
  const auto tables = client_->ListTables({});
  if (!tables.ok()) return tables.status();
  for (const v1::Table& table : tables->tables()) {
    if (table.row_message() == name) return TableKey{table.database(), table.table()};
  }
  return absl::NotFoundError(fmt::format("the server has no table with rows of type {}", name));
}

absl::StatusOr<const RowTypes::Generation*> RowTypes::Fetch(const std::string& name,
                                                            const TableKey& key) {
  v1::GetTableRequest request;
  request.set_database(key.database);
  request.set_table(key.table);
  const auto response = client_->GetTable(request);
  if (!response.ok()) return response.status();
  auto generation = std::make_unique<Generation>();
  const absl::Status loaded = generation->Load(response->table().descriptors(), name);
  if (!loaded.ok()) return loaded;
  absl::MutexLock lock(&mutex_);
  RowType& type = types_[name];
  type.key = key;
  type.newest = generation.get();
  generations_.push_back(std::move(generation));
  return type.newest;
}

}  // namespace millrace::client
