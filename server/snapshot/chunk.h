// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transcode/row_plan.h"
#include "wire/buffer.h"

namespace millrace::snapshot {

// Rows that were read and wait to be taken into the log, as row messages.
struct Chunk {
  struct Row {
    size_t offset = 0;  // in `rows_bytes`
    size_t size = 0;
    size_t key_offset = 0;  // in `keys`
    size_t key_size = 0;
  };
  // What of a row its message does not tell, which is rare: see transcode::InvalidText.
  struct Invalid {
    size_t row = 0;
    uint32_t field_number = 0;
    bool ambiguous = false;
    std::string charset;
    std::string bytes;
  };

  wire::Buffer bytes;
  std::string keys;
  std::vector<Row> rows;
  std::vector<Invalid> invalid;       // in the order of rows
  std::vector<std::string> last_key;  // values of the last row's key columns, as read
  bool last = false;                  // there are no rows behind these

  void Clear() {
    bytes.Clear();
    keys.clear();
    rows.clear();
    invalid.clear();
    last = false;
  }
  std::string_view row(const Row& which) const {
    return bytes.view().substr(which.offset, which.size);
  }
  std::string_view key(const Row& which) const {
    return std::string_view(keys).substr(which.key_offset, which.key_size);
  }
};

}  // namespace millrace::snapshot
