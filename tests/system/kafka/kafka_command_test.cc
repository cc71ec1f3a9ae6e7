// SPDX-License-Identifier: Apache-2.0

// Operators' commands for the mirror, and the server's errors for an invalid configuration.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "system/change_reader.h"
#include "system/kafka/kafka_fixture.h"
#include "system/kafka/kafka_ledger.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class KafkaCommand : public KafkaSuite {
 protected:
  KafkaCommand() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
    feed_ = FeedServer::MustStart(*source_,
                                  {.tables = {"shop.*"}, .kafka = MirrorLines(broker(), prefix_)});
  }

  ProcessResult Mirror(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"--server", feed_->address(), "mirror"});
    return RunMillrace(arguments);
  }
  nlohmann::json MirrorJson(std::vector<std::string> arguments = {}) {
    arguments.push_back("--json");
    const ProcessResult result = Mirror(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return nlohmann::json::parse(result.output, nullptr, false);
  }
  // Inserts rows `from` … `to`, one change each with the same number as sequence. Waits until they
  // are in the log and returns a token after them.
  std::string Insert(int from, int to) {
    for (int id = from; id <= to; ++id) {
      sql_.MustExecute(fmt::format("INSERT INTO shop.orders VALUES ({})", id));
    }
    const auto read = ChangeReader(*feed_).ReadCount(ChangeReader::FromEarliest(), to);
    EXPECT_TRUE(read.back().last_of_response);
    return read.back().response_token;
  }
  std::vector<uint64_t> MirroredSequences(size_t records_min) {
    std::vector<uint64_t> sequences;
    const std::string topic = prefix_ + ".shop.orders";
    for (const KafkaRecord& record : Reader().MustReadAtLeast({topic}, records_min)) {
      sequences.push_back(SequenceOf(record));
    }
    return sequences;
  }

  const std::string prefix_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
};

TEST_F(KafkaCommand, ShowsMirror) {
  Insert(1, 3);
  WaitUntilMirrored(*feed_, 3);
  const ProcessResult shown = Mirror();
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr("running"));
  EXPECT_THAT(shown.output, HasSubstr("up to date"));
  EXPECT_THAT(shown.output, HasSubstr(prefix_ + ".shop.orders"));
  const nlohmann::json json = MirrorJson();
  EXPECT_EQ(json.value("topic_prefix", ""), prefix_) << json;
  EXPECT_EQ(json.value("format", ""), "debezium-json") << json;
  EXPECT_EQ(json.value("sequence", ""), "3") << json;
}

