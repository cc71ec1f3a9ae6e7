// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schema/statement.h"

namespace millrace::schema {

// The text of a definition, which Classify made `statement` of, as subscribers may see it: in
// UTF-8, without comments but those that the server itself writes. Empty if nobody may see it:
// because Classify says so, because a string or option looks like it holds a secret, because it
// cannot be read, or because it names something for which `is_excluded` (may be null) is true, such
// as a column that is not captured and whose default it may tell.
std::string ShownText(std::string_view text, const Statement& statement,
                      const StatementSession& session,
                      const std::function<bool(std::string_view name)>& is_excluded = nullptr);

}  // namespace millrace::schema
