// SPDX-License-Identifier: Apache-2.0

#include "mysql/binlog_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "binlog/event.h"
#include "mysql/current_position.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

using binlog::EventType;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kFullPart = 0xffffff;

// The type of the event.
EventType TypeOf(std::string_view event) { return static_cast<EventType>(event[4]); }

bool IsWrite(std::string_view event) {
  return TypeOf(event) == EventType::kWriteRows || TypeOf(event) == EventType::kWriteRowsV1;
}

bool EventContains(std::string_view event, std::string_view text) {
  return event.find(text) != std::string_view::npos;
}

// Reads until `last` returns true for an event. Returns the first error.
template <typename Last>
absl::Status ReadEvents(BinlogStream& stream, const Last& last) {
  while (true) {
    const auto event = stream.Read();
    if (!event.ok()) return event.status();
    if (last(*event)) return absl::OkStatus();
  }
}

// Parses the events up to the first that contains `text`.
void ParseUntil(BinlogStream& stream, binlog::EventReader& reader, std::string_view text) {
  const absl::Status status = ReadEvents(stream, [&](std::string_view bytes) {
    const auto event = reader.Read(bytes);
    EXPECT_TRUE(event.ok()) << event.status();
    return !event.ok() || EventContains(bytes, text);
  });
  EXPECT_TRUE(status.ok()) << status;
}

// A server with a table d.t, and functions to read its binlog.
class BinlogStreamTest : public SourceTest {
 protected:
  void StartServer(std::vector<std::string> options = {}) {
    server_ = Start(std::move(options));
    root_.emplace(server_->MustConnect());
    root_->MustExecute("CREATE DATABASE d");
    root_->MustExecute("CREATE TABLE d.t (a LONGTEXT)");
  }
  SourceOptions Options() { return OptionsFor(*server_); }
  SourcePosition Now() { return CurrentPosition(*MustConnect(Options())).value(); }
  SourcePosition Earliest() { return EarliestPosition(*MustConnect(Options())).value(); }
  // The position by file: without its GTIDs.
  static SourcePosition ByFile(SourcePosition position) {
    position.gtids = GtidSet();
    return position;
  }
  void Insert(const std::string& text) {
    root_->MustExecute("INSERT INTO d.t VALUES ('" + text + "')");
  }
  std::unique_ptr<BinlogStream> Open(const SourcePosition& from) { return Open(Options(), from); }
  static std::unique_ptr<BinlogStream> Open(const SourceOptions& options,
                                            const SourcePosition& from) {
    auto stream = OpenStream(options, from);
    EXPECT_TRUE(stream.ok()) << stream.status();
    return stream.ok() ? *std::move(stream) : nullptr;
  }
  // A stream from the current position without heartbeats: only changes wake it.
  std::unique_ptr<BinlogStream> OpenWithoutHeartbeats() {
    SourceOptions options = Options();
    options.heartbeat_period = Micros{3600} * 1'000'000;
    return Open(options, Now());
  }
  // All events up to the first that contains `text`, concatenated; or the error.
  static std::string ReadThrough(BinlogStream& stream, std::string_view text) {
    std::string events;
    const absl::Status status = ReadEvents(stream, [&](std::string_view event) {
      events += event;
      return EventContains(event, text);
    });
    return status.ok() ? events : "error: " + status.ToString();
  }
  // The next event that contains `text`; or the error.
  static std::string ReadUntil(BinlogStream& stream, std::string_view text) {
    std::string found;
    const absl::Status status = ReadEvents(stream, [&](std::string_view event) {
      if (EventContains(event, text)) found = event;
      return !found.empty();
    });
    return status.ok() ? found : "error: " + status.ToString();
  }
  // Reads the events that have arrived.
  static void Drain(BinlogStream& stream) {
    while (stream.HasMore()) ASSERT_TRUE(stream.Read().ok());
  }
  // Reads to the end of the stream and returns its error.
  static absl::Status ReadToEnd(BinlogStream& stream) {
    return ReadEvents(stream, [](std::string_view) { return false; });
  }

  std::unique_ptr<testing::SourceServer> server_;
  std::optional<testing::SqlSession> root_;
};

TEST_P(BinlogStreamTest, FirstEventsNameTheFileAndItsFormat) {
  StartServer();
  const SourcePosition now = Now();
  const auto stream = Open(now);
  const auto rotate = stream->Read();
  ASSERT_TRUE(rotate.ok()) << rotate.status();
  EXPECT_EQ(TypeOf(*rotate), EventType::kRotate);
  EXPECT_THAT(std::string(*rotate), HasSubstr(now.file));
  EXPECT_EQ(TypeOf(*stream->Read()), EventType::kFormatDescription);
}

