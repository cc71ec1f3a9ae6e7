// SPDX-License-Identifier: Apache-2.0

#include "functions.h"

#include <cctype>
#include <regex>
#include <string_view>

namespace millrace {
namespace {

// A source without the parts that a scanner of braces must not see: comments, preprocessor lines,
// and the content of strings and characters. Keeps the line numbers.
class Code {
 public:
  explicit Code(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) AddLine(line);
  }

  const std::string& text() const { return text_; }

 private:
  void AddLine(std::string_view line) {
    const size_t begin = line.find_first_not_of(' ');
    const bool directive = begin != std::string_view::npos && line[begin] == '#';
    if (!raw_end_.empty() || in_comment_ || (!directive && !continued_)) {
      AddCode(line);
    } else {
      continued_ = line.ends_with('\\');
    }
    text_ += '\n';
  }

  void AddCode(std::string_view line) {
    for (size_t at = 0; at < line.size();) {
      if (!raw_end_.empty() || in_comment_) {
        const std::string end = in_comment_ ? "*/" : raw_end_;
        const size_t closed = line.find(end, at);
        if (closed == std::string_view::npos) return;
        at = closed + end.size();
        raw_end_.clear();
        in_comment_ = false;
      } else if (line.substr(at, 2) == "//") {
        return;
      } else {
        at = AddPiece(line, at);
      }
    }
  }

  // Adds the piece that begins at `at`; returns where the next piece begins.
  size_t AddPiece(std::string_view line, size_t at) {
    const bool in_word = at > 0 && (std::isalnum(static_cast<unsigned char>(line[at - 1])) != 0);
    if (line.substr(at, 2) == "/*") {
      in_comment_ = true;
      return at + 2;
    }
    if (line[at] == '"' && at > 0 && line[at - 1] == 'R') {
      const size_t open = line.find('(', at);
      raw_end_ = ")" + std::string(line.substr(at + 1, open - at - 1)) + "\"";
      text_ += "\"\"";
      return open + 1;
    }
    if (line[at] == '"' || (line[at] == '\'' && !in_word)) {  // not the separator in 1'000
      text_ += "\"\"";
      return EndOfQuoted(line, at);
    }
    text_ += line[at];
    return at + 1;
  }

  static size_t EndOfQuoted(std::string_view line, size_t at) {
    const char quote = line[at++];
    while (at < line.size() && line[at] != quote) at += line[at] == '\\' ? 2 : 1;
    return at + 1;
  }

