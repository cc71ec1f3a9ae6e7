// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "model/gtid.h"

namespace millrace::testing {

// GTID with `number` of a fixed source, for tests that make transactions without a server.
inline MysqlGtid GtidOf(uint64_t number) {
  MysqlGtid gtid{.uuid = {}, .tag = {}, .number = number};
  gtid.uuid[0] = 1;
  return gtid;
}

inline std::string GtidTextOf(uint64_t number) {
  std::string text;
  AppendText(text, GtidOf(number));
  return text;
}

}  // namespace millrace::testing
