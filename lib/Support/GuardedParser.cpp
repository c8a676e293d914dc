//===- GuardedParser.cpp - MLIR's own parser behind checks that hostile input cannot pass ------------------------===//
#include "quant-opt/Support/GuardedParser.h"

#include "quant-opt/Support/Diagnostics.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ProgramStack.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace mlir::qnn;

static constexpr uint64_t kMaxFileBytes = uint64_t(4) << 30;
static constexpr unsigned kStackBytes = 512u << 20;
static constexpr auto kPage = llvm::Align::Constant<4096>();
static constexpr llvm::StringLiteral kBytecodeMagic = "ML\xEFR";

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> qnn::readInputFile(StringRef path) {
  if (path != "-") {
    llvm::sys::fs::file_status status;
    if (std::error_code error = llvm::sys::fs::status(path, status))
      return makeToolError(ExitCode::BadInput, path + ": cannot read: " + error.message());
    if (status.type() != llvm::sys::fs::file_type::regular_file &&
        status.type() != llvm::sys::fs::file_type::fifo_file &&
        status.type() != llvm::sys::fs::file_type::character_file)
      return makeToolError(ExitCode::BadInput, path + ": cannot read: not a file");
    if (status.getSize() > kMaxFileBytes)
      return makeToolError(ExitCode::Limit, path + ": larger than the limit of " + Twine(kMaxFileBytes) + " bytes");
  }
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return makeToolError(ExitCode::BadInput, path + ": cannot read: " + buffer.getError().message());
  // Weights in bytecode are aligned within the file and used in place. Files are mapped to whole pages; pipes are not.
  StringRef contents = (*buffer)->getBuffer();
  if (contents.starts_with(kBytecodeMagic) && !llvm::isAddrAligned(kPage, contents.data())) {
    std::unique_ptr<llvm::WritableMemoryBuffer> aligned =
        llvm::WritableMemoryBuffer::getNewUninitMemBuffer(contents.size(), (*buffer)->getBufferIdentifier(), kPage);
    if (!aligned)
      return makeToolError(ExitCode::Limit, path + ": out of memory");
    std::copy(contents.begin(), contents.end(), aligned->getBufferStart());
    return std::unique_ptr<llvm::MemoryBuffer>(std::move(aligned));
  }
  return std::move(*buffer);
}

llvm::Error qnn::checkNesting(StringRef text, StringRef path) {
  if (text.starts_with(kBytecodeMagic))
    return llvm::Error::success();
  unsigned depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
    case '"': // a string may hold brackets
      for (++at; at < text.size() && text[at] != '"' && text[at] != '\n'; ++at)
        if (text[at] == '\\')
          ++at;
      break;
    case '/':
      if (text.substr(at).starts_with("//"))
        at = std::min(text.find('\n', at), text.size());
      break;
    case '-': // an arrow is no bracket
      if (text.substr(at).starts_with("->"))
        ++at;
      break;
    case '<':
    case '>': // nor is a comparison
      if (text.substr(at + 1).starts_with("=")) {
        ++at;
        break;
      }
      [[fallthrough]];
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
      if (StringRef("<([{").contains(text[at])) {
        if (++depth > kMaxNesting)
          return makeToolError(ExitCode::Limit,
                               path + ": brackets nest deeper than the limit of " + Twine(kMaxNesting));
      } else if (depth) {
        --depth;
      }
      break;
    default:
      break;
    }
  }
  return llvm::Error::success();
}

OwningOpRef<ModuleOp> qnn::parseModuleGuarded(std::unique_ptr<llvm::MemoryBuffer> buffer, StringRef path,
                                              MLIRContext *context) {
  std::string name = path.str();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  setUntrustedParse(name.c_str());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, context);
  setUntrustedParse(nullptr);
  return module;
}

int qnn::runGuarded(const char *tool, llvm::function_ref<int()> main) {
  int code = static_cast<int>(ExitCode::Internal);
  llvm::runOnNewStack(kStackBytes, [&] {
    installCrashHandlers(tool);
    code = main();
  });
  return code;
}
