// SPDX-License-Identifier: Apache-2.0

#include "mysql/greeting.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace {
namespace {

std::string GreetingWith(uint16_t capabilities) {
  std::string bytes("\x4a\0\0\0\x0a", 5);
  bytes += std::string("8.4.3\0", 6) + std::string(4 + 8 + 1, 'x');
  bytes.push_back(static_cast<char>(capabilities));
  bytes.push_back(static_cast<char>(capabilities >> 8));
  return bytes;
}

TEST(GreetingTest, CapabilityShowsTls) {
  EXPECT_EQ(ReadGreeting(GreetingWith(0xffff)), Greeting::kOffersTls);
  EXPECT_EQ(ReadGreeting(GreetingWith(0xf7ff)), Greeting::kOffersNoTls);
}

TEST(GreetingTest, EveryPrefixIsIncomplete) {
  const std::string greeting = GreetingWith(0xffff);
  for (size_t size = 0; size < greeting.size(); ++size) {
    EXPECT_EQ(ReadGreeting(greeting.substr(0, size)), Greeting::kIncomplete) << size;
  }
}

TEST(GreetingTest, ErrorInsteadOfGreetingIsReported) {
  EXPECT_EQ(ReadGreeting(std::string("\x05\0\0\0\xff\x10\x04", 7)), Greeting::kError);
}

TEST(GreetingTest, OtherBytesOfferNoTls) {
  EXPECT_EQ(ReadGreeting("HTTP/1.1 400 Bad Request"), Greeting::kOffersNoTls);
  EXPECT_EQ(ReadGreeting(std::string("\x4a\0\0\0\x0a", 5) + std::string(5000, 'v')),
            Greeting::kOffersNoTls);
}

}  // namespace
}  // namespace millrace
