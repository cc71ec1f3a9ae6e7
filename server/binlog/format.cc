// SPDX-License-Identifier: Apache-2.0

#include "fmt/format.h"

#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/malformed.h"

// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Format__description__event.html
namespace millrace::binlog {
namespace {

constexpr size_t kServerVersionSize = 50;
constexpr uint16_t kBinlogVersion = 4;
constexpr uint8_t kChecksumsOff = 0;
constexpr uint8_t kChecksumsCrc32 = 1;
constexpr uint8_t kChecksumsUndefined = 255;

// The fields between the event header and the post-header sizes.
struct FormatHead {
  uint16_t binlog_version = 0;
  std::string_view server_version;
  uint32_t created = 0;
  uint8_t header_size = 0;
};

FormatHead ReadFormatHead(ByteReader& reader) {
  FormatHead head;
  head.binlog_version = reader.Little16();
  head.server_version = reader.Bytes(kServerVersionSize);
  head.server_version = head.server_version.substr(0, head.server_version.find('\0'));
  head.created = reader.Little32();
  head.header_size = reader.Little8();
  return head;
}

// `8.4.2-debug` returns {8, 4, 2}. Missing numbers are 0.
std::array<unsigned, 3> VersionNumbers(std::string_view version) {
  std::array<unsigned, 3> numbers{};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (unsigned& number : numbers) {
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc() || after == end || *after != '.') break;
    at = after + 1;
  }
  return numbers;
}

struct PostHeader {
  EventType type;
  uint8_t size;
};
// Our parsers assume these sizes. Only MySQL before 5.1 and prereleases of 5.1 wrote others.
constexpr std::array kPostHeaders = {
    PostHeader{EventType::kQuery, 13},       PostHeader{EventType::kRotate, 8},
    PostHeader{EventType::kTableMap, 8},     PostHeader{EventType::kWriteRowsV1, 8},
    PostHeader{EventType::kUpdateRowsV1, 8}, PostHeader{EventType::kDeleteRowsV1, 8},
    PostHeader{EventType::kWriteRows, 10},   PostHeader{EventType::kUpdateRows, 10},
    PostHeader{EventType::kDeleteRows, 10},  PostHeader{EventType::kPartialUpdateRows, 10},
};

absl::Status CheckPostHeaders(std::string_view sizes) {
  for (const PostHeader& expected : kPostHeaders) {
    const size_t index = static_cast<size_t>(expected.type) - 1;
    if (index >= sizes.size()) continue;
    const auto size = static_cast<uint8_t>(sizes[index]);
    // A server writes 0 for event types that it no longer produces.
    if (size == 0 || size == expected.size) continue;
    return KindUnsupported(fmt::format(
        "the source writes {} events with a post-header of {} bytes; only {} is supported",
        EventTypeName(expected.type), size, expected.size));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> ServerSupportsChecksums(const Event& event) {
  ByteReader reader(event.body);
  const FormatHead head = ReadFormatHead(reader);
  if (!reader.ok()) return EventTruncated(event.header, "ends before its post-header sizes");
  const std::array<unsigned, 3> version = VersionNumbers(head.server_version);
  const bool is_mariadb = head.server_version.find("MariaDB") != std::string_view::npos;
  return version >= (is_mariadb ? std::array{5u, 3u, 0u} : std::array{5u, 6u, 1u});
}

absl::StatusOr<Format> ParseFormatDescription(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const bool supports_checksums, ServerSupportsChecksums(event));
  ByteReader reader(event.body);
  const FormatHead head = ReadFormatHead(reader);
  if (head.binlog_version != kBinlogVersion || head.header_size != EventHeader::kSize) {
    return KindUnsupported(
        fmt::format("the source writes binlog version {} with headers of {} bytes; "
                    "only version {} with {} is supported",
                    head.binlog_version, head.header_size, kBinlogVersion, EventHeader::kSize));
  }
  Format format{.server_version = head.server_version, .created = head.created};
  std::string_view sizes = reader.rest();
  if (supports_checksums) {
    if (sizes.empty()) return EventTruncated(event.header, "ends before its checksum algorithm");
    const auto algorithm = static_cast<uint8_t>(sizes.back());
    sizes.remove_suffix(1);
    format.checksums = algorithm == kChecksumsCrc32;
    if (!format.checksums && algorithm != kChecksumsOff && algorithm != kChecksumsUndefined) {
      return KindUnsupported(
          fmt::format("the source writes checksums with unknown algorithm {}", algorithm));
    }
  }
  MILLRACE_RETURN_IF_ERROR(CheckPostHeaders(sizes));
  return format;
}

}  // namespace millrace::binlog
