// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// Statements about tables and databases, one for each clause that the manuals of the two servers
// list. Placeholders in braces are written in the style of a run (rendering.h):
//   {t} {d.t} {e.n}   tables: of the default database, or qualified with it (d) or another one (e)
//   {:a} {:t.a}       columns: alone, or qualified with their table
//   {d} {e} {f}       databases; f does not exist
//   {'}               a string that is hard to parse
// Tables: t and u of (id, a, b, c) with an index k_b, t also with a check chk; n, which does not
// exist; p, partitioned by range; h, by hash; k, with a foreign key; v, a view; s, a sequence; w,
// with the columns of u and one row; y, versioned. Each statement creates only those from p on that
// it names.
std::vector<std::string_view> ClausesOf(Flavour flavour);

}  // namespace millrace::testing
