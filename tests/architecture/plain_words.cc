// SPDX-License-Identifier: Apache-2.0

#include "plain_words.h"

#include <cctype>
#include <sstream>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

// Words that make a reader translate, and plain ones to use instead. A word is here only if it is
// seldom the right one.
constexpr std::string_view kBannedPhrases[] = {
    "a moment later",                                         // "shortly after", or a time
    "anew",                                                   // "again", "restart"
    "answered",       "answering",    "answers",              // "return", "report", "respond"
    "at hand",                                                // "current"
    "beforehand",                                             // "before"
    "begun",                                                  // "started"
    "but for",                                                // "except"
    "came to",        "comes to",                             // name what happens
    "fall behind",    "falls behind", "fell behind",          // "lag"
    "gave",           "gives",                                // "return", "supply"
    "in vain",                                                // "without effect"
    "know of",        "known of",     "knows of",             // "know", "contain"
    "lies",                                                   // "is"
    "meanwhile",                                              // "in the meantime", "since"
    "mend",           "mended",       "mends",                // "fix"
    "of ours",        "of theirs",                            // "our", "their"
    "save for",                                               // "except"
    "shall",                                                  // "must"
    "stands",         "stood",                                // "is", "was"
    "tell",           "telling",      "tells",       "told",  // "report", "show", "return"
    "unfold",         "unfolded",     "unfolds",              // "decompress"
    "what waits",                                             // name it
    "whatever",       "wherever",     "whoever",              // name it
};

// Idioms that contain a banned word but are plain.
constexpr std::string_view kAllowedPhrases[] = {"gave up", "gives up", "stands for"};

// A word of a text.
struct Word {
  std::string text;  // in lower case; empty where code interrupts the text
  size_t line = 0;
};

// Collects the words of a text in their order.
class WordList {
 public:
  void Add(std::string_view text, size_t line) {
    std::string word;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '_') {
        word += static_cast<char>(std::tolower(byte));
      } else {
        AddWord(word, line);
      }
    }
    AddWord(word, line);
  }

  // Ends the text, so that no phrase continues after it.
  void Interrupt() {
    if (!words_.empty() && !words_.back().text.empty()) words_.push_back({});
  }

  const std::vector<Word>& words() const { return words_; }

 private:
  void AddWord(std::string& word, size_t line) {
    if (!word.empty()) words_.push_back({std::exchange(word, {}), line});
  }

  std::vector<Word> words_;
};

// Collects the words in the comments and string literals of a source.
class SourceWords {
 public:
  explicit SourceWords(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) AddLine(line);
  }

  const std::vector<Word>& words() const { return list_.words(); }

 private:
  void AddLine(std::string_view line) {
    ++line_;
    for (size_t at = 0; at < line.size();) at = AddPieceAt(line, at);
  }

  // Adds the piece that begins at `at`; returns where the next piece begins.
  size_t AddPieceAt(std::string_view line, size_t at) {
    if (!end_.empty()) return AddUntilEnd(line, at);
    const std::string_view rest = line.substr(at);
    const bool in_word = at > 0 && std::isalnum(static_cast<unsigned char>(line[at - 1])) != 0;
    if (rest.starts_with("//")) {
      list_.Add(rest.substr(2), line_);
      return line.size();
    }
    if (rest.starts_with("/*")) {
      end_ = "*/";
      return at + 2;
    }
    if (rest.starts_with("R\"") && !in_word) {
      const size_t open = rest.find('(');
      if (open == std::string_view::npos) return line.size();
      end_ = ")" + std::string(rest.substr(2, open - 2)) + "\"";
      return at + open + 1;
    }
    if (rest.front() == '"') return AddQuoted(line, at);
    if (rest.front() == '\'' && !in_word) return AddQuoted(line, at);  // not the separator in 1'000
    if (rest.front() != ' ') list_.Interrupt();
    return at + 1;
  }

  // Inside of a block comment or a raw string.
  size_t AddUntilEnd(std::string_view line, size_t at) {
    const size_t closed = line.find(end_, at);
    list_.Add(line.substr(at, closed - at), line_);  // to the end of the line if it is not closed
    if (closed == std::string_view::npos) return line.size();
    return closed + std::exchange(end_, {}).size();
  }

  size_t AddQuoted(std::string_view line, size_t at) {
    const char quote = line[at++];
    std::string text;
    for (; at < line.size() && line[at] != quote; ++at) {
      const bool escape = line[at] == '\\';
      text += escape ? ' ' : line[at];
      if (escape) ++at;
    }
    list_.Add(text, line_);
    return at + 1;
  }

  WordList list_;
  size_t line_ = 0;
  std::string end_;  // of the block comment or raw string that is open; else empty
};

using Phrase = std::vector<std::string>;

template <size_t count>
std::vector<Phrase> SplitPhrases(const std::string_view (&texts)[count]) {
  std::vector<Phrase> phrases;
  for (const std::string_view text : texts) {
    std::istringstream words{std::string(text)};
    Phrase phrase;
    for (std::string word; words >> word;) phrase.push_back(word);
    phrases.push_back(std::move(phrase));
  }
  return phrases;
}

bool IsPhraseAt(const std::vector<Word>& words, size_t at, const Phrase& phrase) {
  if (at + phrase.size() > words.size()) return false;
  for (size_t i = 0; i < phrase.size(); ++i) {
    if (words[at + i].text != phrase[i]) return false;
  }
  return true;
}

// The phrase of `phrases` that begins at `at`; null if there is none.
const Phrase* FindPhraseAt(const std::vector<Word>& words, size_t at,
                           const std::vector<Phrase>& phrases) {
  for (const Phrase& phrase : phrases) {
    if (IsPhraseAt(words, at, phrase)) return &phrase;
  }
  return nullptr;
}

std::string JoinWords(const Phrase& phrase) {
  std::string text;
  for (const std::string& word : phrase) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<BannedUse> BannedUsesAmong(const std::vector<Word>& words) {
  static const std::vector<Phrase> banned = SplitPhrases(kBannedPhrases);
  static const std::vector<Phrase> allowed = SplitPhrases(kAllowedPhrases);
  std::vector<BannedUse> uses;
  for (size_t at = 0; at < words.size();) {
    const Phrase* phrase = FindPhraseAt(words, at, allowed);
    if (phrase == nullptr) {
      phrase = FindPhraseAt(words, at, banned);
      if (phrase != nullptr) uses.push_back({JoinWords(*phrase), words[at].line});
    }
    at += phrase != nullptr ? phrase->size() : 1;
  }
  return uses;
}

}  // namespace

std::vector<BannedUse> BannedUsesInText(const std::vector<std::string>& lines) {
  WordList list;
  for (size_t i = 0; i < lines.size(); ++i) list.Add(lines[i], i + 1);
  return BannedUsesAmong(list.words());
}

std::vector<BannedUse> BannedUsesInSource(const std::vector<std::string>& lines) {
  return BannedUsesAmong(SourceWords(lines).words());
}

}  // namespace millrace
