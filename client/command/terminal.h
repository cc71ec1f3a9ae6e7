// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::command {

enum class Tone { kPlain, kDim, kBold, kGreen, kYellow, kRed, kCyan, kMagenta, kBlue };

// Colours text, or leaves it as it is.
class Paint {
 public:
  explicit Paint(bool enabled) : enabled_(enabled) {}
  std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool enabled_;
};

// True if `descriptor` is a terminal that shows colours and its user wants them (no NO_COLOR in the
// environment).
bool ColourWanted(int descriptor);

// `text` with line breaks, tabs and all other control characters written as escapes, so that data
// cannot steer the terminal or break a line.
std::string Printable(std::string_view text);

// Columns that `text` takes in a terminal, taking each code point as one.
size_t DisplayWidth(std::string_view text);

// The first `width_max` code points of `text`, the last of them `…` if there are more.
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
  // Requires: as many cells as columns.
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // Titles in dim capitals, then the rows, each line ended by a line break.
  std::string Render(const Paint& paint) const;

 private:
  std::vector<size_t> Widths() const;

  const std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace millrace::command
