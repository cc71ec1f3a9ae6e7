// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>

#include "wire/buffer.h"

// The layout of a frame's payload, SubscribeResponse.transactions: field numbers and wire types
// from proto/millrace/v1/change_feed.proto and from the google.protobuf messages it contains. Logs
// on disk contain these numbers, so never change one. tests/wire/layout_test.cc compares them with
// the descriptors, because this room does not link protobuf.
namespace millrace::wire::layout {

// The wire type of each field, indexed by its number. Index 0 is unused.
template <size_t kCount>
using Types = std::array<uint8_t, kCount>;
inline constexpr uint8_t kNone = 0xff;
inline constexpr uint8_t kNumber = Buffer::kVarint;
inline constexpr uint8_t kBytes = Buffer::kBytes;

// The one-byte tag of a field with a number below 16.
constexpr char OneByteTag(uint32_t field, uint32_t wire_type) {
  return static_cast<char>(Buffer::Tag(field, wire_type));
}

struct SubscribeResponse {
  static constexpr uint32_t kTransactions = 1;
};

struct Transaction {
  static constexpr uint32_t kGtid = 1;
  static constexpr uint32_t kCommitTime = 2;
  static constexpr uint32_t kSource = 3;
  static constexpr uint32_t kMore = 4;
  static constexpr uint32_t kChanges = 5;
  static constexpr Types<6> kTypes = {kNone, kBytes, kBytes, kBytes, kNumber, kBytes};
};

struct Source {
  static constexpr uint32_t kServerId = 1;
  static constexpr uint32_t kFile = 2;
  static constexpr uint32_t kPosition = 3;
  static constexpr Types<4> kTypes = {kNone, kNumber, kBytes, kNumber};
};

struct Change {
  static constexpr uint32_t kSequence = 1;
  static constexpr uint32_t kOperation = 2;
  static constexpr uint32_t kDatabase = 3;
  static constexpr uint32_t kTable = 4;
  static constexpr uint32_t kBefore = 5;
  static constexpr uint32_t kAfter = 6;
  // No log contains these two fields: RowJson adds them for clients that request JSON.
  static constexpr uint32_t kBeforeJson = 7;
  static constexpr uint32_t kAfterJson = 8;
  static constexpr uint32_t kSchemaChange = 9;
  static constexpr uint32_t kBeforeUnknownFields = 10;  // packed
  static constexpr uint32_t kAfterUnknownFields = 11;   // packed
  static constexpr uint32_t kInvalidText = 12;
  static constexpr uint32_t kAmbiguousText = 13;
  static constexpr Types<14> kTypes = {kNone,  kNumber, kNumber, kBytes, kBytes, kBytes, kBytes,
                                       kBytes, kBytes,  kBytes,  kBytes, kBytes, kBytes, kBytes};
};

struct SchemaChange {
  static constexpr uint32_t kStatement = 1;
  static constexpr uint32_t kDefaultDatabase = 2;
  static constexpr uint32_t kTables = 3;
  static constexpr Types<4> kTypes = {kNone, kBytes, kBytes, kBytes};
};

struct InvalidText {
  static constexpr uint32_t kFieldNumber = 1;
  static constexpr uint32_t kInBefore = 2;
  static constexpr uint32_t kCharset = 3;
  static constexpr uint32_t kValue = 4;
  static constexpr Types<5> kTypes = {kNone, kNumber, kNumber, kBytes, kBytes};
};

struct AmbiguousText {
  static constexpr uint32_t kFieldNumber = 1;
  static constexpr uint32_t kInBefore = 2;
  static constexpr uint32_t kValue = 3;
  static constexpr Types<4> kTypes = {kNone, kNumber, kNumber, kBytes};
};

// google.protobuf.Any.
struct Any {
  static constexpr uint32_t kTypeUrl = 1;
  static constexpr uint32_t kValue = 2;
  static constexpr Types<3> kTypes = {kNone, kBytes, kBytes};
};

// google.protobuf.Timestamp.
struct Timestamp {
  static constexpr uint32_t kSeconds = 1;
  static constexpr uint32_t kNanos = 2;
  static constexpr Types<3> kTypes = {kNone, kNumber, kNumber};
};

// millrace.v1.OPERATION_READ.
inline constexpr uint8_t kOperationRead = 4;

}  // namespace millrace::wire::layout