TEST_P(BinlogStreamTest, ByGtidDeliversOnlyLaterEvents) {
  StartServer();
  Insert("before");
  SourcePosition position = Now();
  position.file.clear();
  Insert("after");
  const auto stream = Open(position);
  EXPECT_THAT(ReadThrough(*stream, "after"), AllOf(HasSubstr("after"), Not(HasSubstr("before"))));
}

TEST_P(BinlogStreamTest, ByFileDeliversOnlyLaterEvents) {
  StartServer();
  Insert("before");
  const SourcePosition position = ByFile(Now());
  Insert("after");
  const auto stream = Open(position);
  EXPECT_THAT(ReadThrough(*stream, "after"), AllOf(HasSubstr("after"), Not(HasSubstr("before"))));
}

TEST_P(BinlogStreamTest, EmptyPositionDeliversEverything) {
  StartServer();
  EXPECT_THAT(ReadUntil(*Open({}), "CREATE DATABASE d"), HasSubstr("CREATE DATABASE d"));
}

TEST_P(BinlogStreamTest, EveryEventPassesItsChecksum) {
  StartServer();
  for (int i = 0; i < 300; ++i) Insert("row");
  const auto stream = Open(Earliest());
  binlog::EventReader reader(stream->server().flavour);
  Insert("last");
  ParseUntil(*stream, reader, "last");
  EXPECT_TRUE(reader.checksums());
}

TEST_P(BinlogStreamTest, HasMoreReportsUnreadEvents) {
  StartServer();
  const auto stream = OpenWithoutHeartbeats();
  Insert("one");
  ReadUntil(*stream, "one");
  Drain(*stream);
  Insert("two");
  // The event reaches the socket a little later. Wait for it, but not forever.
  for (int i = 0; i < 2000 && !stream->HasMore(); ++i) root_->MustExecute("SELECT SLEEP(0.005)");
  EXPECT_TRUE(stream->HasMore());
  EXPECT_THAT(ReadUntil(*stream, "two"), HasSubstr("two"));
}

TEST_P(BinlogStreamTest, EventsAround16MiBArriveWhole) {
  StartServer();
  const auto stream = Open(Now());
  // Rows with a text of known size, so that the event's size is known. A packet of exactly
  // kFullPart bytes is a full part and an empty one.
  root_->MustExecute("INSERT INTO d.t VALUES (CONCAT('pro', 'be'))");
  const size_t overhead = ReadUntil(*stream, "probe").size() - 5;
  for (const size_t packet : {kFullPart - 1, kFullPart, kFullPart + 1, 2 * kFullPart + 5}) {
    const size_t text = packet - 1 - overhead;
    root_->MustExecute("INSERT INTO d.t VALUES (REPEAT('x', " + std::to_string(text) + "))");
    const std::string event = ReadUntil(*stream, std::string(1000, 'x'));
    EXPECT_EQ(event.size(), packet - 1);
    EXPECT_TRUE(IsWrite(event));
  }
}

TEST_P(BinlogStreamTest, EventAboveLimitFails) {
  StartServer();
  SourceOptions options = Options();
  options.event_bytes_max = 1 << 20;
  const auto stream = Open(options, Now());
  root_->MustExecute("INSERT INTO d.t VALUES (REPEAT('x', 17000000))");
  EXPECT_EQ(ErrorReason(ReadToEnd(*stream)), "SOURCE_PACKET_TOO_LARGE");
}

TEST_P(BinlogStreamTest, InterruptEndsCurrentAndLaterReads) {
  StartServer();
  const auto stream = Open(Now());
  std::jthread reader([&] { EXPECT_TRUE(absl::IsCancelled(ReadToEnd(*stream))); });
  stream->Interrupt();
  reader.join();
  EXPECT_TRUE(absl::IsCancelled(stream->Read().status()));
}

TEST_P(BinlogStreamTest, WakeEndsCurrentOrNextWait) {
  StartServer();
  const auto stream = OpenWithoutHeartbeats();
  Insert("last");
  ReadUntil(*stream, "last");
  Drain(*stream);
  stream->Wake();
  stream->Wait();
  std::jthread waiter([&] { stream->Wait(); });
  stream->Wake();
  waiter.join();
}

TEST_P(BinlogStreamTest, EventOrInterruptEndsAWait) {
  StartServer();
  const auto stream = Open(Now());
  std::jthread reader([&] {
    std::string events;
    while (events.find("awaited") == std::string::npos) {
      if (stream->HasMore()) {
        events += stream->Read().value();
      } else {
        stream->Wait();
      }
    }
  });
  Insert("awaited");
  reader.join();
  stream->Interrupt();
  stream->Wait();
  EXPECT_TRUE(absl::IsCancelled(stream->Read().status()));
}

