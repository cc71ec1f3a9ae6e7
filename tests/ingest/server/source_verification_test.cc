// SPDX-License-Identifier: Apache-2.0

// Rereads the last transaction of a log from a real source, to test what it proves about the
// source.

#include "ingest/source_verification.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"
#include "mysql/server/source_fixture.h"
#include "mysql/source_pool.h"

namespace millrace::ingest {
namespace {

// Header and body of an event of 64 bytes, whose checksum is wrong.
std::string DamagedEvent() {
  std::string event(4, '\x01');
  event.push_back(static_cast<char>(binlog::EventType::kQuery));
  AppendLittle32(event, 1);
  AppendLittle32(event, 64);
  AppendLittle32(event, 0x01010101);
  AppendLittle16(event, 0);
  event.resize(64, '\x01');
  return event;
}

std::string HexOf(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02X}", byte);
  return text;
}

class SourceVerificationTest : public SourceTest {
 protected:
  explicit SourceVerificationTest(std::vector<std::string> options = {})
      : source_(Start(std::move(options))) {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("CREATE TABLE shop.t (body BLOB)");
  }

  SourcePosition End() {
    const auto rows = sql_.MustQuery(mysql() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
    return {.file = *rows[0][0], .offset = std::stoull(*rows[0][1]), .gtids = {}};
  }
  // Offset of these bytes in the binlog file.
  uint64_t OffsetOf(const std::string& file, const std::string& bytes) {
    std::ostringstream content;
    content << std::ifstream(source_->data_directory() / file, std::ios::binary).rdbuf();
    return content.str().find(bytes);
  }
  FirstTransaction Reread(const SourcePosition& from) {
    const SourcePool::Generation generation = pool_.ConnectToCurrent().value().generation;
    const auto stream = pool_.OpenStream(generation, from, {.at_end = AtBinlogEnd::kEnd}).value();
    return ReadFirstTransaction(*stream);
  }
  // Compares the source with a log whose last transaction was at this place.
  absl::StatusOr<SourceVerification::Result> CheckLastAt(const SourcePosition& place,
                                                         bool mismatched = false) {
    const SourcePosition end = End();
    const SourcePool::CurrentConnection queries = pool_.ConnectToCurrent().value();
    LastTransaction last;
    last.server = ServerName(queries.connection->info());
    last.place = {.file = place.file, .offset = place.offset};
    const SourceMemory memory{.server = last.server, .file = {}, .file_created = 0, .last = last};
    const auto read = [&](const SourcePosition& from,
                          SourceVerification::Depth) -> absl::StatusOr<FirstTransaction> {
      MILLRACE_ASSIGN_OR_RETURN(
          const std::unique_ptr<BinlogStream> stream,
          pool_.OpenStream(queries.generation, from, {.at_end = AtBinlogEnd::kEnd}));
      return ReadFirstTransaction(*stream);
    };
    return SourceVerification::Check(*queries.connection,
                                     {.position = end,
                                      .memory = memory,
                                      .uuid = queries.connection->info().server_uuid,
                                      .mismatched = mismatched},
                                     read);
  }
  std::string ReasonForLastAt(uint64_t offset) {
    return ErrorReason(CheckLastAt({.file = End().file, .offset = offset, .gtids = {}}).status());
  }

  const std::unique_ptr<testing::SourceServer> source_;
  testing::SqlSession sql_ = source_->MustConnect();
  SourcePool pool_{OptionsFor(*source_)};
};

TEST_P(SourceVerificationTest, PositionInsideAnEventIsAnotherHistory) {
  const std::string event = DamagedEvent();
  sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES (X'{}')", HexOf(event)));

  const uint64_t offset = OffsetOf(End().file, event);

  ASSERT_NE(offset, std::string::npos);
  EXPECT_EQ(ReasonForLastAt(offset), "SOURCE_CHANGED");
}

TEST_P(SourceVerificationTest, PositionOfAnotherTransactionIsAnotherHistory) {
  const uint64_t offset = End().offset;
  sql_.MustExecute("INSERT INTO shop.t VALUES ('x')");
  EXPECT_EQ(ReasonForLastAt(offset), "SOURCE_CHANGED");
}

TEST_P(SourceVerificationTest, RecordedMismatchRequiresTheLastTransaction) {
  const SourcePosition place = End();
  sql_.MustExecute("FLUSH BINARY LOGS");
  MustPurgeOldFiles(sql_);

  const auto result = CheckLastAt(place);

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->compared);
  EXPECT_EQ(ErrorReason(CheckLastAt(place, /*mismatched=*/true).status()), "SOURCE_CHANGED");
}

MILLRACE_BOTH_SERVERS(SourceVerificationTest);

class VerificationWithoutChecksums : public SourceVerificationTest {
 protected:
  VerificationWithoutChecksums() : SourceVerificationTest({"--binlog-checksum=NONE"}) {}
};

// Without checksums, a dump that starts inside a file has a FORMAT_DESCRIPTION with a wrong
// checksum.
TEST_P(VerificationWithoutChecksums, LastTransactionIsCompared) {
  const SourcePosition place = End();
  sql_.MustExecute("INSERT INTO shop.t VALUES ('x')");

  EXPECT_TRUE(Reread(place).found) << Reread(place).status;
}

MILLRACE_BOTH_SERVERS(VerificationWithoutChecksums);

class VerificationWithoutGtids : public SourceVerificationTest {
 protected:
  VerificationWithoutGtids() : SourceVerificationTest({"--gtid-mode=OFF"}) {}
};

// The source then withholds the last transaction, which does not contradict its history.
TEST_P(VerificationWithoutGtids, WithheldTransactionIsNotCompared) {
  const SourcePosition place = End();
  sql_.MustExecute("INSERT INTO shop.t VALUES ('x')");
  for (const char* mode : {"OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"}) {
    sql_.MustExecute(fmt::format("SET GLOBAL gtid_mode = {}", mode));
  }

  const auto result = CheckLastAt(place);

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->compared);
  EXPECT_NE(result->warning, "");
}

INSTANTIATE_TEST_SUITE_P(Servers, VerificationWithoutGtids, ::testing::Values(ServerKind::kMysql),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::ingest
