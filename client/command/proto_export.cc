// SPDX-License-Identifier: Apache-2.0

#include "proto_export.h"

#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "fmt/format.h"
#include "matched_tables.h"
#include "static_protos.h"

namespace millrace::command {
namespace {

absl::Status WriteFile(const std::filesystem::path& path, std::string_view text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return absl::UnknownError(
        fmt::format("cannot create {}: {}", path.parent_path().string(), error.message()));
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) return absl::UnknownError(fmt::format("cannot write {}", path.string()));
  return absl::OkStatus();
}

absl::Status ExportTable(const Session& session, const v1::Table& listed,
                         const std::filesystem::path& directory) {
  v1::GetTableRequest request;
  request.set_database(listed.database());
  request.set_table(listed.table());
  const auto response = session.client->GetTable(request);
  if (!response.ok()) return response.status();
  const v1::Table& table = response->table();
  if (!StaysBelow(table.proto_path())) {
    return absl::InternalError(fmt::format("the server sent the path {}, which is outside of {}",
                                           table.proto_path(), directory.string()));
  }
  return WriteFile(directory / table.proto_path(), table.proto_text());
}

}  // namespace

bool StaysBelow(const std::string& path) {
  const std::filesystem::path steps(path);
  if (path.empty() || steps.is_absolute()) return false;
  for (const auto& step : steps) {
    if (step == "..") return false;
  }
  return true;
}

absl::Status ExportProtos(const Session& session, const ProtoExportOptions& options) {
  const auto tables = MatchedTables(*session.client, options.patterns, AskSource::kYes);
  if (!tables.ok()) return tables.status();
  if (tables->tables().empty()) {
    return absl::NotFoundError(
        "neither the server nor its source has a captured table, so there are no row types");
  }
  const std::filesystem::path directory(options.directory);
  for (const v1::Table& table : tables->tables()) {
    const absl::Status exported = ExportTable(session, table, directory);
    if (!exported.ok()) return exported;
  }
  const std::vector<StaticProto> fixed = StaticProtos();
  for (const StaticProto& proto : fixed) {
    const absl::Status written = WriteFile(directory / proto.path, proto.text);
    if (!written.ok()) return written;
  }
  return Print(fmt::format("{} row types and {} files of the API are in {}\n",
                           tables->tables_size(), fixed.size(), options.directory));
}

}  // namespace millrace::command
