// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "binlog/event.h"

namespace millrace::binlog {

// Walks the events inside a TRANSACTION_PAYLOAD, decompressing as it goes, so that memory holds one
// inner event and a window, not the transaction. Not thread-safe. The event's bytes must outlive
// it.
class TransactionPayloadReader {
  class State;

 public:
  explicit TransactionPayloadReader(std::unique_ptr<State> state);  // for Open

  // kDataLoss EVENT_TRUNCATED; kUnimplemented COMPRESSION_UNKNOWN: neither zstd nor none.
  // `event_bytes_max` bounds an inner event: a hostile source must not make us allocate without
  // end.
  static absl::StatusOr<std::unique_ptr<TransactionPayloadReader>> Open(const Event& event,
                                                                        uint64_t event_bytes_max);
  ~TransactionPayloadReader();

  // Goes on with the payload of another event, in the memory of the one before. Errors of Open;
  // after one of them only Restart may be called.
  absl::Status Restart(const Event& event);

  // Bytes of the next inner event, header included, without checksum; nothing at the end. Valid
  // until the next call. kDataLoss EVENT_TRUNCATED, PAYLOAD_DAMAGED (zstd refuses it, or it holds
  // more or less than the event says); kResourceExhausted EVENT_TOO_LARGE. After an error only
  // Restart may be called.
  absl::StatusOr<std::optional<std::string_view>> Next();

 private:
  std::unique_ptr<State> state_;
};

// True for MariaDB's compressed row and query events.
bool IsCompressed(EventType type);

// The plain event that MariaDB's compressed `event` stands for: type code and body as if it had not
// been compressed. Its body lies in `buffer`, which is reused. kDataLoss as above;
// kResourceExhausted EVENT_TOO_LARGE beyond `event_bytes_max`.
absl::StatusOr<Event> Uncompress(const Event& event, uint64_t event_bytes_max, std::string& buffer);

}  // namespace millrace::binlog
