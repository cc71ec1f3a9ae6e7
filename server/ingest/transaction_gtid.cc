// SPDX-License-Identifier: Apache-2.0

#include "ingest/transaction_gtid.h"

#include <utility>

#include "model/gtid_text.h"

namespace millrace::ingest {

void TransactionGtid::Set(MysqlGtid gtid) {
  mariadb_.reset();
  mysql_ = std::move(gtid);
  if (prefix_ != 0 && mysql_->tag.empty() && mysql_->uuid == text_uuid_) {
    text_.resize(prefix_);
    AppendDecimal(text_, mysql_->number);
    return;
  }
  text_.clear();
  AppendText(text_, *mysql_);
  text_uuid_ = mysql_->uuid;
  prefix_ = mysql_->tag.empty() ? text_.find(':') + 1 : 0;
}

void TransactionGtid::Set(const MariadbGtid& gtid) {
  mysql_.reset();
  mariadb_ = gtid;
  text_.clear();
  prefix_ = 0;
  AppendText(text_, gtid);
}

void TransactionGtid::AddTo(GtidSet& gtids) const {
  if (mysql_.has_value()) gtids.Add(*mysql_);
  if (mariadb_.has_value()) gtids.Add(*mariadb_);
}

}  // namespace millrace::ingest
