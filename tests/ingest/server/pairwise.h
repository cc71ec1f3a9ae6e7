// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

namespace millrace::testing {

// Returns choices of one value in each of four dimensions, which have these numbers of values.
// Nearly all pairs of values occur together in some choice. Greedy: one choice for each pair of
// values of the first two dimensions.
inline std::vector<std::array<size_t, 4>> Pairwise(const std::array<size_t, 4>& sizes) {
  using Choice = std::array<size_t, 4>;
  // Dimension and value, twice.
  std::set<std::array<size_t, 4>> met;
  const auto pairs_of = [](const Choice& choice) {
    std::vector<std::array<size_t, 4>> pairs;
    for (size_t i = 0; i < 4; ++i) {
      for (size_t j = i + 1; j < 4; ++j) pairs.push_back({i, choice[i], j, choice[j]});
    }
    return pairs;
  };
  const auto gain = [&](const Choice& choice) {
    size_t fresh = 0;
    for (const auto& pair : pairs_of(choice)) fresh += met.contains(pair) ? 0 : 1;
    return fresh;
  };
  std::vector<Choice> choices;
  for (size_t a = 0; a < sizes[0]; ++a) {
    for (size_t b = 0; b < sizes[1]; ++b) {
      Choice best{a, b, 0, 0};
      for (size_t c = 0; c < sizes[2]; ++c) {
        for (size_t d = 0; d < sizes[3]; ++d) {
          // Rotates the start, so that no value is favoured in a tie.
          const Choice next{a, b, (c + a + b) % sizes[2], (d + a + b) % sizes[3]};
          if (gain(next) > gain(best)) best = next;
        }
      }
      for (const auto& pair : pairs_of(best)) met.insert(pair);
      choices.push_back(best);
    }
  }
  return choices;
}

}  // namespace millrace::testing
