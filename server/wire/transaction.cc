// SPDX-License-Identifier: Apache-2.0

#include "wire/transaction.h"

#include <cstring>
#include <optional>

#include "wire/field.h"

namespace millrace::wire {
namespace {

// The most bytes of a header without its two texts: eight tags and eight varints.
constexpr size_t kHeaderNumbersBytesMax = size_t{8} * (1 + kVarintBytesMax);

// Sizes of the fields written below. All field numbers are below 16, so a tag takes one byte.
size_t FieldBytes(uint64_t value) { return value == 0 ? 0 : 1 + Buffer::VarintWidth(value); }
size_t FieldBytes(std::string_view bytes) {
  return bytes.empty() ? 0 : 1 + Buffer::VarintWidth(bytes.size()) + bytes.size();
}

// Omits zero and empty values.
char* WriteField(char* to, uint32_t field, uint64_t value) {
  if (value == 0) return to;
  *to++ = layout::OneByteTag(field, Buffer::kVarint);
  return WriteVarint(to, value);
}
char* WriteLength(char* to, uint32_t field, size_t length) {
  *to++ = layout::OneByteTag(field, Buffer::kBytes);
  return WriteVarint(to, length);
}
char* WriteField(char* to, uint32_t field, std::string_view bytes) {
  if (bytes.empty()) return to;
  to = WriteLength(to, field, bytes.size());
  std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

bool ParseTime(std::string_view bytes, Micros& time) {
  const std::optional<Timestamp> parsed = ParseTimestamp(bytes);
  if (!parsed.has_value()) return false;
  time = static_cast<Micros>(parsed->seconds * 1'000'000 + parsed->nanos / 1000);
  return true;
}

bool ParseSource(std::string_view bytes, TransactionHeader& header) {
  using layout::Source;
  uint64_t server_id = 0;
  ByteReader reader(bytes);
  Field field;
  while (NextField(reader, Source::kTypes, field)) {
    if (field.number == Source::kServerId) server_id = field.varint;
    if (field.number == Source::kFile) header.file = field.value;
    if (field.number == Source::kPosition) header.position = field.varint;
  }
  header.server_id = static_cast<uint32_t>(server_id);
  return reader.ok() && server_id <= UINT32_MAX;
}

constexpr char kMoreTag = layout::OneByteTag(layout::Transaction::kMore, Buffer::kVarint);
constexpr char kMoreTrue[] = {kMoreTag, 1};

}  // namespace

bool ParseHeader(std::string_view bytes, TransactionHeader& header) {
  using layout::Transaction;
  header = {};
  ByteReader reader(bytes);
  Field field;
  bool ok = true;
  while (ok && NextField(reader, Transaction::kTypes, field)) {
    if (field.number == Transaction::kGtid) header.gtid = field.value;
    if (field.number == Transaction::kCommitTime) ok = ParseTime(field.value, header.commit_time);
    if (field.number == Transaction::kSource) ok = ParseSource(field.value, header);
  }
  return ok && reader.ok();
}

// The GTID, if present, is always the first field.
std::string_view GtidOf(std::string_view header) {
  if (header.empty() ||
      header.front() != layout::OneByteTag(layout::Transaction::kGtid, Buffer::kBytes)) {
    return {};
  }
  return ByteReader(header.substr(1)).Sized();
}

// Runs once for each transaction. Computes all lengths first, so that no bytes have to move.
void PutHeader(const TransactionHeader& header, Buffer& out) {
  using layout::Source;
  using layout::Transaction;
  char* to = out.Reserve(header.gtid.size() + header.file.size() + kHeaderNumbersBytesMax);
  to = WriteField(to, Transaction::kGtid, header.gtid);
  if (header.commit_time > 0) {
    const auto seconds = static_cast<uint64_t>(header.commit_time / 1'000'000);
    const uint64_t nanos = static_cast<uint64_t>(header.commit_time % 1'000'000) * 1000;
    to = WriteLength(to, Transaction::kCommitTime, FieldBytes(seconds) + FieldBytes(nanos));
    to = WriteField(to, layout::Timestamp::kSeconds, seconds);
    to = WriteField(to, layout::Timestamp::kNanos, nanos);
  }
  to = WriteLength(
      to, Transaction::kSource,
      FieldBytes(header.server_id) + FieldBytes(header.file) + FieldBytes(header.position));
  to = WriteField(to, Source::kServerId, header.server_id);
  to = WriteField(to, Source::kFile, header.file);
  to = WriteField(to, Source::kPosition, header.position);
  out.Advance(to);
}

void PutMore(Buffer& header) { header.Append({kMoreTrue, sizeof kMoreTrue}); }

void PutTransactionBegin(Buffer& to, size_t bytes) {
  to.PutTag(layout::SubscribeResponse::kTransactions, Buffer::kBytes);
  to.PutVarint(bytes);
}

std::string TransactionPrefix(std::string_view header, size_t changes_bytes, bool more) {
  constexpr char kTag =
      layout::OneByteTag(layout::SubscribeResponse::kTransactions, Buffer::kBytes);
  const std::string_view more_field = more ? std::string_view(kMoreTrue, sizeof kMoreTrue) : "";
  std::string head(1, kTag);
  AppendVarint(head, header.size() + more_field.size() + changes_bytes);
  head.append(header).append(more_field);
  return head;
}

std::string HeaderForRows(std::string_view header) {
  using layout::Transaction;
  std::string kept;
  ByteReader reader(header);
  Field field;
  while (NextField(reader, field)) {
    const bool keeps =
        field.number == Transaction::kCommitTime || field.number == Transaction::kSource;
    if (keeps) kept.append(field.tagged);
  }
  return kept;
}

}  // namespace millrace::wire
