// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "model/source_position.h"
#include "mysql/connection.h"
#include "mysql/offset_skipper.h"
#include "mysql/packet_reader.h"

namespace millrace {

// Whether a dump waits for more events at the end of the binlog, or ends.
enum class AtBinlogEnd { kWait, kEnd };

// The parameters of a stream.
struct StreamRequest {
  SourcePosition from;
  AtBinlogEnd at_end = AtBinlogEnd::kWait;
  // Our id among the replicas of the source. The source ends an older stream with the same id. 0:
  // it ends no other stream; requires kEnd, and a position by file and offset.
  uint32_t server_id = 0;
  // How often an idle source sends a heartbeat.
  Micros heartbeat_period = 0;
  // The stream fails on a larger event.
  uint64_t event_bytes_max = 0;
};

// Reads a source's binlog event by event, over its own connection. One thread opens, reads and
// waits; any thread may call Interrupt and Wake. errors.h lists the errors. After an error, open a
// new stream at the last stored position. A failed or closed stream leaves nothing behind on the
// source.
class BinlogStream {
 public:
  // Starts the dump over `connection` at request.from. Uses the position's GTIDs if it has any and
  // the source supports a dump by GTID, otherwise its file and offset. GTIDs are valid on any
  // server that has the transactions; a file and offset only on the server that wrote the file, see
  // CheckContinuity. An empty position requests all transactions: a dump by GTID fails if one was
  // purged; a source without GTIDs starts with its oldest file.
  //
  // Also announces support for checksums, the heartbeat period and the server id. Only SourcePool
  // calls Open.
  static absl::StatusOr<std::unique_ptr<BinlogStream>> Open(std::unique_ptr<Connection> connection,
                                                            const StreamRequest& request);
  ~BinlogStream();

  // Blocks until the next event arrives, and returns all its bytes, as EventReader expects them.
  // They are valid until the next call. The first event is an artificial ROTATE that names the
  // file, the second is FORMAT_DESCRIPTION. Also returns heartbeats. kCancelled: Interrupt was
  // called. kUnavailable: the connection is lost, the source was silent for three heartbeat
  // periods, or it shuts down.
  absl::StatusOr<std::string_view> Read();
  // True if the last Read failed because the source ended the dump: at the end of the binlog with
  // AtBinlogEnd::kEnd, or because it shuts down.
  bool ended() const { return ended_; }
  // True if Read would not wait for the source, or only for the rest of an event. If false, process
  // the events read so far before the next Read.
  bool HasMore() const { return packets_->HasMore(); }

  // Blocks until HasMore is true, Wake or Interrupt is called, or the source has been silent for
  // too long, which the next Read reports. With Oracle's client library and TLS it may return
  // earlier. True if Wake was called; if false, call Read before the next Wait. After each Wait,
  // check for the work that Wake announces.
  bool Wait();
  // Ends the current Wait or, if there is none, the next one. From any thread, between Open and the
  // destructor.
  void Wake();

  // Makes a blocked Read, and every later one, return kCancelled. From any thread, between Open and
  // the destructor.
  void Interrupt();

  const ServerInfo& server() const { return connection_->info(); }
  // Empty without TLS.
  std::string TlsCipher() const { return connection_->TlsCipher(); }

 private:
  BinlogStream(std::unique_ptr<Connection> connection, uint32_t server_id, int wake);
  absl::Status Announce(Micros heartbeat_period);
  absl::Status StartDump(const StreamRequest& request);
  // The error for a packet that contains no event.
  absl::Status PacketError(std::string_view packet);
  absl::Status Failure(absl::Status status) const;

  const std::unique_ptr<Connection> connection_;
  const uint32_t server_id_;
  // An eventfd, readable from Wake until the end of a Wait.
  const int wake_;
  std::unique_ptr<PacketReader> packets_;
  OffsetSkipper skipper_;
  bool ended_ = false;
  std::atomic<bool> interrupted_ = false;
};

// Our UUID among the replicas of MySQL. It depends only on the server id, so a new connection
// replaces one that remained from before a crash.
std::string ReplicaUuid(uint32_t server_id);

}  // namespace millrace
