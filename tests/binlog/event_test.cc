// SPDX-License-Identifier: Apache-2.0

#include "binlog/event.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "binlog/events.h"
#include "binlog/sample.h"

namespace millrace::binlog {
namespace {

class EventReaderTest : public ::testing::Test {
 protected:
  absl::StatusOr<Event> Read(std::string_view hex) {
    bytes_ = FromHex(hex);
    return reader_.Read(bytes_);
  }

  EventReader reader_{Flavour::kMysql};
  std::string bytes_;
};

TEST_F(EventReaderTest, HeaderHasItsFields) {
  const auto event = Read(captured::kMysqlGtid);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->header.timestamp, 1795362728u);
  EXPECT_EQ(event->header.type, EventType::kGtid);
  EXPECT_EQ(event->header.server_id, 11u);
  EXPECT_EQ(event->header.size, 79u);
  EXPECT_EQ(event->header.end_position, 1307u);
  EXPECT_EQ(event->header.flags, 0);
  EXPECT_EQ(event->body.size(), 79u - EventHeader::kSize - 4);
}

TEST_F(EventReaderTest, FirstRotateChecksumIsRemoved) {
  const auto event = Read(captured::kMysqlRotateArtificial);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->header.flags, EventHeader::kFlagArtificial);
  EXPECT_EQ(ParseRotate(*event)->file, "binlog.000001");
}

TEST_F(EventReaderTest, FirstRotateWithoutChecksumIsReadWhole) {
  const auto event = Read(captured::kMysqlRotateWithoutChecksum);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(ParseRotate(*event)->file, "binlog.000001");
}

TEST_F(EventReaderTest, FormatTurnsChecksumsOn) {
  EXPECT_FALSE(reader_.checksums());
  ASSERT_TRUE(Read(captured::kMysqlFormat).ok());
  EXPECT_TRUE(reader_.checksums());
  EXPECT_TRUE(Read(captured::kMysqlXid).ok());
  EXPECT_EQ(ErrorReason(Read(captured::kMysqlGtidWithoutChecksum).status()),
            "EVENT_CHECKSUM_MISMATCH");
}

TEST_F(EventReaderTest, FormatTurnsChecksumsOff) {
  ASSERT_TRUE(Read(captured::kMysqlFormat).ok());
  ASSERT_TRUE(Read(captured::kMysqlFormatChecksumsOff).ok());
  EXPECT_FALSE(reader_.checksums());
  const auto event = Read(captured::kMysqlGtidWithoutChecksum);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(ParseMysqlGtid(*event)->gtid->number, 41u);
}

// A dump that starts inside a file sends such a format if the source has binlog_checksum=NONE.
TEST_F(EventReaderTest, FormatWithChecksumsOffIsNotVerified) {
  constexpr size_t kEndPositionAt = 13;
  constexpr size_t kCreatedAt = EventHeader::kSize + 2 + 50;
  std::string bytes = FromHex(captured::kMysqlFormatChecksumsOff);
  bytes.replace(kEndPositionAt, 4, 4, '\0');
  bytes.replace(kCreatedAt, 4, 4, '\0');
  EXPECT_TRUE(reader_.Read(bytes).ok());
  EXPECT_FALSE(reader_.checksums());
}

TEST_F(EventReaderTest, InUseFlagIsNotPartOfChecksum) {
  const auto event = Read(captured::kMysqlFormatInUse);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->header.flags, EventHeader::kFlagInUse);
}

TEST_F(EventReaderTest, MariadbFormatTurnsChecksumsOn) {
  const auto event = Read(captured::kMariadbFormat);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_TRUE(reader_.checksums());
  EXPECT_EQ(ParseFormatDescription(*event)->server_version, "10.11.19-MariaDB-0+deb12u1-log");
}

TEST_F(EventReaderTest, AnyFlippedBitIsAChecksumMismatch) {
  ASSERT_TRUE(Read(captured::kMysqlFormat).ok());
  const std::string sound = FromHex(captured::kMysqlSmallMap);
  for (size_t i = EventHeader::kSize; i < sound.size(); ++i) {
    std::string bytes = sound;
    bytes[i] = static_cast<char>(bytes[i] ^ 1 << (i % 8));
    EXPECT_EQ(ErrorReason(reader_.Read(bytes).status()), "EVENT_CHECKSUM_MISMATCH") << i;
  }
}

TEST_F(EventReaderTest, DamagedFormatIsAChecksumMismatch) {
  std::string bytes = FromHex(captured::kMysqlFormat);
  bytes[80] = static_cast<char>(bytes[80] ^ 1);
  EXPECT_EQ(ErrorReason(reader_.Read(bytes).status()), "EVENT_CHECKSUM_MISMATCH");
}

