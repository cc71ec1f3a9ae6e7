// SPDX-License-Identifier: Apache-2.0

#include "feed/row_json.h"

#include <climits>
#include <memory>

#include "base/error.h"
#include "fmt/format.h"
#include "log/damage.h"

namespace millrace::feed {
namespace {

absl::Status Damaged(std::string_view what) {
  return log::LogDamaged(fmt::format("a stored change is unreadable: {}", what));
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
      MILLRACE_RETURN_IF_ERROR(ConvertChange(change));
    }
  }
  return response;
}

absl::Status RowJson::ConvertChange(v1::Change& change) {
  const Sequence sequence{change.sequence()};
  if (change.has_before()) {
    MILLRACE_RETURN_IF_ERROR(AppendRow(sequence, change.before(), *change.mutable_before_json()));
    change.clear_before();
  }
  if (change.has_after()) {
    MILLRACE_RETURN_IF_ERROR(AppendRow(sequence, change.after(), *change.mutable_after_json()));
    change.clear_after();
  }
  return absl::OkStatus();
}

absl::Status RowJson::AppendRow(Sequence sequence, const google::protobuf::Any& row,
                                std::string& json) {
  const std::string_view url = row.type_url();
  const std::string_view name = url.substr(url.rfind('/') + 1);
  const schema::TableVersionPtr table = registry_.FindRowMessage(name);
  if (table == nullptr) return Damaged(fmt::format("no table has rows of type '{}'", name));
  const schema::TableVersionPtr version = registry_.FindAt(table->table_id, sequence);
  if (version == nullptr) return Damaged(fmt::format("no version of '{}' is known", name));
  const JsonForm* form = forms_.Find(version.get());
  if (form == nullptr) form = forms_.Add(version, std::make_unique<const JsonForm>(*version));
  if (form->Append(row.value(), json)) return absl::OkStatus();
  return Damaged(fmt::format("not a row of type '{}'", name));
}

}  // namespace millrace::feed