TEST_F(KafkaCommand, PauseStopsMirrorUntilResume) {
  Insert(1, 3);
  WaitUntilMirrored(*feed_, 3);
  EXPECT_THAT(Mirror({"pause"}).output, HasSubstr("paused"));
  Insert(4, 9);
  const v1::MirrorStatus held = MirrorOf(*feed_);
  EXPECT_EQ(held.state(), v1::MirrorStatus::STATE_PAUSED);
  EXPECT_EQ(held.lag_changes(), 6u);
  EXPECT_THAT(MirroredSequences(3), ElementsAre(1, 2, 3));
  EXPECT_EQ(Mirror({"resume"}).exit_code, 0);
  WaitUntilMirrored(*feed_, 9);
  EXPECT_THAT(MirroredSequences(9), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(KafkaCommand, RewindResendsFromToken) {
  const std::string token = Insert(1, 3);
  Insert(4, 6);
  WaitUntilMirrored(*feed_, 6);
  const uint64_t records = MirrorOf(*feed_).records();
  const ProcessResult rewound = Mirror({"rewind", "token:" + token});
  EXPECT_EQ(rewound.exit_code, 0) << rewound.errors;
  WaitUntilMirrored(*feed_, 6);
  EXPECT_EQ(MirrorOf(*feed_).records(), records + 3);
  EXPECT_THAT(MirroredSequences(9), ElementsAre(1, 2, 3, 4, 5, 6, 4, 5, 6));
}

TEST_F(KafkaCommand, RewoundPausedMirrorWaitsForResume) {
  Insert(1, 2);
  WaitUntilMirrored(*feed_, 2);
  EXPECT_EQ(Mirror({"pause"}).exit_code, 0);
  EXPECT_EQ(Mirror({"rewind", "earliest"}).exit_code, 0);
  EXPECT_EQ(MirrorOf(*feed_).state(), v1::MirrorStatus::STATE_PAUSED);
  EXPECT_EQ(MirrorOf(*feed_).sequence(), 0u);
  EXPECT_EQ(Mirror({"resume"}).exit_code, 0);
  WaitUntilMirrored(*feed_, 2);
  EXPECT_THAT(MirroredSequences(4), ElementsAre(1, 2, 1, 2));
}

TEST_F(KafkaCommand, RewindToMalformedTokenIsRefused) {
  Insert(1, 2);
  WaitUntilMirrored(*feed_, 2);
  const ProcessResult refused = Mirror({"rewind", "token:nonsense"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.errors, HasSubstr("TOKEN_MALFORMED"));
  EXPECT_EQ(MirrorOf(*feed_).sequence(), 2u);
}

TEST_F(KafkaCommand, RestartContinuesFromStoredPosition) {
  Insert(1, 4);
  WaitUntilMirrored(*feed_, 4);
  EXPECT_EQ(feed_->Stop(), 0);
  feed_->Start();
  Insert(5, 7);
  WaitUntilMirrored(*feed_, 7);
  EXPECT_THAT(MirroredSequences(7), ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST(KafkaDisabled, CommandReportsMissingMirror) {
  const auto source = SourceServer::MustStart({});
  const auto feed = FeedServer::MustStart(*source);
  const ProcessResult shown = RunMillrace({"--server", feed->address(), "mirror"});
  EXPECT_NE(shown.exit_code, 0);
  EXPECT_THAT(shown.errors, HasSubstr("has no mirror"));
  for (const char* act : {"pause", "resume"}) {
    const ProcessResult refused = RunMillrace({"--server", feed->address(), "mirror", act});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.errors, HasSubstr("MIRROR_DISABLED"));
  }
  EXPECT_FALSE(feed->client().GetStatus({})->has_mirror());
}

class KafkaConfiguration : public ::testing::Test {
 protected:
  // Runs millraced with this section `kafka`; it exits at once.
  ProcessResult Run(const std::string& kafka) {
    const auto file = directory_.path() / "millrace.yaml";
    std::ofstream(directory_.path() / "password") << kFeedPassword;
    std::ofstream(file) << "source:\n  host: 127.0.0.1\n  user: millrace\n  password_file: "
                        << (directory_.path() / "password").string()
                        << "\nlog:\n  directory: " << (directory_.path() / "log").string()
                        << "\nserver:\n  listen: 127.0.0.1:0\nkafka:\n"
                        << kafka;
    return RunMillraced({"--config", file.string()});
  }
  TempDirectory directory_;
};

TEST_F(KafkaConfiguration, UnknownLibrdkafkaSettingIsNamed) {
  const ProcessResult result = Run(
      "  enabled: true\n  brokers: 127.0.0.1:1\n  client: {no.such.setting: 1, linger.ms: 5}\n");
  EXPECT_EQ(result.exit_code, 2) << result.output << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("no.such.setting"));
}

TEST_F(KafkaConfiguration, InvalidLibrdkafkaValueIsNamed) {
  const ProcessResult result =
      Run("  enabled: true\n  brokers: 127.0.0.1:1\n  client: {compression.codec: brotli}\n");
  EXPECT_EQ(result.exit_code, 2) << result.output << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("compression.codec"));
}

TEST_F(KafkaConfiguration, MirrorWithoutBrokersIsRefused) {
  const ProcessResult result = Run("  enabled: true\n");
  EXPECT_EQ(result.exit_code, 2) << result.output << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("kafka.brokers"));
}

}  // namespace
}  // namespace millrace::testing
