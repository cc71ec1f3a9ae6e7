// SPDX-License-Identifier: Apache-2.0

#include "kafka/client_settings.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

KafkaOptions OptionsWith(std::map<std::string, std::string> client) {
  KafkaOptions options;
  options.brokers = "127.0.0.1:1";
  options.client = std::move(client);
  return options;
}
std::string SettingsError(const KafkaOptions& options) {
  return std::string(CheckClientSettings(options).message());
}
std::string ValueOf(const rd_kafka_conf_t* conf, const char* name) {
  std::string value(256, '\0');
  size_t size = value.size();
  if (rd_kafka_conf_get(conf, name, value.data(), &size) != RD_KAFKA_CONF_OK) return "unknown";
  value.resize(size - 1);
  return value;
}
std::string ProducerValue(const KafkaOptions& options, const char* name) {
  return ValueOf(MakeClientConf(options, ClientRole::kProducer).value().get(), name);
}

TEST(ClientSettings, LibrarySettingsPassThrough) {
  const KafkaOptions options =
      OptionsWith({{"compression.type", "zstd"}, {"linger.ms", "20"}, {"batch.size", "5000"}});
  EXPECT_EQ(ProducerValue(options, "linger.ms"), "20");
  EXPECT_EQ(ProducerValue(options, "compression.codec"), "zstd");
  EXPECT_TRUE(CheckClientSettings(options).ok()) << CheckClientSettings(options);
}

TEST(ClientSettings, UnknownSettingIsNamed) {
  EXPECT_THAT(SettingsError(OptionsWith({{"lingerr.ms", "20"}})),
              AllOf(HasSubstr("lingerr.ms"), HasSubstr("does not know")));
}

TEST(ClientSettings, InvalidValueIsNamed) {
  EXPECT_THAT(SettingsError(OptionsWith({{"linger.ms", "soon"}})),
              AllOf(HasSubstr("linger.ms"), HasSubstr("refuses")));
}

TEST(ClientSettings, PossibleSecretsAreNotRepeated) {
  EXPECT_THAT(SettingsError(OptionsWith({{"ssl.endpoint.identification.algorithm", "hunter2"}})),
              AllOf(HasSubstr("ssl.endpoint"), Not(HasSubstr("hunter2"))));
}

TEST(ClientSettings, ContradictingSettingsAreRefused) {
  EXPECT_THAT(SettingsError(OptionsWith(
                  {{"transaction.timeout.ms", "1000"}, {"message.timeout.ms", "2000"}})),
              HasSubstr("transaction.timeout.ms"));
}

TEST(ClientSettings, RequiredSettingsWin) {
  KafkaOptions options =
      OptionsWith({{"delivery.report.only.error", "false"}, {"max.in.flight", "5"}});
  options.topic_prefix = "shop";
  EXPECT_EQ(ProducerValue(options, "delivery.report.only.error"), "true");
  EXPECT_EQ(ProducerValue(options, "transactional.id"), "millrace-shop");
  EXPECT_EQ(ProducerValue(options, "bootstrap.servers"), "127.0.0.1:1");
  EXPECT_EQ(ProducerValue(options, "max.in.flight.requests.per.connection"), "1");
  const auto reader = MakeClientConf(options, ClientRole::kReader);
  EXPECT_EQ(ValueOf(reader->get(), "isolation.level"), "read_committed");
}

TEST(ClientSettings, SaslPasswordComesFromEnvironment) {
  KafkaOptions options = OptionsWith({});
  options.sasl_password_env = "MILLRACE_TEST_SASL";
  EXPECT_THAT(SettingsError(options), HasSubstr("kafka.sasl_password_env"));
  ASSERT_EQ(::setenv("MILLRACE_TEST_SASL", "from there", 1), 0);
  EXPECT_EQ(ProducerValue(options, "sasl.password"), "from there");
  ::unsetenv("MILLRACE_TEST_SASL");
}

TEST(ClientSettings, SaslPasswordComesFromFile) {
  KafkaOptions options = OptionsWith({});
  options.sasl_password_file = ::testing::TempDir() + "sasl_password";
  std::ofstream(options.sasl_password_file) << "from the file\n";
  EXPECT_EQ(ProducerValue(options, "sasl.password"), "from the file");
  std::remove(options.sasl_password_file.c_str());
  EXPECT_THAT(SettingsError(options), HasSubstr("kafka.sasl_password_file"));
}

}  // namespace
}  // namespace millrace::kafka
