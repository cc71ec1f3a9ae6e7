// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "millrace/v1/change_feed.pb.h"

namespace millrace::command {

// Appends a change with its transaction's data as one JSON object and a line break. Every line has
// the keys sequence, gtid, commit_time, operation, database, table, before and after (the server's
// JSON of the row; null without a row). Further keys are present only if they are not empty:
// schema_change, before_unknown_fields, after_unknown_fields, invalid_text, and resume_token, which
// resumes right after this change.
void AppendChangeJson(const v1::Transaction& transaction, const v1::Change& change,
                      const std::string& resume_token, std::string& out);

}  // namespace millrace::command
