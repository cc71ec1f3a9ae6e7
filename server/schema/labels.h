// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/flavour.h"
#include "schema/table_version.h"

namespace millrace::schema {

// Sets the labels of an ENUM or SET column, of which charset is set already, from their bytes in
// that charset. The servers take any bytes for a label: what is no text stands in `labels` as
// U+FFFD, and `label_bytes` has the bytes of all. False: the charset is unknown.
bool SetLabels(const std::vector<std::string_view>& bytes, Column& column);

// False if label `index` has no UTF-8 form. Takes a lock: not for each row.
bool LabelIsText(const Column& column, size_t index);

// Whether `shown` are the labels of `column` as information_schema shows them: with question marks
// for characters above U+FFFF, and with anything for a label that is no text.
bool MatchesShownLabels(const std::vector<std::string>& shown, const Column& column);

// Whether these labels of information_schema may be others in truth: a `?` or U+FFFD may stand for
// a character above U+FFFF, or for bytes that are no text of the charset. Not found: a label that
// MySQL shows cut off where its bytes are no text.
bool LabelsMayBeLossy(const std::vector<std::string>& shown, std::string_view charset,
                      Flavour flavour);

}  // namespace millrace::schema
