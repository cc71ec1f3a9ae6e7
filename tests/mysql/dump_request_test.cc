// SPDX-License-Identifier: Apache-2.0

#include "mysql/dump_request.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

// dump_request.h links the layouts.
TEST(DumpRequestTest, ByFileHasAllFields) {
  const DumpRequest request{.server_id = 0x01020304, .file = "binlog.000002", .offset = 0xa0b0c0};
  EXPECT_EQ(DumpByFileArguments(request),
            Bytes({0xc0, 0xb0, 0xa0, 0, 2, 0, 4, 3, 2, 1}) + "binlog.000002");
}

TEST(DumpRequestTest, ByGtidHasAllFields) {
  const DumpRequest request{.server_id = 7, .file = "f", .offset = 4, .gtids = "set"};
  EXPECT_EQ(DumpByGtidArguments(request), Bytes({6, 0, 7, 0, 0, 0, 1, 0, 0, 0}) + "f" +
                                              Bytes({4, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0}) + "set");
}

TEST(DumpRequestTest, FlagEndsDumpAtEndOfBinlog) {
  EXPECT_EQ(DumpFlags({.file = "f"}), 2);
  EXPECT_EQ(DumpFlags({.file = "f", .waits = false}), 3);
  EXPECT_EQ(DumpFlags({.gtids = "set", .waits = false}), 7);
}

TEST(DumpRequestTest, RegistrationTruncatesLongHostNames) {
  const std::string arguments = RegisterReplicaArguments(9, std::string(300, 'h'));
  EXPECT_EQ(arguments.substr(0, 5), Bytes({9, 0, 0, 0, 60}));
  EXPECT_EQ(arguments.size(), 4u + 1 + 60 + 1 + 1 + 2 + 4 + 4);
}

}  // namespace
}  // namespace millrace