TEST_F(EventReaderTest, MismatchNamesThePosition) {
  ASSERT_TRUE(Read(captured::kMysqlFormat).ok());
  std::string bytes = FromHex(captured::kMysqlXid);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const auto event = reader_.Read(bytes);
  EXPECT_NE(event.status().ToString().find("XID event (type 16) that ends at 1822"),
            std::string::npos)
      << event.status();
}

TEST_F(EventReaderTest, WrongSizeInHeaderIsTruncated) {
  const std::string bytes = FromHex(captured::kMysqlXid) + "x";
  EXPECT_EQ(ErrorReason(reader_.Read(bytes).status()), "EVENT_TRUNCATED");
}

TEST_F(EventReaderTest, EventInsidePayloadHasNoChecksum) {
  const std::string bytes = FromHex(captured::kMysqlXid);
  const auto event = reader_.ReadInsidePayload(bytes);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->body.size(), 12u);
}

TEST_F(EventReaderTest, PayloadInsideAPayloadIsRejected) {
  const std::string bytes = FromHex(captured::kMysqlPayload);
  EXPECT_EQ(ErrorReason(reader_.ReadInsidePayload(bytes).status()), "EVENT_TRUNCATED");
}

TEST(Format, HasServerVersionAndChecksums) {
  const SampleEvent with(captured::kMysqlFormat);
  EXPECT_EQ(ParseFormatDescription(*with)->server_version, "9.7.4-2");
  EXPECT_TRUE(ParseFormatDescription(*with)->checksums);
  EXPECT_EQ(ParseFormatDescription(*with)->created, 0x6b030f50u);
  const SampleEvent without(captured::kMysqlFormatChecksumsOff);
  EXPECT_FALSE(ParseFormatDescription(*without)->checksums);
}

class FormatTest : public ::testing::Test {
 protected:
  // The error reason if the body has `byte` at `offset`.
  std::string ReasonAfter(size_t offset, char byte) {
    std::string body(sample_->body);
    body[offset] = byte;
    return ErrorReason(
        ParseFormatDescription(MakeEvent(EventType::kFormatDescription, body)).status());
  }

  SampleEvent sample_{captured::kMysqlFormat};
};

TEST_F(FormatTest, OtherBinlogVersionIsRejected) {
  EXPECT_EQ(ReasonAfter(0, 3), "EVENT_KIND_UNSUPPORTED");
}
TEST_F(FormatTest, OtherHeaderSizeIsRejected) {
  EXPECT_EQ(ReasonAfter(56, 27), "EVENT_KIND_UNSUPPORTED");
}
TEST_F(FormatTest, OtherPostHeaderSizeIsRejected) {
  constexpr size_t kTableMapAt = 57 + 18;
  EXPECT_EQ(ReasonAfter(kTableMapAt, 6), "EVENT_KIND_UNSUPPORTED");
}
TEST_F(FormatTest, UnknownChecksumAlgorithmIsRejected) {
  EXPECT_EQ(ReasonAfter(sample_->body.size() - 1, 2), "EVENT_KIND_UNSUPPORTED");
}

struct Version {
  std::string_view text;
  bool supports_checksums;
};
class FormatVersion : public ::testing::TestWithParam<Version> {};

TEST_P(FormatVersion, ShowsWhetherServerSupportsChecksums) {
  std::string body(58, '\0');
  body[0] = 4;
  GetParam().text.copy(body.data() + 2, GetParam().text.size());
  const auto supported = ServerSupportsChecksums(MakeEvent(EventType::kFormatDescription, body));
  ASSERT_TRUE(supported.ok());
  EXPECT_EQ(*supported, GetParam().supports_checksums);
}

INSTANTIATE_TEST_SUITE_P(
    All, FormatVersion,
    ::testing::Values(Version{"5.5.62-log", false}, Version{"5.6.0", false}, Version{"5.6.1", true},
                      Version{"5.7.mysql_aurora.2.11.2", true}, Version{"8.0.36", true},
                      Version{"5.2.14-MariaDB", false}, Version{"5.5.68-MariaDB", true},
                      Version{"11.4.2-MariaDB-log", true}));

TEST(EventTypeNames, MatchServerDocumentation) {
  EXPECT_EQ(EventTypeName(EventType::kTableMap), "TABLE_MAP");
  EXPECT_EQ(EventTypeName(EventType::kGtidTagged), "GTID_TAGGED");
  EXPECT_EQ(EventTypeName(EventType::kMariadbDeleteRowsCompressed), "DELETE_ROWS_COMPRESSED");
  EXPECT_EQ(EventTypeName(static_cast<EventType>(43)), "unknown");
  EXPECT_EQ(EventTypeName(static_cast<EventType>(172)), "unknown");
}

}  // namespace
}  // namespace millrace::binlog