TEST_P(BinlogStreamTest, SilenceEndsAWait) {
  StartServer();
  SourceOptions options = Options();
  options.heartbeat_period = 100'000;
  const auto stream = Open(options, Now());
  kill(server_->pid(), SIGSTOP);
  do {
    stream->Wait();
  } while (stream->HasMore() && stream->Read().ok());
  const absl::Status status = stream->Read().status();
  kill(server_->pid(), SIGCONT);
  EXPECT_EQ(ErrorReason(status), "SOURCE_SILENT") << status;
}

TEST_P(BinlogStreamTest, HeartbeatsArriveWhileTheSourceIsIdle) {
  StartServer();
  SourceOptions options = Options();
  options.heartbeat_period = 100'000;
  const auto stream = Open(options, Now());
  const absl::Status status = ReadEvents(*stream, [](std::string_view event) {
    return TypeOf(event) == EventType::kHeartbeat || TypeOf(event) == EventType::kHeartbeatV2;
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(BinlogStreamTest, FrozenSourceIsSilent) {
  StartServer();
  SourceOptions options = Options();
  options.heartbeat_period = 100'000;
  const auto stream = Open(options, Now());
  kill(server_->pid(), SIGSTOP);
  const absl::Status status = ReadToEnd(*stream);
  kill(server_->pid(), SIGCONT);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SOURCE_SILENT");
}

TEST_P(BinlogStreamTest, KilledServerIsUnreachable) {
  StartServer();
  const auto stream = Open(Now());
  server_->Kill();
  EXPECT_EQ(ErrorReason(ReadToEnd(*stream)), "SOURCE_UNREACHABLE");
}

TEST_P(BinlogStreamTest, ServerThatShutsDownIsUnreachable) {
  StartServer();
  auto stream = Open(Now());
  std::jthread stopper([&] { EXPECT_TRUE(server_->Stop().ok()); });
  EXPECT_EQ(ErrorReason(ReadToEnd(*stream)), "SOURCE_UNREACHABLE");
  // MySQL waits a long time for open connections.
  stream.reset();
}

TEST_P(BinlogStreamTest, DumpKilledByAnAdministratorIsUnreachable) {
  StartServer();
  const auto stream = Open(Now());
  ASSERT_TRUE(stream->Read().ok());
  const auto id = root_->MustQueryValue(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'");
  root_->MustExecute("KILL " + id);
  EXPECT_EQ(ErrorReason(ReadToEnd(*stream)), "SOURCE_UNREACHABLE");
}

TEST_P(BinlogStreamTest, PurgedFileIsReported) {
  StartServer();
  const SourcePosition old = ByFile(Now());
  root_->MustExecute("FLUSH BINARY LOGS");
  MustPurgeOldFiles(*root_);
  const absl::Status status = ReadToEnd(*Open(old));
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SOURCE_PURGED");
}

TEST_P(BinlogStreamTest, PurgedGtidsAreReported) {
  StartServer();
  Insert("one");
  const SourcePosition old = Now();
  Insert("two");
  root_->MustExecute("FLUSH BINARY LOGS");
  Insert("three");
  MustPurgeOldFiles(*root_);
  EXPECT_EQ(ErrorReason(ReadToEnd(*Open(old))), "SOURCE_PURGED");
}

TEST_P(BinlogStreamTest, SourceAfterResetLacksOurGtids) {
  StartServer();
  Insert("one");
  const SourcePosition ours = Now();
  const std::string reset = mysql() ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER";
  root_->MustExecute(reset);
  // MariaDB accepts any GTID of a domain in which it has no transaction.
  root_->MustExecute("CREATE DATABASE other");
  const absl::Status status = ReadToEnd(*Open(ours));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SOURCE_LACKS_GTIDS");
}

TEST_P(BinlogStreamTest, OffsetPastEndReportsChangedSource) {
  StartServer();
  SourcePosition position = ByFile(Now());
  position.offset += 100'000;
  EXPECT_EQ(ErrorReason(ReadToEnd(*Open(position))), "SOURCE_CHANGED");
}

TEST_P(BinlogStreamTest, OffsetBeyond4GiBInShortFileFails) {
  StartServer();
  SourcePosition position = ByFile(Now());
  position.offset += uint64_t{1} << 32;
  const auto stream = Open(position);
  root_->MustExecute("FLUSH BINARY LOGS");
  Insert("in the next file");
  EXPECT_EQ(ErrorReason(ReadToEnd(*stream)), "SOURCE_CHANGED");
}

TEST_P(BinlogStreamTest, SecondReaderWithSameServerIdEndsFirst) {
  StartServer();
  const auto first = Open(Now());
  ASSERT_TRUE(first->Read().ok());
  const auto second = Open(Now());
  ASSERT_TRUE(second->Read().ok());
  const absl::Status status = ReadToEnd(*first);
  EXPECT_EQ(ErrorReason(status), "SOURCE_DUPLICATE_SERVER_ID") << status;
}

TEST_P(BinlogStreamTest, ReadersWithOtherServerIdsCoexist) {
  StartServer();
  SourceOptions options = Options();
  const auto first = Open(options, Now());
  options.server_id += 1;
  const auto second = Open(options, Now());
  Insert("for both");
  EXPECT_THAT(ReadUntil(*first, "for both"), HasSubstr("for both"));
  EXPECT_THAT(ReadUntil(*second, "for both"), HasSubstr("for both"));
}

TEST_P(BinlogStreamTest, ShowReplicasListsUs) {
  StartServer();
  const auto stream = Open(Now());
  const auto rows = root_->MustQuery(mysql() ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0][0], "4711");
}

TEST_P(BinlogStreamTest, WithoutReplicationSlaveTheGrantIsNamed) {
  StartServer();
  root_->MustExecute("CREATE USER poor@'%' IDENTIFIED BY 'poor'");
  const auto stream = OpenStream(OptionsAs(*server_, "poor", "poor"), Now());
  EXPECT_EQ(ErrorReason(stream.status()), "SOURCE_ACCESS_DENIED") << stream.status();
  EXPECT_THAT(ErrorMetadataOf(stream.status())["remedy"], HasSubstr("GRANT REPLICATION SLAVE"));
}

TEST_P(BinlogStreamTest, FollowsTheBinlogAcrossRotations) {
  StartServer();
  const auto stream = Open(Now());
  for (const std::string text : {"first", "second", "third"}) {
    root_->MustExecute("FLUSH BINARY LOGS");
    Insert(text);
    EXPECT_THAT(ReadUntil(*stream, text), HasSubstr(text));
  }
}

TEST_P(BinlogStreamTest, FollowsAChangeOfTheChecksum) {
  StartServer();
  const auto stream = Open(Now());
  binlog::EventReader reader(stream->server().flavour);
  root_->MustExecute("SET GLOBAL binlog_checksum = NONE");
  Insert("bare");
  root_->MustExecute("SET GLOBAL binlog_checksum = CRC32");
  Insert("protected");
  ParseUntil(*stream, reader, "protected");
}

MILLRACE_BOTH_SERVERS(BinlogStreamTest);

TEST(BinlogStreamMysqlTest, PermissiveModeDumpsByFile) {
  const auto server = StartSource(ServerKind::kMysql,
                                  {"--gtid-mode=ON_PERMISSIVE", "--enforce-gtid-consistency=1"});
  auto root = server->MustConnect();
  SourcePosition position = CurrentPosition(*MustConnect(OptionsFor(*server))).value();
  root.MustExecute("SET SESSION gtid_next = 'ANONYMOUS'");
  root.MustExecute("CREATE DATABASE unnamed");
  const auto stream = OpenStream(OptionsFor(*server), position);
  ASSERT_TRUE(stream.ok()) << stream.status();
  const absl::Status status = ReadEvents(**stream, [](std::string_view event) {
    return EventContains(event, "CREATE DATABASE unnamed");
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST(BinlogStreamMariadbTest, AnnotationsAreSent) {
  const auto server = StartSource(ServerKind::kMariadb, {"--binlog-annotate-row-events=ON"});
  auto root = server->MustConnect();
  root.MustExecute("CREATE TABLE mysql.noted (a INT)");
  root.MustExecute("INSERT INTO mysql.noted VALUES (17)");
  const auto stream = OpenStream(OptionsFor(*server), {});
  ASSERT_TRUE(stream.ok()) << stream.status();
  const absl::Status status = ReadEvents(**stream, [](std::string_view event) {
    return TypeOf(event) == EventType::kMariadbAnnotateRows;
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST(ReplicaUuidTest, DiffersForEachServerId) {
  EXPECT_EQ(ReplicaUuid(4711), "6d696c6c-7261-8365-8000-000000001267");
  EXPECT_NE(ReplicaUuid(1), ReplicaUuid(2));
}

}  // namespace
}  // namespace millrace
