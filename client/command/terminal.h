// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::command {

enum class Tone { kPlain, kDim, kBold, kGreen, kYellow, kRed, kCyan, kMagenta, kBlue };

// Colours text if enabled.
class Paint {
 public:
  explicit Paint(bool enabled) : enabled_(enabled) {}
  std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool enabled_;
};

// Whether `descriptor` is a terminal with colours, and NO_COLOR is not set in the environment.
bool ColourWanted(int descriptor);

// Escapes line breaks, tabs and all other control characters of `text`, so that data cannot control
// the terminal or break a line.
std::string Printable(std::string_view text);

// Width of `text` in a terminal, counting each code point as one column.
size_t DisplayWidth(std::string_view text);

// Cuts `text` to `width_max` code points; if it is cut, the last one is `…`.
std::string Shorten(std::string_view text, size_t width_max);

// Lays out rows in aligned columns.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  struct Cell {
    std::string text;
    Tone tone = Tone::kPlain;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Requires: one cell for each column.
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // The dim titles, then the rows; each line ends with a line break.
  std::string Render(const Paint& paint) const;

 private:
  std::vector<size_t> Widths() const;

  const std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace millrace::command
