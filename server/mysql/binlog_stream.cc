// SPDX-License-Identifier: Apache-2.0

#include "mysql/binlog_stream.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/error.h"
#include "fmt/format.h"
#include "mysql/client_library.h"
#include "mysql/errors.h"

namespace millrace {
namespace {

// The first byte of a packet.
constexpr char kEvent = 0;
constexpr char kEnd = '\xfe';
constexpr char kError = '\xff';
// A longer packet with the first byte kEnd is not the end of the dump.
constexpr size_t kEndBytesMax = 8;
// Silence in heartbeat periods: one heartbeat may be late, and one lost.
constexpr int kSilentHeartbeats = 3;
constexpr size_t kFirstOffset = 4;

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html
SourceFailure ParseError(std::string_view packet) {
  ByteReader reader(packet);
  reader.Skip(1);
  SourceFailure failure;
  failure.code = reader.Little16();
  if (!reader.empty() && reader.rest()[0] == '#') reader.Skip(6);
  failure.text = reader.rest();
  return failure;
}

bool ByGtid(const ServerInfo& server, const SourcePosition& from) {
  if (server.flavour == Flavour::kMysql && !server.gtids()) return false;
  return from.file.empty() || !from.gtids.empty();
}

PacketReaderOptions ReaderOptions(const StreamRequest& request, const std::string& endpoint) {
  PacketReaderOptions reader;
  reader.endpoint = endpoint;
  reader.silence_max = kSilentHeartbeats * request.heartbeat_period;
  // A status byte precedes the event.
  reader.packet_bytes_max = request.event_bytes_max + 1;
  return reader;
}

}  // namespace

std::string ReplicaUuid(uint32_t server_id) {
  // A UUID of version 8, whose other bits are free to use.
  return fmt::format("6d696c6c-7261-8365-8000-0000{:08x}", server_id);
}

BinlogStream::BinlogStream(std::unique_ptr<Connection> connection, uint32_t server_id, int wake)
    : connection_(std::move(connection)), server_id_(server_id), wake_(wake) {}

BinlogStream::~BinlogStream() { close(wake_); }

absl::StatusOr<std::unique_ptr<BinlogStream>> BinlogStream::Open(
    std::unique_ptr<Connection> connection, const StreamRequest& request) {
  MILLRACE_CHECK(request.server_id != 0 || request.at_end == AtBinlogEnd::kEnd);
  const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake < 0) return OutOfFileDescriptors("the stream of the binlog");
  std::unique_ptr<BinlogStream> stream(
      new BinlogStream(std::move(connection), request.server_id, wake));
  MILLRACE_RETURN_IF_ERROR(stream->Announce(request.heartbeat_period));
  MILLRACE_RETURN_IF_ERROR(stream->StartDump(request));
  return stream;
}

absl::Status BinlogStream::Announce(Micros heartbeat_period) {
  // Sets each variable under both names that MySQL has had. MariaDB only knows the older one.
  const int64_t heartbeat = heartbeat_period * 1000;
  const bool without_server_id = server_id_ == 0;
  const std::string uuid = ReplicaUuid(server_id_);
  std::string sql = fmt::format(
      "SET @source_binlog_checksum = @@global.binlog_checksum, "
      "@master_binlog_checksum = @@global.binlog_checksum, "
      "@source_heartbeat_period = {0}, @master_heartbeat_period = {0}",
      heartbeat);
  if (server().flavour == Flavour::kMysql && !without_server_id) {
    sql += fmt::format(", @replica_uuid = '{0}', @slave_uuid = '{0}'", uuid);
  } else if (server().flavour == Flavour::kMariadb) {
    // 4: we support GTIDs, and everything older.
    sql += ", @mariadb_slave_capability = 4";
  }
  MILLRACE_RETURN_IF_ERROR(connection_->Query(sql).status());
  if (without_server_id) return absl::OkStatus();
  return connection_->handle_->RegisterReplica(server_id_, HostName());
}

absl::Status BinlogStream::StartDump(const StreamRequest& request) {
  const SourcePosition& from = request.from;
  DumpRequest dump;
  dump.waits = request.at_end == AtBinlogEnd::kWait;
  dump.server_id = server_id_;
  if (!ByGtid(server(), from)) {
    dump.file = from.file;
    if (from.offset <= std::numeric_limits<uint32_t>::max()) {
      dump.offset = static_cast<uint32_t>(std::max<uint64_t>(from.offset, kFirstOffset));
    } else {
      skipper_ = OffsetSkipper(from.offset);
    }
  } else if (server().flavour == Flavour::kMysql) {
    dump.gtids = from.gtids.mysql().EncodeForDump();
  } else {
    // In strict mode the source rejects a GTID that it lacks, otherwise it starts elsewhere.
    // Callers with AtBinlogEnd::kEnd check the first transaction themselves.
    MILLRACE_RETURN_IF_ERROR(
        connection_
            ->Query(fmt::format("SET @slave_connect_state = '{}', @slave_gtid_strict_mode = {}, "
                                "@slave_gtid_ignore_duplicates = 0",
                                from.gtids.ToString(), dump.waits ? 1 : 0))
            .status());
  }
  MILLRACE_ASSIGN_OR_RETURN(packets_, connection_->handle_->StartDump(
                                          dump, ReaderOptions(request, connection_->endpoint())));
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> BinlogStream::Read() {
  while (true) {
    absl::StatusOr<std::string_view> packet = packets_->Read();
    if (!packet.ok() || interrupted_.load(std::memory_order_relaxed)) [[unlikely]]
      return Failure(packet.status());
    if (packet->empty() || packet->front() != kEvent) [[unlikely]]
      return PacketError(*packet);
    packet->remove_prefix(1);
    MILLRACE_ASSIGN_OR_RETURN(const bool dropped, skipper_.Drops(connection_->endpoint(), *packet));
    if (!dropped) return packet;
  }
}

absl::Status BinlogStream::PacketError(std::string_view packet) {
  const std::string& endpoint = connection_->endpoint();
  if (packet.empty()) return SourceUnreachable(endpoint, "it sent an empty packet");
  if (packet[0] == kError) return DumpError(endpoint, server_id_, ParseError(packet));
  if (packet[0] == kEnd && packet.size() <= kEndBytesMax) {
    ended_ = true;
    return SourceUnreachable(endpoint, "it ended the dump, probably because it shuts down");
  }
  return SourceUnreachable(endpoint,
                           fmt::format("it sent a packet of unknown kind {}", uint8_t(packet[0])));
}

absl::Status BinlogStream::Failure(absl::Status status) const {
  if (!interrupted_.load(std::memory_order_relaxed)) return status;
  return absl::CancelledError("reading the binlog was interrupted");
}

bool BinlogStream::Wait() {
  packets_->Wait(wake_);
  // Resets the eventfd. Fails if Wake was not called.
  eventfd_t count = 0;
  return eventfd_read(wake_, &count) == 0;
}

void BinlogStream::Wake() { eventfd_write(wake_, 1); }

void BinlogStream::Interrupt() {
  interrupted_.store(true, std::memory_order_relaxed);
  connection_->Interrupt();
}

}  // namespace millrace
