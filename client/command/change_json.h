// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "millrace/v1/change_feed.pb.h"

namespace millrace::command {

// Appends a change, with what its transaction says, as one JSON object and a line break. Keys that
// every line has: sequence, gtid, commit_time, operation, database, table, before, after (null
// where the change has no such row; else the server's JSON of the row). Further keys appear only
// when they have something to tell: schema_change, before_unknown_fields, after_unknown_fields,
// invalid_text and `resume_token`, which resumes right after this change.
void AppendChangeJson(const v1::Transaction& transaction, const v1::Change& change,
                      const std::string& resume_token, std::string& out);

}  // namespace millrace::command
