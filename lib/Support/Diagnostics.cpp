//===- Diagnostics.cpp - How tools say what went wrong -----------------------------------------------------------===//
#include "quant-opt/Support/Diagnostics.h"

#include "quant-opt/Support/Locations.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <unistd.h>

using namespace mlir;
using namespace mlir::qnn;

/// More lines than this are noise; a line longer than this comes from hostile text.
static constexpr unsigned kMaxLines = 20;
static constexpr size_t kMaxLineBytes = 1000;

char ToolError::ID;

llvm::Error qnn::makeToolError(ExitCode code, const Twine &message) {
  return llvm::make_error<ToolError>(code, message.str());
}

std::string qnn::escapeText(StringRef text, bool keepNewlines) {
  std::string escaped;
  llvm::raw_string_ostream os(escaped);
  for (size_t at = 0; at < text.size();) {
    auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.data()) + at;
    auto *next = begin;
    llvm::UTF32 point = 0;
    if (keepNewlines && *begin == '\n') {
      os << '\n';
      ++at;
      continue;
    }
    llvm::ConversionResult result = llvm::convertUTF8Sequence(
        &next, reinterpret_cast<const llvm::UTF8 *>(text.data()) + text.size(), &point, llvm::strictConversion);
    bool printable = result == llvm::conversionOK && llvm::sys::unicode::isPrintable(static_cast<int>(point)) &&
                     !llvm::sys::unicode::isFormatting(static_cast<int>(point));
    size_t length = result == llvm::conversionOK ? next - begin : 1;
    if (printable)
      os << text.substr(at, length);
    else
      for (char byte : text.substr(at, length))
        os << "\\x" << llvm::hexdigit(static_cast<unsigned char>(byte) >> 4) << llvm::hexdigit(byte & 15);
    at += length;
  }
  return escaped;
}

static std::string shorten(std::string line) {
  if (line.size() > kMaxLineBytes) {
    line.resize(kMaxLineBytes);
    line += "…";
  }
  return line;
}

ExitCode qnn::reportError(StringRef tool, llvm::Error error) {
  ExitCode code = ExitCode::BadInput;
  bool found = false;
  unsigned lines = 0;
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &info) {
    if (info.isA<ToolError>() && !found) {
      code = static_cast<const ToolError &>(info).getExitCode();
      found = true;
    }
    SmallVector<StringRef> parts;
    std::string message = info.message();
    StringRef(message).split(parts, '\n');
    for (auto [index, part] : llvm::enumerate(parts)) {
      if (++lines > kMaxLines)
        return;
      if (index == 0)
        llvm::errs() << tool << ": error: ";
      llvm::errs() << shorten(escapeText(part)) << '\n';
    }
  });
  return code;
}

