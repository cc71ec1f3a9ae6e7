// SPDX-License-Identifier: Apache-2.0

#include "kafka/routes.h"

#include "feed/filled_log.h"

namespace millrace::kafka {
namespace {

using feed::ReasonOf;
using ::testing::HasSubstr;

class RoutesTest : public ::testing::Test {
 protected:
  const Routes& routes() {
    if (routes_ == nullptr) routes_ = Routes::Make(options_, log_.registry()).value();
    return *routes_;
  }
  std::string TopicOf(const std::string& database, const std::string& table) {
    return routes().TopicOf({database, table}).value_or("refused");
  }
  std::string RouteError(const std::string& route) {
    options_.routes = {route};
    const auto made = Routes::Make(options_, log_.registry());
    return made.ok() ? "taken" : std::string(made.status().message());
  }

  feed::FilledLog log_;
  KafkaOptions options_;
  std::unique_ptr<Routes> routes_;
};

TEST_F(RoutesTest, TopicIsPrefixDatabaseTable) {
  EXPECT_EQ(TopicOf("shop", "orders"), "millrace.shop.orders");
}

TEST_F(RoutesTest, ForbiddenCharactersBecomeUnderscores) {
  EXPECT_EQ(TopicOf("my shop", "a$b"), "millrace.my_shop.a_b");
  EXPECT_EQ(TopicNameFrom("naïve"), "na_ve");
  // One for each UTF-16 unit, as Debezium does.
  EXPECT_EQ(TopicNameFrom("a😀b"), "a__b");
  EXPECT_EQ(TopicNameFrom("a.b_c-D9"), "a.b_c-D9");
}

TEST_F(RoutesTest, FirstMatchingRouteWins) {
  options_.routes = {"shop.orders_* -> shop.orders", "shop.* -> rest", "`a b`.c->d"};
  EXPECT_EQ(TopicOf("shop", "orders_7"), "shop.orders");
  EXPECT_EQ(TopicOf("shop", "visits"), "rest");
  EXPECT_EQ(TopicOf("a b", "c"), "d");
  EXPECT_EQ(TopicOf("other", "visits"), "millrace.other.visits");
}

TEST_F(RoutesTest, MalformedRoutesAreRefused) {
  EXPECT_THAT(RouteError("shop.orders"), HasSubstr("has no '->'"));
  EXPECT_THAT(RouteError("shop.orders -> a b"), HasSubstr("has no valid topic"));
  EXPECT_THAT(RouteError("shop.orders -> .."), HasSubstr("has no valid topic"));
  EXPECT_THAT(RouteError("shop.orders ->"), HasSubstr("has no valid topic"));
  EXPECT_THAT(RouteError("orders -> a"), HasSubstr("'kafka.routes'"));
  EXPECT_THAT(RouteError("shop.orders -> " + std::string(250, 'a')),
              HasSubstr("has no valid topic"));
  EXPECT_THAT(RouteError("a.b -> millrace.millrace.position"), HasSubstr("mirror's position"));
}

TEST_F(RoutesTest, TooLongTopicNameIsRefused) {
  const auto topic = routes().TopicOf({"shop", std::string(240, 'a')});
  EXPECT_EQ(ReasonOf(topic), "TOPIC_NAME_TOO_LONG");
  EXPECT_THAT(std::string(topic.status().message()), HasSubstr("add a route"));
  EXPECT_EQ(TopicOf("shop", std::string(235, 'a')).size(), 249);
}

TEST_F(RoutesTest, SharedTopicIsRefusedForBothTables) {
  EXPECT_EQ(TopicOf("shop", "a b"), "millrace.shop.a_b");
  const auto topic = routes().TopicOf({"shop", "a+b"});
  EXPECT_EQ(ReasonOf(topic), "TOPIC_NAME_COLLISION");
  EXPECT_THAT(std::string(topic.status().message()), HasSubstr("shop.a+b and shop.a b"));
  EXPECT_EQ(ReasonOf(routes().TopicOf({"shop", "a b"})), "TOPIC_NAME_COLLISION");
}

TEST_F(RoutesTest, EveryTableInLogCountsForCollisions) {
  log_.Transaction(1, {{.table = "a b"}});
  log_.Commit();
  EXPECT_EQ(ReasonOf(routes().TopicOf({"shop", "a+b"})), "TOPIC_NAME_COLLISION");
}

TEST_F(RoutesTest, RoutedTableDoesNotCollide) {
  options_.routes = {"shop.a+b -> other"};
  EXPECT_EQ(TopicOf("shop", "a b"), "millrace.shop.a_b");
  EXPECT_EQ(TopicOf("shop", "a+b"), "other");
}

TEST_F(RoutesTest, PositionTopicIsReserved) {
  EXPECT_EQ(ReasonOf(routes().TopicOf({"millrace", "position"})), "TOPIC_NAME_COLLISION");
}

TEST_F(RoutesTest, PatternsChooseTables) {
  options_.tables = {"shop.*", "!shop.audit"};
  EXPECT_TRUE(routes().IsMirrored("shop", "orders"));
  EXPECT_FALSE(routes().IsMirrored("shop", "audit"));
  EXPECT_FALSE(routes().IsMirrored("other", "orders"));
  EXPECT_FALSE(routes().IsMirrored("shop", ""));
}

}  // namespace
}  // namespace millrace::kafka
