#include "schema/cpp_names.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"

namespace millrace::schema {
namespace {

constexpr std::string_view kWords[] = {"alignas",
                                       "alignof",
                                       "and",
                                       "and_eq",
                                       "asm",
                                       "assert",
                                       "auto",
                                       "bitand",
                                       "bitor",
                                       "bool",
                                       "break",
                                       "case",
                                       "catch",
                                       "char",
                                       "class",
                                       "compl",
                                       "const",
                                       "continue",
                                       "constexpr",
                                       "const_cast",
                                       "decltype",
                                       "default",
                                       "delete",
                                       "do",
                                       "double",
                                       "else",
                                       "enum",
                                       "errno",
                                       "explicit",
                                       "export",
                                       "extern",
                                       "false",
                                       "float",
                                       "for",
                                       "friend",
                                       "goto",
                                       "if",
                                       "inline",
                                       "int",
                                       "linux",
                                       "long",
                                       "mutable",
                                       "namespace",
                                       "new",
                                       "noexcept",
                                       "not",
                                       "not_eq",
                                       "nullptr",
                                       "operator",
                                       "or",
                                       "or_eq",
                                       "private",
                                       "protected",
                                       "public",
                                       "register",
                                       "return",
                                       "short",
                                       "signed",
                                       "sizeof",
                                       "static",
                                       "struct",
                                       "switch",
                                       "template",
                                       "this",
                                       "throw",
                                       "true",
                                       "try",
                                       "typedef",
                                       "typeid",
                                       "typename",
                                       "union",
                                       "unix",
                                       "unsigned",
                                       "using",
                                       "virtual",
                                       "void",
                                       "volatile",
                                       "wchar_t",
                                       "while",
                                       "xor",
                                       "xor_eq",
                                       "char16_t",
                                       "char32_t",
                                       "char8_t",
                                       "concept",
                                       "consteval",
                                       "constinit",
                                       "co_await",
                                       "co_return",
                                       "co_yield",
                                       "requires",
                                       "EOF",
                                       "NULL",
                                       "thread_local",
                                       "static_assert",
                                       "static_cast",
                                       "dynamic_cast",
                                       "reinterpret_cast"};

// What protoc does not mend: members that every message has, types that the class uses, common
// macros, and keywords younger than protoc.
constexpr std::string_view kNotForFields[] = {"descriptor",
                                              "default_instance",
                                              "internal_default_instance",
                                              "int32_t",
                                              "uint32_t",
                                              "int64_t",
                                              "uint64_t",
                                              "assert",
                                              "errno",
                                              "linux",
                                              "unix",
                                              "char8_t",
                                              "concept",
                                              "consteval",
                                              "constinit",
                                              "co_await",
                                              "co_return",
                                              "co_yield",
                                              "requires"};

// Of the methods made for each field these cannot stand beside, or would hide, another's getter.
constexpr std::string_view kAccessorPrefixes[] = {"has_", "clear_", "mutable_", "release_"};

template <size_t kSize>
bool IsIn(const std::string_view (&words)[kSize], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

std::string PackagePart(std::string identifier) {
  if (IsIn(kWords, identifier)) identifier += '_';
  return identifier;
}

bool CppFieldNames::Take(std::string_view field_name) {
  std::string name(field_name);
  absl::AsciiStrToLower(&name);
  // A method cannot have the name of its class.
  if (name == message_ || IsIn(kNotForFields, name) || accessors_.contains(name)) return false;
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