StringRef qnn::findNearest(StringRef word, ArrayRef<StringRef> candidates) {
  StringRef nearest;
  unsigned best = std::max<size_t>(word.size() / 3, 1) + 1;
  for (StringRef candidate : candidates) {
    unsigned distance = word.edit_distance(candidate, /*AllowReplacements=*/true, /*MaxEditDistance=*/best);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string qnn::suggestNearest(StringRef word, ArrayRef<StringRef> candidates) {
  if (StringRef nearest = findNearest(word, candidates); !nearest.empty())
    return (", did you mean \"" + nearest + "\"?").str();
  if (candidates.empty() || candidates.size() > 12)
    return "";
  return ", expected one of: " + llvm::join(candidates, ", ");
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context, StringRef tool, StringRef file, bool showRemarks)
    : ScopedDiagnosticHandler(context), tool(tool), file(file), showRemarks(showRemarks) {
  context->printOpOnDiagnostic(false);
  setHandler([this](Diagnostic &diagnostic) { print(diagnostic); });
}

DiagnosticPrinter::~DiagnosticPrinter() {
  if (dropped)
    llvm::errs() << tool << ": and " << dropped << " more lines like these\n";
}

void DiagnosticPrinter::printLine(const Twine &line) {
  // Remarks were asked for, so all of them are shown; only errors and warnings are limited.
  if (lines >= kMaxLines - 1) {
    ++dropped;
    return;
  }
  ++lines;
  llvm::errs() << shorten(escapeText(line.str())) << '\n';
}

/// Where a diagnostic is: the node's name, or the line of a file.
static std::string describeLocation(Location loc, StringRef file) {
  if (auto position = dyn_cast<FileLineColLoc>(loc))
    return (position.getFilename().getValue() + ":" + Twine(position.getLine()) + ":" + Twine(position.getColumn()) +
            ": ")
        .str();
  std::string node = getNodeName(loc);
  return (file + ": " + (node.empty() || node == file ? Twine("") : "at node \"" + Twine(node) + "\": ")).str();
}

void DiagnosticPrinter::print(Diagnostic &diagnostic) {
  StringRef kind;
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    kind = "error";
    ++errors;
    break;
  case DiagnosticSeverity::Warning:
    kind = "warning";
    break;
  case DiagnosticSeverity::Remark:
    if (showRemarks)
      llvm::errs() << shorten(escapeText(tool + ": remark: " + describeLocation(diagnostic.getLocation(), file) +
                                         diagnostic.str()))
                   << '\n';
    return;
  case DiagnosticSeverity::Note:
    kind = "note";
    break;
  }
  std::string message = diagnostic.str();
  SmallVector<StringRef> parts;
  StringRef(message).split(parts, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (auto [index, part] : llvm::enumerate(parts))
    printLine(index ? "  " + part
                    : Twine(tool) + ": " + kind + ": " + describeLocation(diagnostic.getLocation(), file) + part);
  for (Diagnostic &note : diagnostic.getNotes()) {
    // The note's own place matters only where it is another one.
    std::string text = note.str();
    std::string node = note.getLocation() == diagnostic.getLocation() ? "" : getNodeName(note.getLocation());
    if (!StringRef(text).starts_with("see current operation"))
      printLine("  note: " + (node.empty() || node == file ? Twine("") : "at node \"" + Twine(node) + "\": ") + text);
  }
}

//===--- Crashes
//------------------------------------------------------------------------------------------------------===//

// What a signal handler may read has to be global.
static const char *crashTool = "quant-opt";
static const char *volatile untrustedFile = nullptr;
static volatile int crashOutput = STDERR_FILENO;

/// Only async-signal-safe calls.
static void writeError(const char *text) { (void)!write(crashOutput, text, strlen(text)); }

static void onCrash(int signal) {
  writeError(crashTool);
  if (const char *file = untrustedFile) {
    writeError(": error: ");
    writeError(file);
    writeError(": malformed: the parser cannot read it\n");
    _exit(static_cast<int>(ExitCode::BadInput));
  }
  writeError(": internal error: stopped by a signal; please report it with the command line and the input\n");
  _exit(static_cast<int>(ExitCode::Internal));
}

static void onFatalError(void *, const char *reason, bool) {
  writeError(crashTool);
  writeError(": internal error: ");
  writeError(reason);
  writeError("\n");
  _exit(static_cast<int>(ExitCode::Internal));
}

static void onBadAlloc(void *, const char *, bool) {
  writeError(crashTool);
  writeError(": error: out of memory\n");
  _exit(static_cast<int>(ExitCode::Limit));
}

void qnn::installCrashHandlers(const char *tool) {
  crashTool = tool;
  static char stack[1 << 16];
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof(stack);
  sigaltstack(&alternate, nullptr);
  struct sigaction action = {};
  action.sa_handler = onCrash;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    sigaction(signal, &action, nullptr);
  llvm::install_fatal_error_handler(onFatalError);
  llvm::install_bad_alloc_error_handler(onBadAlloc);
  std::set_new_handler([] { onBadAlloc(nullptr, nullptr, false); });
}

void qnn::setCrashOutput(int descriptor) { crashOutput = descriptor; }

void qnn::setUntrustedParse(const char *file) { untrustedFile = file; }
