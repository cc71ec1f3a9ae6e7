// SPDX-License-Identifier: Apache-2.0

#include "schema/cpp_names.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"

namespace millrace::schema {
namespace {

// Words to which protoc itself appends a `_` if a field has such a name.
constexpr std::string_view kKeywords[] = {"EOF",          "NULL",
                                          "alignas",      "alignof",
                                          "and",          "and_eq",
                                          "asm",          "auto",
                                          "bitand",       "bitor",
                                          "bool",         "break",
                                          "case",         "catch",
                                          "char",         "char16_t",
                                          "char32_t",     "class",
                                          "compl",        "const",
                                          "const_cast",   "constexpr",
                                          "continue",     "decltype",
                                          "default",      "delete",
                                          "do",           "double",
                                          "dynamic_cast", "else",
                                          "enum",         "explicit",
                                          "export",       "extern",
                                          "false",        "float",
                                          "for",          "friend",
                                          "goto",         "if",
                                          "inline",       "int",
                                          "long",         "mutable",
                                          "namespace",    "new",
                                          "noexcept",     "not",
                                          "not_eq",       "nullptr",
                                          "operator",     "or",
                                          "or_eq",        "private",
                                          "protected",    "public",
                                          "register",     "reinterpret_cast",
                                          "return",       "short",
                                          "signed",       "sizeof",
                                          "static",       "static_assert",
                                          "static_cast",  "struct",
                                          "switch",       "template",
                                          "this",         "thread_local",
                                          "throw",        "true",
                                          "try",          "typedef",
                                          "typeid",       "typename",
                                          "union",        "unsigned",
                                          "using",        "virtual",
                                          "void",         "volatile",
                                          "wchar_t",      "while",
                                          "xor",          "xor_eq"};

// Words that protoc does not handle: common macros, and keywords newer than protoc.
constexpr std::string_view kUnhandledWords[] = {"assert",   "errno",     "linux",     "unix",
                                                "char8_t",  "concept",   "consteval", "constinit",
                                                "co_await", "co_return", "co_yield",  "requires"};

// Members of every message class, and types that it uses.
constexpr std::string_view kMembers[] = {
    "descriptor", "default_instance", "internal_default_instance", "int32_t", "uint32_t",
    "int64_t",    "uint64_t"};

// Prefixes of generated methods that would clash with, or hide, the getter of another field.
constexpr std::string_view kAccessorPrefixes[] = {"has_", "clear_", "mutable_", "release_"};

template <size_t kSize>
bool IsIn(const std::string_view (&words)[kSize], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

std::string PackagePart(std::string identifier) {
  if (IsIn(kKeywords, identifier) || IsIn(kUnhandledWords, identifier)) identifier += '_';
  return identifier;
}

bool CppFieldNames::Take(std::string_view field_name) {
  std::string name(field_name);
  absl::AsciiStrToLower(&name);
  // A method cannot have the name of its class.
  if (name == message_ || accessors_.contains(name)) return false;
  if (IsIn(kMembers, name) || IsIn(kUnhandledWords, name)) return false;
  for (const std::string_view prefix : kAccessorPrefixes) {
    if (taken_.contains(std::string(prefix) + name)) return false;
  }
  for (const std::string_view prefix : kAccessorPrefixes) {
    accessors_.insert(std::string(prefix) + name);
  }
  taken_.insert(std::move(name));
  return true;
}

}  // namespace millrace::schema
