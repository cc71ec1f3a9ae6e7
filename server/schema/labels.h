// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/flavour.h"
#include "schema/table_version.h"

namespace millrace::schema {

// Sets the labels of an ENUM or SET column from their bytes. Requires: the column's charset is set.
// The servers accept any bytes as a label: one that is not text becomes U+FFFD in `labels`, and
// then `label_bytes` has the bytes of all labels. False: the charset is unknown.
bool SetLabels(const std::vector<std::string_view>& bytes, Column& column);

// False if label `index` is not text in the column's charset. Takes a lock: do not call for each
// row.
bool LabelIsText(const Column& column, size_t index);

// True if `shown` are the labels of `column` as information_schema shows them: with question marks
// for characters above U+FFFF, and with anything for a label that is not text.
bool MatchesShownLabels(const std::vector<std::string>& shown, const Column& column);

// True if the real labels may differ from these labels of information_schema: a `?` or U+FFFD may
// replace a character above U+FFFF, or bytes that are not text in the charset. Does not detect a
// label that MySQL cuts off at bytes that are not text.
bool LabelsMayBeLossy(const std::vector<std::string>& shown, std::string_view charset,
                      Flavour flavour);

}  // namespace millrace::schema
