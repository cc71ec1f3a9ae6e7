// SPDX-License-Identifier: Apache-2.0

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "binlog/compression.h"
#include "binlog/malformed.h"

// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Transaction__payload__event.html
namespace millrace::binlog {
namespace {

enum Field : uint64_t { kEnd = 0, kPayloadSize = 1, kCompression = 2, kUncompressedSize = 3 };
enum Compression : uint64_t { kZstd = 0, kNone = 255 };

// No server needs a larger window, and a hostile one could use it to exhaust our memory.
constexpr int kWindowLogMax = 27;

struct Payload {
  uint64_t compression = kNone;
  std::optional<uint64_t> uncompressed_size;
  std::string_view bytes;
};

absl::StatusOr<Payload> ReadPayload(const Event& event) {
  ByteReader reader(event.body);
  Payload payload;
  std::optional<uint64_t> size;
  while (reader.ok()) {
    const uint64_t field = reader.LengthEncoded();
    if (!reader.ok() || field == kEnd) break;
    ByteReader value(reader.Bytes(reader.LengthEncoded()));
    if (field == kPayloadSize) size = value.LengthEncoded();
    if (field == kCompression) payload.compression = value.LengthEncoded();
    if (field == kUncompressedSize) payload.uncompressed_size = value.LengthEncoded();
    if (!value.ok()) reader.Fail();
  }
  payload.bytes = reader.Bytes(size.value_or(reader.remaining()));
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its payload");
  if (payload.compression != kZstd && payload.compression != kNone) {
    return CompressionUnknown(event.header, payload.compression);
  }
  return payload;
}

struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

class TransactionPayloadReader::State {
 public:
  explicit State(uint64_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  absl::Status Start(const Event& event);
  absl::StatusOr<std::optional<std::string_view>> Next();

 private:
  absl::StatusOr<std::optional<std::string_view>> CheckEnd() const;
  absl::StatusOr<size_t> Fill(size_t size);
  absl::StatusOr<size_t> Decompress(char* to, size_t size);
  size_t Copy(char* to, size_t size);
  void Reserve(size_t capacity);

  const uint64_t event_bytes_max_;
  EventHeader header_;
  Payload payload_;
  size_t consumed_ = 0;
  uint64_t produced_ = 0;
  bool frame_complete_ = true;
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> decompressor_;
  // The current inner event. Grows and never shrinks.
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t filled_ = 0;
};

absl::Status TransactionPayloadReader::State::Start(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(payload_, ReadPayload(event));
  header_ = event.header;
  consumed_ = 0;
  produced_ = 0;
  frame_complete_ = true;
  if (payload_.compression == kNone) return absl::OkStatus();
  if (decompressor_ == nullptr) decompressor_.reset(ZSTD_createDCtx());
  if (decompressor_ == nullptr) {
    return MakeError(reason::kOutOfMemory, "no memory to decompress a transaction");
  }
  ZSTD_DCtx_reset(decompressor_.get(), ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_setParameter(decompressor_.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  return absl::OkStatus();
}

void TransactionPayloadReader::State::Reserve(size_t capacity) {
  if (capacity <= capacity_) return;
  capacity = std::max(capacity, 2 * capacity_);
  auto grown = std::make_unique_for_overwrite<char[]>(capacity);
  if (filled_ > 0) std::memcpy(grown.get(), buffer_.get(), filled_);
  buffer_ = std::move(grown);
  capacity_ = capacity;
}

size_t TransactionPayloadReader::State::Copy(char* to, size_t size) {
  const size_t copied = payload_.bytes.copy(to, size, consumed_);
  consumed_ += copied;
  return copied;
}

absl::StatusOr<size_t> TransactionPayloadReader::State::Decompress(char* to, size_t size) {
  ZSTD_inBuffer in{payload_.bytes.data(), payload_.bytes.size(), consumed_};
  ZSTD_outBuffer out{to, size, 0};
  while (out.pos < out.size) {
    const size_t in_before = in.pos;
    const size_t out_before = out.pos;
    const size_t left = ZSTD_decompressStream(decompressor_.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return PayloadDamaged(header_, ZSTD_getErrorName(left));
    if (in.pos == in_before && out.pos == out_before) break;
    frame_complete_ = left == 0;
  }
  consumed_ = in.pos;
  return out.pos;
}

// Extends the event in the buffer to `size` bytes, or fewer at the end of the payload. Grows the
// buffer in steps, so that an event which only claims to be large takes no memory.
absl::StatusOr<size_t> TransactionPayloadReader::State::Fill(size_t size) {
  constexpr size_t kStep = size_t{1} << 20;
  while (filled_ < size) {
    const size_t wanted = std::min(size - filled_, std::max(kStep, filled_));
    Reserve(filled_ + wanted);
    char* const to = buffer_.get() + filled_;
    size_t got = 0;
    if (payload_.compression == kNone) {
      got = Copy(to, wanted);
    } else {
      MILLRACE_ASSIGN_OR_RETURN(got, Decompress(to, wanted));
    }
    filled_ += got;
    produced_ += got;
    if (got < wanted) break;
  }
  return filled_;
}

absl::StatusOr<std::optional<std::string_view>> TransactionPayloadReader::State::CheckEnd() const {
  if (!frame_complete_ || consumed_ != payload_.bytes.size()) {
    return EventTruncated(header_, "ends inside its compressed bytes");
  }
  if (payload_.uncompressed_size.value_or(produced_) != produced_) {
    return PayloadDamaged(header_, "their decompressed size is not the one that the event states");
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<std::string_view>> TransactionPayloadReader::State::Next() {
  constexpr size_t kSizeAt = 9;
  filled_ = 0;
  MILLRACE_ASSIGN_OR_RETURN(const size_t header_size, Fill(EventHeader::kSize));
  if (header_size == 0) return CheckEnd();
  if (header_size < EventHeader::kSize)
    return EventTruncated(header_, "ends inside an inner event");
  const uint32_t size = LoadLittle32(buffer_.get() + kSizeAt);
  if (size < EventHeader::kSize)
    return EventTruncated(header_, "has an inner event smaller than a header");
  if (size > event_bytes_max_) return EventTooLarge(header_, size, event_bytes_max_);
  MILLRACE_ASSIGN_OR_RETURN(const size_t filled, Fill(size));
  if (filled < size) return EventTruncated(header_, "ends inside an inner event");
  return std::string_view(buffer_.get(), size);
}

TransactionPayloadReader::TransactionPayloadReader(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
TransactionPayloadReader::~TransactionPayloadReader() = default;

absl::StatusOr<std::unique_ptr<TransactionPayloadReader>> TransactionPayloadReader::Open(
    const Event& event, uint64_t event_bytes_max) {
  auto state = std::make_unique<State>(event_bytes_max);
  MILLRACE_RETURN_IF_ERROR(state->Start(event));
  return std::make_unique<TransactionPayloadReader>(std::move(state));
}

absl::Status TransactionPayloadReader::Restart(const Event& event) { return state_->Start(event); }

absl::StatusOr<std::optional<std::string_view>> TransactionPayloadReader::Next() {
  return state_->Next();
}

}  // namespace millrace::binlog
