// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schema/statement.h"

namespace millrace::schema {

// The text of a DDL statement as subscribers may see it: in UTF-8, without comments except those
// that the server itself writes. Requires: `statement` comes from Classify of `text`. Empty if the
// text must not be shown: `statement` is withheld, a string or option may contain a secret, the
// text cannot be parsed, or `is_excluded` (may be null) is true for a name in it, such as an
// uncaptured column, whose DEFAULT the text may reveal.
std::string ShownText(std::string_view text, const Statement& statement,
                      const StatementSession& session,
                      const std::function<bool(std::string_view name)>& is_excluded = nullptr);

}  // namespace millrace::schema
