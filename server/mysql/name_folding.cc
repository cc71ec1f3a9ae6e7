// SPDX-License-Identifier: Apache-2.0

#include "mysql/name_folding.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/errors.h"
#include "mysql/query_rows.h"

namespace millrace {
namespace {

// The non-ASCII characters that a name can contain: at most three bytes in UTF-8.
constexpr uint32_t kFirst = 0x80;
constexpr uint32_t kEnd = 0x10000;
// Characters in one query, so that it fits the smallest max_allowed_packet.
constexpr uint32_t kCharactersPerQuery = 0x1000;
// From this version on, MariaDB may use a newer Unicode version for names than for its older
// collations.
constexpr ServerVersion kNewerUnicode = 110000;

std::string Encode(uint32_t character) {
  std::string bytes;
  if (character < 0x800) {
    bytes.push_back(static_cast<char>(0xc0 | (character >> 6)));
  } else {
    bytes.push_back(static_cast<char>(0xe0 | (character >> 12)));
    bytes.push_back(static_cast<char>(0x80 | ((character >> 6) & 0x3f)));
  }
  bytes.push_back(static_cast<char>(0x80 | (character & 0x3f)));
  return bytes;
}

// Size of the character that begins with `lead`, in bytes; 0: a name cannot contain it.
size_t CharacterSize(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  return lead >= 0xe0 && lead < 0xf0 ? 3 : 0;
}

// The next kCharactersPerQuery characters from `first` on, one on each line.
std::string Characters(uint32_t first) {
  std::string text;
  for (uint32_t c = first; c < first + kCharactersPerQuery && c < kEnd; ++c) {
    if (c < 0xd800 || c >= 0xe000) text.append(Encode(c)).push_back('\n');
  }
  return text;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

// Adds the lower case of `characters`. It counts as unknown if two Unicode versions differ.
absl::Status FetchLetters(Connection& connection, const std::string& characters,
                          NameFolding::Letters& letters) {
  const ServerInfo& server = connection.info();
  const bool newer = server.flavour == Flavour::kMariadb && server.version >= kNewerUnicode;
  const std::string_view collation = newer ? "utf8mb4_uca1400_ai_ci" : "utf8mb4_general_ci";
  // Names use the lower case of utf8mb4_general_ci, or that of a newer collation.
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection.Query(fmt::format("SELECT LOWER(_utf8mb4{0} COLLATE utf8mb4_general_ci) AS older, "
                                   "LOWER(_utf8mb4{0} COLLATE {1}) AS newer",
                                   QuotedText(characters), collation)));
  const QueryRow row = rows.rows.empty() ? QueryRow() : rows.rows[0];
  const std::string older_text = rows.Text(row, {"older"});
  const std::string newer_text = rows.Text(row, {"newer"});
  const auto from = Lines(characters);
  const auto older = Lines(older_text);
  const auto newest = Lines(newer_text);
  if (older.size() != from.size() || newest.size() != from.size()) {
    return QueryError(connection.endpoint(), {0, "it did not convert letters to lower case"});
  }
  for (size_t i = 0; i < from.size(); ++i) {
    if (older[i] != newest[i]) {
      letters.emplace(from[i], std::nullopt);
    } else if (older[i] != from[i]) {
      letters.emplace(from[i], older[i]);
    }
  }
  return absl::OkStatus();
}

}  // namespace

NameFolding NameFolding::ToLower(Letters letters) {
  NameFolding folding;
  folding.folds_ = true;
  folding.letters_ = std::move(letters);
  return folding;
}

std::optional<std::string> NameFolding::Fold(std::string_view name) const {
  if (!folds_) return std::string(name);
  std::string folded;
  while (!name.empty()) {
    const size_t size = CharacterSize(static_cast<unsigned char>(name.front()));
    if (size == 0 || size > name.size()) return std::nullopt;
    const std::string_view character = name.substr(0, size);
    name.remove_prefix(size);
    if (size == 1) {
      const char c = character.front();
      folded.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
      continue;
    }
    const auto letter = letters_.find(character);
    if (letter == letters_.end()) {
      folded.append(character);
    } else if (letter->second.has_value()) {
      folded.append(*letter->second);
    } else {
      return std::nullopt;
    }
  }
  return folded;
}

absl::StatusOr<NameFolding> FetchNameFolding(Connection& connection) {
  if (connection.info().lower_case_table_names != 1) return NameFolding();
  NameFolding::Letters letters;
  for (uint32_t first = kFirst; first < kEnd; first += kCharactersPerQuery) {
    MILLRACE_RETURN_IF_ERROR(FetchLetters(connection, Characters(first), letters));
  }
  return NameFolding::ToLower(std::move(letters));
}

}  // namespace millrace
