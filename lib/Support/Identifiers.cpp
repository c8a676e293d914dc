//===- Identifiers.cpp - C identifiers made from names of models and tensors -------------------------------------===//
#include "quant-opt/Support/Identifiers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir::qnn;
using llvm::StringRef;

/// Words that cannot name a member in C or in C++.
static bool isKeyword(StringRef word) {
  static const llvm::StringSet<> keywords = {"alignas",       "alignof",
                                             "and",           "and_eq",
                                             "asm",           "auto",
                                             "bitand",        "bitor",
                                             "bool",          "break",
                                             "case",          "catch",
                                             "char",          "class",
                                             "compl",         "concept",
                                             "const",         "consteval",
                                             "constexpr",     "constinit",
                                             "continue",      "co_await",
                                             "co_return",     "co_yield",
                                             "decltype",      "default",
                                             "delete",        "do",
                                             "double",        "else",
                                             "enum",          "explicit",
                                             "export",        "extern",
                                             "false",         "float",
                                             "for",           "friend",
                                             "goto",          "if",
                                             "inline",        "int",
                                             "long",          "mutable",
                                             "namespace",     "new",
                                             "noexcept",      "not",
                                             "not_eq",        "nullptr",
                                             "operator",      "or",
                                             "or_eq",         "private",
                                             "protected",     "public",
                                             "register",      "reinterpret_cast",
                                             "requires",      "restrict",
                                             "return",        "short",
                                             "signed",        "sizeof",
                                             "static",        "static_assert",
                                             "static_cast",   "struct",
                                             "switch",        "template",
                                             "this",          "thread_local",
                                             "throw",         "true",
                                             "try",           "typedef",
                                             "typeid",        "typename",
                                             "typeof",        "union",
                                             "unsigned",      "using",
                                             "virtual",       "void",
                                             "volatile",      "wchar_t",
                                             "while",         "xor",
                                             "xor_eq",        "char8_t",
                                             "char16_t",      "char32_t",
                                             "const_cast",    "dynamic_cast",
                                             "typeof_unqual", "linux",
                                             "unix"};
  return keywords.contains(word);
}

std::string mlir::qnn::makeIdentifier(StringRef text) {
  std::string name;
  for (char c : text.take_front(200))
    name += llvm::isAlnum(c) ? c : '_';
  // A leading underscore may be the implementation's; a leading digit is no identifier.
  if (name.empty() || !llvm::isAlpha(name.front()))
    name = "m" + name;
  if (isKeyword(name))
    name += "_";
  return name;
}
