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

// What a dump does at the end of the binlog: wait for more, or end.
enum class AtBinlogEnd { kWait, kEnd };

// What a stream asks of the source.
struct StreamRequest {
  SourcePosition from;
  AtBinlogEnd at_end = AtBinlogEnd::kWait;
  // Ours, among the replicas of the source: it ends an older stream with the same id. 0, only by
  // file and with kEnd, ends no other stream.
  uint32_t server_id = 0;
  // An idle source sends a heartbeat this often.
  Micros heartbeat_period = 0;
  // Larger events fail the stream.
  uint64_t event_bytes_max = 0;
};

// The binlog of a source, event by event, over a connection of its own. One thread opens, reads and
// waits; any thread may call Interrupt and Wake. Failures are those of errors.h. After one the
// stream is of no more use: open another at the last position that was stored. A failed or closed
// stream leaves nothing at the source.
class BinlogStream {
 public:
  // Starts the dump over `connection`, at request.from: by its GTIDs where it has any and the
  // source can be asked by GTID, else by its file and offset. GTIDs find the place on any server
  // that has the transactions; a file means something only on the server that wrote it, see
  // CheckContinuity. A position with neither asks for all from the first transaction on, which is
  // refused by GTID if any was purged; a source without GTIDs begins with its oldest file.
  // Announces that checksums are understood, the heartbeat period, and the server id. For
  // SourcePool.
  static absl::StatusOr<std::unique_ptr<BinlogStream>> Open(std::unique_ptr<Connection> connection,
                                                            const StreamRequest& request);
  ~BinlogStream();

  // Blocks for the next event: all its bytes, as EventReader takes them, valid until the next call.
  // The first is an artificial ROTATE that names the file, then comes FORMAT_DESCRIPTION.
  // Heartbeats are events as well. kCancelled: Interrupt was called. kUnavailable: the connection
  // is lost, silent for three heartbeats, or the source shuts down.
  absl::StatusOr<std::string_view> Read();
  // True if the last Read failed because the source ended the dump, as it does at the end of the
  // binlog with AtBinlogEnd::kEnd, or when it shuts down.
  bool ended() const { return ended_; }
  // True if Read would not wait for the source; when it is false, now is the time to hand on what
  // was read.
  bool HasMore() const { return packets_->HasMore(); }

  // Blocks until there is reason to do something: HasMore, so Read would not wait for the source;
  // Wake or Interrupt was called; or the source has been silent for so long that the next Read says
  // so. Whoever is woken looks for its work after every Wait, whatever ended it. With Oracle's
  // client library and TLS it may end without a reason.
  // True if Wake was called: only then may the caller wait again before it reads.
  bool Wait();
  // Ends the Wait that blocks, or if none does the next one. From any thread, at any time between
  // Open and the destructor.
  void Wake();

  // Makes a Read that waits, and every later one, return kCancelled. From any thread, at any time
  // between Open and the destructor.
  void Interrupt();

  const ServerInfo& server() const { return connection_->info(); }
  // Empty without TLS.
  std::string TlsCipher() const { return connection_->TlsCipher(); }

 private:
  BinlogStream(std::unique_ptr<Connection> connection, uint32_t server_id, int wake);
  absl::Status Announce(Micros heartbeat_period);
  absl::Status StartDump(const StreamRequest& request);
  // Why there is no event in a packet.
  absl::Status PacketError(std::string_view packet);
  absl::Status Failure(absl::Status status) const;

  const std::unique_ptr<Connection> connection_;
  const uint32_t server_id_;
  // An eventfd: readable from Wake to the end of a Wait.
  const int wake_;
  std::unique_ptr<PacketReader> packets_;
  OffsetSkipper skipper_;
  bool ended_ = false;
  std::atomic<bool> interrupted_ = false;
};

// The UUID under which replicas of MySQL are told apart; the same for the same server id, so that a
// connection left over from before a crash makes room for the new one.
std::string ReplicaUuid(uint32_t server_id);

}  // namespace millrace