  std::string text_;
  std::string raw_end_;  // end of the raw string that is open; else empty
  bool in_comment_ = false;
  bool continued_ = false;  // the preprocessor line continues on the next line
};

enum class Brace { kScope, kFunction, kData };

// The text before a brace, from the end of the previous statement.
struct Head {
  std::string text;
  size_t line = 0;  // where it begins
};

std::string WithoutTemplate(std::string head) {
  static const std::regex kBegin(R"(^\s*template\s*<)");
  std::smatch match;
  while (std::regex_search(head, match, kBegin)) {
    size_t at = match.length();
    for (int depth = 1; at < head.size() && depth > 0; ++at) {
      depth += (head[at] == '<') - (head[at] == '>');
    }
    head = head.substr(at);
  }
  return head;
}

std::string WithoutTemplateArguments(std::string text) {
  static const std::regex kInnermost("<[^<>]*>");
  for (size_t size = 0; size != text.size();) {
    size = text.size();
    text = std::regex_replace(text, kInnermost, "");
  }
  return text;
}

// Removes everything in parentheses.
std::string WithoutArguments(const std::string& head) {
  std::string outside;
  int depth = 0;
  for (const char c : head) {
    if (c == ')') --depth;
    if (depth == 0) outside += c;
    if (c == '(') ++depth;
  }
  return outside;
}

Brace KindOf(const Head& head) {
  static const std::regex kScope(
      R"re(^\s*((inline )?namespace\b|class\b|struct\b|union\b|enum\b|extern ""\s*$))re");
  static const std::regex kOperator(R"(operator\s*[^\s\w(]+)");
  const std::string text = WithoutTemplate(head.text);
  if (std::regex_search(text, kScope)) return Brace::kScope;
  const std::string outside = std::regex_replace(WithoutArguments(text), kOperator, "operator");
  const bool assigned = outside.find('=') != std::string::npos;
  return assigned || outside.find('(') == std::string::npos ? Brace::kData : Brace::kFunction;
}

// `Log` of `class Log final : public Base`; empty for namespaces, whose names are not needed.
std::string ClassOf(const Head& head) {
  static const std::regex kClass(
      R"(^\s*(?:class|struct|union)\s+(?:alignas\([^)]*\)\s*)?([\w:]+))");
  const std::string text = WithoutTemplate(head.text);
  std::smatch match;
  return std::regex_search(text, match, kClass) ? match[1].str() + "::" : "";
}

std::string NameOf(const Head& head) {
  static const std::regex kTest(R"(^\s*(?:TYPED_)?TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  static const std::regex kName(R"(((?:\w+::)*(?:operator[^(]*(?:\(\))?|~?\w+))\()");
  const std::string text = WithoutTemplateArguments(WithoutTemplate(head.text));
  std::smatch match;
  if (std::regex_search(text, match, kTest)) return match[1].str() + "." + match[2].str();
  return std::regex_search(text, match, kName) ? match[1].str() : "?";
}

class Scanner {
 public:
  explicit Scanner(std::string code) : code_(std::move(code)) {}

  std::vector<Function> Scan() && {
    for (at_ = 0; at_ < code_.size(); ++at_) {
      if (code_[at_] == '{') Open();
      if (code_[at_] == '}') Close();
      if (code_[at_] == '\n') ++line_;
      if (inside_ == 0) Outside(code_[at_]);
    }
    return std::move(functions_);
  }

 private:
  // A character outside of functions and data.
  void Outside(char c) {
    parentheses_ += (c == '(') - (c == ')');
    if (c == '{' || c == '}' || (c == ';' && parentheses_ == 0)) {
      head_ = {};
    } else if (!head_.text.empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
      if (head_.text.empty()) head_.line = line_;
      head_.text += c;
      if (IsAccess()) head_ = {};
    }
  }

  // `public:` and the like, after which a new head begins.
  bool IsAccess() const {
    return head_.text == "public:" || head_.text == "private:" || head_.text == "protected:";
  }

  void Open() {
    if (inside_ > 0) {
      ++inside_;
      return;
    }
    const Brace kind = parentheses_ > 0 ? Brace::kData : KindOf(head_);
    if (kind == Brace::kScope) {
      scopes_.push_back(ClassOf(head_));
      return;
    }
    inside_ = 1;
    is_function_ = kind == Brace::kFunction;
  }

  void Close() {
    if (inside_ == 0) {
      if (!scopes_.empty()) scopes_.pop_back();
      return;
    }
    if (--inside_ > 0) return;
    // A brace in the initializers of a constructor, or in arguments.
    const size_t next = code_.find_first_not_of(" \n", at_ + 1);
    const bool goes_on = next != std::string::npos && (code_[next] == ',' || code_[next] == '{');
    if (parentheses_ > 0 || goes_on) {
      inside_ = 0;
      code_[at_] = ' ';
      return;
    }
    if (is_function_) Add();
  }

  void Add() {
    std::string name = NameOf(head_);
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) name = *scope + name;
    functions_.push_back({std::move(name), head_.line, line_ - head_.line + 1});
  }

  std::string code_;
  size_t at_ = 0;
  size_t line_ = 1;
  int parentheses_ = 0;
  int inside_ = 0;  // open braces within a function or data
  bool is_function_ = false;
  Head head_;
  std::vector<std::string> scopes_;  // enclosing classes, `Log::`; empty for namespaces
  std::vector<Function> functions_;
};

}  // namespace

std::vector<Function> FunctionsIn(const std::vector<std::string>& lines) {
  return Scanner(Code(lines).text()).Scan();
}

}  // namespace millrace
