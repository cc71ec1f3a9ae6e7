// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/change.h"
#include "wire/field.h"
#include "wire/transaction.h"

namespace millrace::wire::testing {

// Reads arbitrary bytes with all functions of the room. Checks that each view points into the
// bytes, and that a READ derived from a change is a valid change.
class EverythingReader {
 public:
  explicit EverythingReader(std::string_view bytes) : bytes_(bytes) {}

  void Run() {
    Transactions();
    Header(bytes_);
    Change(bytes_);
    Changes(bytes_);
  }
  // The number of parsed changes.
  size_t changes() const { return changes_; }

 private:
  void Check(std::string_view view) const {
    if (view.empty()) return;
    MILLRACE_CHECK(view.data() >= bytes_.data());
    MILLRACE_CHECK(view.data() + view.size() <= bytes_.data() + bytes_.size());
  }

  void Transactions() {
    ByteReader reader(bytes_);
    Field transaction;
    while (NextField(reader, transaction)) {
      Check(transaction.value);
      ByteReader parts(transaction.value);
      Field part;
      std::string_view header;
      while (NextField(parts, part)) {
        if (part.number == layout::Transaction::kChanges) break;
        header = transaction.value.substr(0, parts.offset());
      }
      Header(header);
      Changes(transaction.value.substr(header.size()));
    }
  }

  void Header(std::string_view bytes) const {
    TransactionHeader header;
    if (ParseHeader(bytes, header)) {
      Check(header.gtid);
      Check(header.file);
    }
    Check(GtidOf(bytes));
    MILLRACE_CHECK(HeaderForRows(bytes).size() <= bytes.size());
  }

  void Changes(std::string_view list) {
    ByteReader reader(list);
    std::string_view change;
    while (!reader.empty() && NextChange(reader, change)) Change(change);
  }

  void Change(std::string_view bytes) {
    ChangeView change;
    if (!ParseChange(bytes, change)) return;
    ++changes_;
    for (const std::string_view view :
         {change.bytes, change.database, change.table, change.before.row, change.after.row,
          change.before.unknown, change.after.unknown, change.texts, change.schema_change.statement,
          change.schema_change.default_database}) {
      Check(view);
    }
    CheckNumbers(change.before.unknown);
    CheckNumbers(change.after.unknown);
    TextReader texts(change.texts);
    for (TextView text; texts.Next(text);) {
      Check(text.charset);
      Check(text.value);
    }
    NameReader names(change.schema_change.tables);
    for (std::string_view name; names.Next(name);) Check(name);
    if (change.after.present) CheckRead(change);
  }

  static void CheckNumbers(std::string_view packed) {
    NumberReader reader(packed);
    uint32_t number = 0;
    while (reader.Next(number)) continue;
    MILLRACE_CHECK(reader.ok());
  }

  static void CheckRead(const ChangeView& change) {
    const size_t size = SizeAsRead(change);
    std::string list;
    AppendAsRead(change, size, list);
    ByteReader reader(list);
    std::string_view bytes;
    MILLRACE_CHECK(NextChange(reader, bytes) && reader.empty() && bytes.size() == size);
    ChangeView read;
    MILLRACE_CHECK(ParseChange(bytes, read));
    MILLRACE_CHECK(read.operation == layout::kOperationRead && read.sequence == change.sequence);
    MILLRACE_CHECK(read.after.row == change.after.row && !read.before.present);
  }

  std::string_view bytes_;
  size_t changes_ = 0;
};

// Returns the number of parsed changes.
inline size_t ReadEverything(std::string_view bytes) {
  EverythingReader reader(bytes);
  reader.Run();
  return reader.changes();
}

}  // namespace millrace::wire::testing
