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

// First byte of a packet.
constexpr char kEvent = 0;
constexpr char kEnd = '\xfe';
constexpr char kError = '\xff';
// An end is shorter; a packet that only begins like one is none.
constexpr size_t kEndBytesMax = 8;
// Silence is measured in heartbeats: one may be late, and one be lost to a stall.
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

PacketReaderOptions ReaderOptions(const SourceOptions& options) {
  PacketReaderOptions reader;
  reader.endpoint = SourceEndpoint(options);
  reader.silence_max = kSilentHeartbeats * options.heartbeat_period;
  // The status byte stands before the event.
  reader.packet_bytes_max = options.event_bytes_max + 1;
  return reader;
}

}  // namespace

std::string ReplicaUuid(uint32_t server_id) {
  // Version 8, which leaves the bits to us.
  return fmt::format("6d696c6c-7261-8365-8000-0000{:08x}", server_id);
}

BinlogStream::BinlogStream(std::unique_ptr<Connection> connection, const SourceOptions& options,
                           int wake)
    : connection_(std::move(connection)), server_id_(options.server_id), wake_(wake) {}

BinlogStream::~BinlogStream() { close(wake_); }

absl::StatusOr<std::unique_ptr<BinlogStream>> BinlogStream::Open(const SourceOptions& options,
                                                                 const SourcePosition& from,
                                                                 AtBinlogEnd at_end) {
  MILLRACE_CHECK(options.server_id != 0 || at_end == AtBinlogEnd::kEnd);
  MILLRACE_ASSIGN_OR_RETURN(auto connection, Connection::Connect(options));
  const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake < 0) return OutOfFileDescriptors("the stream of the binlog");
  std::unique_ptr<BinlogStream> stream(new BinlogStream(std::move(connection), options, wake));
  MILLRACE_RETURN_IF_ERROR(stream->Announce(options));
  MILLRACE_RETURN_IF_ERROR(stream->StartDump(options, from, at_end));
  return stream;
}

absl::Status BinlogStream::Announce(const SourceOptions& options) {
  // Both of the names that MySQL has had for each; MariaDB knows the older one.
  const int64_t heartbeat = options.heartbeat_period * 1000;
  const bool beside = options.server_id == 0;
  const std::string uuid = ReplicaUuid(options.server_id);
  std::string sql = fmt::format(
      "SET @source_binlog_checksum = @@global.binlog_checksum, "
      "@master_binlog_checksum = @@global.binlog_checksum, "
      "@source_heartbeat_period = {0}, @master_heartbeat_period = {0}",
      heartbeat);
  if (server().flavour == Flavour::kMysql && !beside) {
    sql += fmt::format(", @replica_uuid = '{0}', @slave_uuid = '{0}'", uuid);
  } else if (server().flavour == Flavour::kMariadb) {
    // 4: GTIDs are understood, and everything older.
    sql += ", @mariadb_slave_capability = 4";
  }
  MILLRACE_RETURN_IF_ERROR(connection_->Query(sql).status());
  if (beside) return absl::OkStatus();
  return connection_->handle_->RegisterReplica(options.server_id, HostName());
}

absl::Status BinlogStream::StartDump(const SourceOptions& options, const SourcePosition& from,
                                     AtBinlogEnd at_end) {
  DumpRequest request;
  request.waits = at_end == AtBinlogEnd::kWait;
  request.server_id = options.server_id;
  if (!ByGtid(server(), from)) {
    request.file = from.file;
    if (from.offset <= std::numeric_limits<uint32_t>::max()) {
      request.offset = static_cast<uint32_t>(std::max<uint64_t>(from.offset, kFirstOffset));
    } else {
      skipper_ = OffsetSkipper(from.offset);
    }
  } else if (server().flavour == Flavour::kMysql) {
    request.gtids = from.gtids.mysql().EncodeForDump();
  } else {
    // Strict: a GTID that the source has not is an error, not a cause to begin elsewhere. Who reads
    // what is there already looks at what comes first.
    MILLRACE_RETURN_IF_ERROR(
        connection_
            ->Query(fmt::format("SET @slave_connect_state = '{}', @slave_gtid_strict_mode = {}, "
                                "@slave_gtid_ignore_duplicates = 0",
                                from.gtids.ToString(), request.waits ? 1 : 0))
            .status());
  }
  MILLRACE_ASSIGN_OR_RETURN(packets_,
                            connection_->handle_->StartDump(request, ReaderOptions(options)));
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> BinlogStream::Read() {
  while (true) {
    absl::StatusOr<std::string_view> packet = packets_->Read();
    if (!packet.ok() || interrupted_.load(std::memory_order_relaxed)) [[unlikely]]
      return Failure(packet.status());
    if (packet->empty() || packet->front() != kEvent) [[unlikely]]
      return NoEvent(*packet);
    packet->remove_prefix(1);
    MILLRACE_ASSIGN_OR_RETURN(const bool dropped, skipper_.Drops(connection_->endpoint(), *packet));
    if (!dropped) return packet;
  }
}

absl::Status BinlogStream::NoEvent(std::string_view packet) {
  const std::string& endpoint = connection_->endpoint();
  if (packet.empty()) return SourceUnreachable(endpoint, "an empty packet came");
  if (packet[0] == kError) return DumpError(endpoint, server_id_, ParseError(packet));
  if (packet[0] == kEnd && packet.size() <= kEndBytesMax) {
    ended_ = true;
    return SourceUnreachable(endpoint, "it ended the dump, as it does when it shuts down");
  }
  return SourceUnreachable(endpoint,
                           fmt::format("a packet of unknown kind {} came", uint8_t(packet[0])));
}

absl::Status BinlogStream::Failure(absl::Status status) const {
  if (!interrupted_.load(std::memory_order_relaxed)) return status;
  return absl::CancelledError("reading the binlog was interrupted");
}

bool BinlogStream::Wait() {
  packets_->Wait(wake_);
  // Takes the wake back; fails if there was none.
  eventfd_t count = 0;
  return eventfd_read(wake_, &count) == 0;
}

void BinlogStream::Wake() { eventfd_write(wake_, 1); }

void BinlogStream::Interrupt() {
  interrupted_.store(true, std::memory_order_relaxed);
  connection_->Interrupt();
}

}  // namespace millrace
