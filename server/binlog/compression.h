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

// Reads the events inside a TRANSACTION_PAYLOAD one by one and decompresses as it goes. Memory
// holds one inner event and a zstd window, never the whole transaction. Not thread-safe. The bytes
// of the event must outlive the reader.
class TransactionPayloadReader {
  class State;

 public:
  explicit TransactionPayloadReader(std::unique_ptr<State> state);  // for Open

  // kDataLoss EVENT_TRUNCATED; kUnimplemented COMPRESSION_UNKNOWN: neither zstd nor none;
  // kResourceExhausted OUT_OF_MEMORY. `event_bytes_max` bounds an inner event, so that a hostile
  // source cannot exhaust our memory.
  static absl::StatusOr<std::unique_ptr<TransactionPayloadReader>> Open(const Event& event,
                                                                        uint64_t event_bytes_max);
  ~TransactionPayloadReader();

  // Starts reading the payload of another event and reuses the allocated memory. Same errors as
  // Open; after an error only Restart may be called.
  absl::Status Restart(const Event& event);

  // Returns the bytes of the next inner event: with its header, without a checksum, valid until the
  // next call. Returns nothing at the end. kDataLoss EVENT_TRUNCATED or PAYLOAD_DAMAGED (zstd
  // rejects the payload, or its size is not the one that the event states); kResourceExhausted
  // EVENT_TOO_LARGE. After an error only Restart may be called.
  absl::StatusOr<std::optional<std::string_view>> Next();

 private:
  std::unique_ptr<State> state_;
};

// True for MariaDB's compressed row and query events.
bool IsCompressed(EventType type);

// Decompresses an event for which IsCompressed is true. Type code and body of the result are those
// of the uncompressed event. Its body is a view into `buffer`, which is overwritten. Errors as
// Open and Next of TransactionPayloadReader; `event_bytes_max` limits the result.
absl::StatusOr<Event> Uncompress(const Event& event, uint64_t event_bytes_max, std::string& buffer);

}  // namespace millrace::binlog
