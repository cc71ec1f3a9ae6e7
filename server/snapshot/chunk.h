// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transcode/row_plan.h"
#include "wire/buffer.h"

namespace millrace::snapshot {

// Rows read from the source, as row messages, until the log takes them.
struct Chunk {
  struct Row {
    size_t offset = 0;  // in `bytes`
    size_t size = 0;
    size_t key_offset = 0;  // in `keys`
    size_t key_size = 0;
  };
  // Bytes of a text value that the row message cannot represent. Rare; see transcode::InvalidText.
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
  std::vector<Invalid> invalid;       // in row order
  std::vector<std::string> last_key;  // key column values of the last row, as read
  bool last = false;                  // no rows follow

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
