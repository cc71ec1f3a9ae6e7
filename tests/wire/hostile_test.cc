// SPDX-License-Identifier: Apache-2.0

#include <cstring>
#include <memory>

#include "gtest/gtest.h"
#include "wire/read_everything.h"
#include "wire/sample.h"

namespace millrace::wire {
namespace {

// Reads from memory of exactly this size, so that a sanitizer detects a read beyond its end.
size_t ReadExactly(std::string_view bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
  return testing::ReadEverything({copy.get(), bytes.size()});
}

TEST(HostileBytes, EveryTruncationIsReadSafely) {
  const std::string payload = testing::SamplePayload();
  ASSERT_EQ(ReadExactly(payload), 8u);
  for (size_t size = 0; size < payload.size(); ++size) {
    EXPECT_LT(ReadExactly(std::string_view(payload).substr(0, size)), 8u) << size;
  }
}

TEST(HostileBytes, TruncatedChangeParsesOnlyAtFieldEnd) {
  const std::string list = testing::SampleChanges();
  ByteReader reader(list);
  std::string_view whole;
  while (!reader.empty() && NextChange(reader, whole)) {
    ByteReader fields(whole);
    Field field;
    size_t complete = 0;
    ChangeView change;
    for (size_t size = 0; size < whole.size(); ++size) {
      if (size == fields.offset()) {
        complete = size;
        ASSERT_TRUE(NextField(fields, field));
      }
      EXPECT_EQ(ParseChange(whole.substr(0, size), change), size == complete) << size;
    }
  }
}

TEST(HostileBytes, EveryChangedByteIsReadSafely) {
  std::string payload = testing::SamplePayload();
  for (char& at : payload) {
    const char kept = at;
    for (unsigned bit = 0; bit < 8; ++bit) {
      at = static_cast<char>(kept ^ (1 << bit));
      ReadExactly(payload);
    }
    for (const char byte : {'\x00', '\x01', '\x7f', '\x80', '\xff'}) {
      at = byte;
      ReadExactly(payload);
    }
    at = kept;
  }
}

TEST(HostileBytes, EveryMissingByteIsReadSafely) {
  const std::string payload = testing::SamplePayload();
  for (size_t at = 0; at < payload.size(); ++at) ReadExactly(std::string(payload).erase(at, 1));
}

}  // namespace
}  // namespace millrace::wire
