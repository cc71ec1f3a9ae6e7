#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/gtid.h"
#include "model/gtid_set.h"

namespace millrace::ingest {

// The GTID of the transaction at hand, if it has one. Not thread-safe.
class TransactionGtid {
 public:
  void Set(MysqlGtid gtid);
  void Set(const MariadbGtid& gtid);
  void Reset() {
    mysql_.reset();
    mariadb_.reset();
  }

  // Empty without one. Valid until the next call of Set.
  std::string_view text() const {
    return mysql_.has_value() || mariadb_.has_value() ? text_ : std::string_view();
  }
  void AddTo(GtidSet& gtids) const;

 private:
  std::optional<MysqlGtid> mysql_;
  std::optional<MariadbGtid> mariadb_;
  std::string text_;
  // Of text_, as far as it is the UUID of `text_uuid_` and what separates it from the number; 0: it
  // is nothing of that kind. Transaction after transaction is of one source.
  size_t prefix_ = 0;
  decltype(MysqlGtid::uuid) text_uuid_{};
};

}  // namespace millrace::ingest
