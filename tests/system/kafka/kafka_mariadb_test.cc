// SPDX-License-Identifier: Apache-2.0

// With a MariaDB source the records are those of Debezium's MariaDB connector.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sql_session.h"
#include "system/kafka/kafka_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class KafkaMariadb : public KafkaSuite {
 protected:
  // Values of the records of shop.t.
  std::vector<std::string> Values(const std::string& prefix) {
    std::vector<std::string> values;
    for (const KafkaRecord& record : ReadMirrored(*feed_, broker(), {prefix + ".shop.t"})) {
      values.push_back(record.value.value_or(""));
    }
    return values;
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = Flavour::kMariadb});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
};

TEST_F(KafkaMariadb, ConnectorIsMariadbInNewLogAndOffline) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, s TEXT)");
  feed_ = FeedServer::MustStart(*source_, {.kafka = MirrorLines(broker(), "family")});
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, 'a'), (2, 'b')");
  WaitUntilMirrored(*feed_, 2);
  // Repeat with a server that has never reached the source.
  feed_->Stop();
  ASSERT_TRUE(source_->Stop().ok());
  feed_->Start();
  WaitForMirror(*feed_, v1::MirrorStatus::STATE_RUNNING);
  EXPECT_EQ(RunMillrace({"mirror", "rewind", "earliest", "--server", feed_->address()}).exit_code,
            0);
  WaitUntilMirrored(*feed_, 2);
  EXPECT_THAT(Values("family"), AllOf(SizeIs(4), Each(HasSubstr(R"("connector":"mariadb")")),
                                      Each(HasSubstr("io.debezium.connector.mariadb.Source"))));
}

}  // namespace
}  // namespace millrace::testing
