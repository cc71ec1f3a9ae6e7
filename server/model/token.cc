#include "model/token.h"

#include "absl/strings/escaping.h"
#include "base/bytes.h"
#include "base/crc32.h"
#include "base/error.h"
#include "fmt/format.h"

namespace millrace {
namespace {

// Persistent, see FORMAT.md.
constexpr uint8_t kVersion = 1;
constexpr size_t kChecksumBytes = 4;
// Largest set that keeps the text below kTokenCharactersMax; the other fields take 40 bytes at
// most.
constexpr size_t kGtidBytesMax = kTokenCharactersMax / 4 * 3 - 40;

absl::Status TokenMalformed(std::string_view why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "TOKEN_MALFORMED",
                   fmt::format("the resume token is malformed ({}): pass it on exactly as it was "
                               "received",
                               why));
}

}  // namespace

std::string Token::ToString() const {
  std::string bytes;
  bytes.reserve(32 + gtids.size());
  bytes.push_back(kVersion);
  AppendLittle64(bytes, log_id);
  AppendVarint(bytes, sequence.value);
  AppendVarint(bytes, changes_into_transaction);
  AppendSized(bytes, gtids.size() <= kGtidBytesMax ? std::string_view(gtids) : "");
  AppendLittle32(bytes, Crc32(bytes));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<Token> Token::Parse(std::string_view text) {
  if (text.size() > kTokenCharactersMax) return TokenMalformed("too long");
  std::string bytes;
  // Base64 has several texts for some bytes (padding, white space, unused bits): one is ours.
  if (!absl::WebSafeBase64Unescape(std::string(text), &bytes) ||
      absl::WebSafeBase64Escape(bytes) != text) {
    return TokenMalformed("not base64");
  }
  if (bytes.size() <= kChecksumBytes) return TokenMalformed("too short");
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - kChecksumBytes);
  if (LoadLittle32(bytes.data() + body.size()) != Crc32(body)) {
    return TokenMalformed("bad checksum");
  }
  ByteReader reader(body);
  if (reader.Little8() != kVersion) return TokenMalformed("made by another version");
  Token token;
  token.log_id = reader.Little64();
  token.sequence.value = reader.Varint();
  token.changes_into_transaction = reader.Varint();
  token.gtids = reader.Sized();
  if (!reader.ok() || !reader.empty()) return TokenMalformed("bad fields");
  return token;
}

std::string LogIdText(uint64_t log_id) { return fmt::format("{:016x}", log_id); }

}  // namespace millrace
