// SPDX-License-Identifier: Apache-2.0

#include "feed/row_json.h"

#include <climits>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "google/protobuf/util/json_util.h"

namespace millrace::feed {
namespace {

absl::Status Damaged(std::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                   fmt::format("stored change is unreadable: {}", what));
}

}  // namespace

absl::StatusOr<v1::SubscribeResponse> RowJson::Convert(std::string_view transactions) {
  v1::SubscribeResponse response;
  if (transactions.size() > INT_MAX ||
      !response.ParseFromArray(transactions.data(), static_cast<int>(transactions.size()))) {
    return Damaged("not a list of transactions");
  }
  for (v1::Transaction& transaction : *response.mutable_transactions()) {
    for (v1::Change& change : *transaction.mutable_changes()) {
      if (change.has_before()) {
        MILLRACE_ASSIGN_OR_RETURN(*change.mutable_before_json(), RowAsJson(change.before()));
        change.clear_before();
      }
      if (change.has_after()) {
        MILLRACE_ASSIGN_OR_RETURN(*change.mutable_after_json(), RowAsJson(change.after()));
        change.clear_after();
      }
    }
  }
  return response;
}

absl::StatusOr<std::string> RowJson::RowAsJson(const google::protobuf::Any& row) {
  const std::string_view url = row.type_url();
  const std::string_view name = url.substr(url.rfind('/') + 1);
  const auto type = types_.Find(name);
  if (type == nullptr) return Damaged(fmt::format("no table has rows of type '{}'", name));
  const auto message = type->NewMessage();
  if (!message->ParseFromString(row.value())) {
    return Damaged(fmt::format("not a row of type '{}'", name));
  }
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(*message, &json);
  if (!status.ok()) return Damaged(fmt::format("a row of type '{}' has no JSON form", name));
  return json;
}

}  // namespace millrace::feed
