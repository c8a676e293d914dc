//===- NpyHeader.cpp - The text in front of a .npy array ----------------------------------------------------------===//
#include "NpyHeader.h"

#include "quant-opt/Data/ElementTypes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::qnn;

static const StringRef kMagic("\x93NUMPY", 6);

template <typename... Args> static llvm::Error makeError(const char *format, Args... args) {
  return llvm::createStringError(format, args...);
}

llvm::Expected<size_t> mlir::qnn::getNpyPrefixSize(StringRef start) {
  if (!start.starts_with(kMagic) || start.size() < 7)
    return makeError("not a .npy array: it does not start with numpy's magic bytes");
  const unsigned version = static_cast<uint8_t>(start[6]);
  if (version < 1 || version > 3)
    return makeError("expected version 1 to 3 of the .npy format, found %u", version);
  return version == 1 ? 10 : 12;
}

llvm::Expected<size_t> mlir::qnn::getNpyTextSize(StringRef prefix) {
  size_t size = 0;
  for (size_t i = prefix.size(); i-- > 8;)
    size = size << 8 | static_cast<uint8_t>(prefix[i]);
  if (size > kMaxNpyHeader)
    return makeError("expected a .npy header of at most %zu bytes, found %zu", kMaxNpyHeader, size);
  return size;
}

namespace {

/// Reads the few forms of Python literals that numpy writes. After a fault `error` holds it.
class DictionaryParser {
public:
  explicit DictionaryParser(StringRef text) : rest(text) {}

  llvm::Expected<ArrayInfo> parse() {
    expect('{');
    while (!fault && !accept('}')) {
      const std::string key = parseString();
      expect(':');
      if (key == "descr" && !hasType)
        parseType();
      else if (key == "fortran_order" && !hasOrder)
        parseOrder();
      else if (key == "shape" && !hasShape)
        parseShape();
      else
        fail("unexpected or repeated key in the .npy header");
      if (!accept(',') && !peek('}'))
        fail("expected ',' or '}' in the .npy header");
    }
    if (!fault && !rest.trim().empty())
      fail("unexpected text after the dictionary in the .npy header");
    if (!fault && !(hasType && hasOrder && hasShape))
      fail("expected 'descr', 'fortran_order' and 'shape' in the .npy header");
    if (fault)
      return std::move(*fault);
    if (isFortran && info.shape.size() > 1)
      return makeError("expected row-major order, found Fortran order: save it with np.ascontiguousarray");
    return std::move(info);
  }

private:
  void fail(const Twine &message) {
    if (!fault)
      fault.emplace(llvm::createStringError(message));
    rest = "";
  }
  bool peek(char c) {
    rest = rest.ltrim();
    return rest.starts_with(StringRef(&c, 1));
  }
  bool accept(char c) {
    const bool isNext = peek(c);
    rest = rest.drop_front(isNext);
    return isNext;
  }
  void expect(char c) {
    if (!accept(c))
      fail("expected '" + Twine(c) + "' in the .npy header");
  }

  std::string parseString() {
    const char quote = peek('"') ? '"' : '\'';
    expect(quote);
    const size_t end = rest.find(quote);
    if (end == StringRef::npos) {
      fail("unterminated string in the .npy header");
      return "";
    }
    const std::string text = rest.take_front(end).str();
    rest = rest.drop_front(end + 1);
    return text;
  }

  void parseType() {
    hasType = true;
    if (peek('['))
      return fail("expected a plain element type, found a structured one");
    const std::string descr = parseString();
    if (descr.size() < 2)
      return fail("expected an element type such as '<f4' for 'descr' in the .npy header");
    if (StringRef(descr).drop_while([](char c) { return c == '|' || c == '<' || c == '='; }).starts_with("O"))
      return fail("object arrays are refused: they hold pickled Python objects");
    for (const ElementTypeInfo &type : getElementTypes()) {
      if (type.descr == descr || (type.bytes == 1 && type.descr.drop_front() == StringRef(descr).drop_front())) {
        info.type = type.name.str();
        return;
      }
    }
    fail(StringRef(descr).starts_with(">") ? "expected little-endian elements, found big-endian '" + Twine(descr) + "'"
                                           : "element type '" + Twine(descr) + "' is not supported");
  }

  void parseOrder() {
    hasOrder = true;
    rest = rest.ltrim();
    if (rest.consume_front("True"))
      isFortran = true;
    else if (!rest.consume_front("False"))
      fail("expected True or False for 'fortran_order' in the .npy header");
  }

  void parseShape() {
    hasShape = true;
    expect('(');
    while (!fault && !accept(')')) {
      uint64_t dim;
      rest = rest.ltrim();
      if (rest.consumeInteger(10, dim) || dim > static_cast<uint64_t>(INT64_MAX))
        return fail("expected dimensions of at most 63 bits for 'shape' in the .npy header");
      if (info.shape.size() == 32)
        return fail("expected at most 32 dimensions");
      info.shape.push_back(static_cast<int64_t>(dim));
      if (!accept(',') && !peek(')'))
        fail("expected ',' or ')' in the .npy header");
    }
  }

  StringRef rest;
  ArrayInfo info;
  bool hasType = false, hasOrder = false, hasShape = false, isFortran = false;
  std::optional<llvm::Error> fault;
};

} // namespace

llvm::Expected<ArrayInfo> mlir::qnn::parseNpyText(StringRef text) {
  llvm::Expected<ArrayInfo> info = DictionaryParser(text).parse();
  if (!info)
    return info;
  int64_t bytes = findElementType(info->type)->bytes;
  bool isEmpty = llvm::is_contained(info->shape, 0);
  for (int64_t dim : info->shape)
    if (!isEmpty && llvm::MulOverflow(bytes, dim, bytes))
      return makeError("the shape has more than 2^63 bytes");
  return info;
}

std::string mlir::qnn::makeNpyHeader(const ArrayInfo &info) {
  std::string text = "{'descr': '" + findElementType(info.type)->descr.str() + "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : info.shape)
    text += std::to_string(dim) + (info.shape.size() == 1 ? "," : ", ");
  if (info.shape.size() > 1)
    text.resize(text.size() - 2);
  text += "), }";
  const size_t size = llvm::alignTo(10 + text.size() + 1, 64) - 10;
  text.resize(size - 1, ' ');
  text += '\n';
  std::string header = kMagic.str();
  header += {'\x01', '\x00', static_cast<char>(size), static_cast<char>(size >> 8)};
  return header + text;
}
