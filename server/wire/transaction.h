// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "wire/buffer.h"
#include "wire/layout.h"

namespace millrace::wire {

// The fields of a Transaction before its changes. Each part of a transaction in a frame begins with
// them. Views are into the bytes that it was parsed from.
struct TransactionHeader {
  std::string_view gtid;   // text; empty without
  Micros commit_time = 0;  // Unix time
  uint32_t server_id = 0;
  std::string_view file;  // binlog file; may be empty
  uint64_t position = 0;  // of the transaction's first event in `file`
};

// Reading. `header` is what a frame's index names as the header of a segment; nobody has checked
// it.

// False: the bytes are no header; then `header` is of no use.
[[nodiscard]] bool ParseHeader(std::string_view bytes, TransactionHeader& header);

// The GTID alone, without a look at the rest. Empty without one.
std::string_view GtidOf(std::string_view header);

// Takes the next change off a list of them, as a frame's index names it. False: the bytes are no
// list of changes, or the list is empty; then `list` is not ok.
inline bool NextChange(ByteReader& list, std::string_view& change) {
  constexpr uint32_t kTag = Buffer::Tag(layout::Transaction::kChanges, Buffer::kBytes);
  if (list.Little8() != kTag) list.Fail();
  change = list.Sized();
  return list.ok();
}

// Writing.

// Appends the header. A field without a value is left out, but for the source.
void PutHeader(const TransactionHeader& header, Buffer& to);
// Appends to a header that the transaction goes on in another part.
void PutMore(Buffer& header);

// Starts an element of SubscribeResponse.transactions; Buffer::EndNested ends it.
inline size_t BeginTransaction(Buffer& to) {
  return to.BeginNested(layout::SubscribeResponse::kTransactions);
}
// The same where the size of what follows is known.
void PutTransactionBegin(Buffer& to, size_t bytes);

// The bytes before `changes_bytes` of changes that are taken out of a segment with `header`: the
// beginning of an element of SubscribeResponse.transactions. `more`: the header does not say that
// there are more, but there are.
std::string TransactionPrefix(std::string_view header, size_t changes_bytes, bool more);

// The fields of a header that go with rows made from the log: commit time and source. A row need
// not be all that its transaction did, so the GTID and `more` are left out.
std::string HeaderForRows(std::string_view header);

}  // namespace millrace::wire
