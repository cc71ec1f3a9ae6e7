// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/gtid.h"
#include "model/gtid_set.h"

namespace millrace::ingest {

// The GTID of the current transaction, if it has one. Not thread-safe.
class TransactionGtid {
 public:
  void Set(MysqlGtid gtid);
  void Set(const MariadbGtid& gtid);
  void Reset() {
    mysql_.reset();
    mariadb_.reset();
  }

  // Empty without a GTID. Valid until the next call of Set.
  std::string_view text() const {
    return mysql_.has_value() || mariadb_.has_value() ? text_ : std::string_view();
  }
  void AddTo(GtidSet& gtids) const;

 private:
  std::optional<MysqlGtid> mysql_;
  std::optional<MariadbGtid> mariadb_;
  std::string text_;
  // Size of the prefix of `text_` that holds `text_uuid_` and a colon, kept for the next
  // transaction of the same server; 0: there is none.
  size_t prefix_ = 0;
  decltype(MysqlGtid::uuid) text_uuid_{};
};

}  // namespace millrace::ingest
