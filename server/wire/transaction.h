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

// The fields of a Transaction before its changes. Each segment of a transaction in a frame starts
// with a copy of them. Views point into the parsed bytes.
struct TransactionHeader {
  std::string_view gtid;   // text; empty: none
  Micros commit_time = 0;  // Unix time
  uint32_t server_id = 0;
  std::string_view file;  // binlog file; may be empty
  uint64_t position = 0;  // of the transaction's first event, in `file`
};

// Reading. The index of a frame locates the header of each segment. The bytes of the header are not
// validated yet.

// False: the bytes are not a valid header, and the content of `header` is unspecified.
[[nodiscard]] bool ParseHeader(std::string_view bytes, TransactionHeader& header);

// Reads only the GTID. Empty if there is none.
std::string_view GtidOf(std::string_view header);

// Reads the next change from a list of changes, which the index of a frame locates. False if the
// list is empty or malformed: in both cases `list` is not ok.
inline bool NextChange(ByteReader& list, std::string_view& change) {
  constexpr uint32_t kTag = Buffer::Tag(layout::Transaction::kChanges, Buffer::kBytes);
  if (list.Little8() != kTag) list.Fail();
  change = list.Sized();
  return list.ok();
}

// Writing.

// Appends the header. Omits fields without a value, except the source.
void PutHeader(const TransactionHeader& header, Buffer& to);
// Adds the field `more` to a header: the next Transaction has more changes of this transaction.
void PutMore(Buffer& header);

// Starts an element of SubscribeResponse.transactions; Buffer::EndNested ends it.
inline size_t BeginTransaction(Buffer& to) {
  return to.BeginNested(layout::SubscribeResponse::kTransactions);
}
// The same if the size of the element is known in advance.
void PutTransactionBegin(Buffer& to, size_t bytes);

// Returns the beginning of an element of SubscribeResponse.transactions: everything before its
// changes, which take `changes_bytes`. `header` is that of the segment from which the changes are
// copied. `more`: adds the field `more`, which `header` lacks.
std::string TransactionPrefix(std::string_view header, size_t changes_bytes, bool more);

// Returns the fields of a header that apply to rows rebuilt from the log: commit time and source.
// Omits the GTID and `more`, because the transaction may have changed other rows too.
std::string HeaderForRows(std::string_view header);

}  // namespace millrace::wire
