//===- Diagnostics.h - How tools say what went wrong: exit codes, errors, escaped text, nearest matches ----------===//
#ifndef QUANT_OPT_SUPPORT_DIAGNOSTICS_H
#define QUANT_OPT_SUPPORT_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"
#include <string>
#include <system_error>

namespace mlir::qnn {

/// What a tool's exit code means.
enum class ExitCode { Ok = 0, BadInput = 1, Usage = 2, AccuracyGate = 3, Limit = 4, Internal = 5 };

/// An error message with the exit code it leads to.
class ToolError : public llvm::ErrorInfo<ToolError> {
public:
  static char ID;
  ToolError(ExitCode code, std::string message) : code(code), text(std::move(message)) {}
  void log(raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }
  ExitCode getExitCode() const { return code; }

private:
  ExitCode code;
  std::string text;
};

/// An error that ends a tool with `code`. The message is lower case, names file and cause, and may hold untrusted text.
llvm::Error makeToolError(ExitCode code, const Twine &message);

/// Prints `TOOL: error: MESSAGE` for each error in `error` to standard error, escaped and in at most 20 lines, and
/// returns the exit code: that of the first ToolError, else BadInput.
ExitCode reportError(StringRef tool, llvm::Error error);

/// `text` with everything that could act on a terminal (control and formatting characters, invalid UTF-8) as \xNN.
/// Newlines stay if `keepNewlines`.
std::string escapeText(StringRef text, bool keepNewlines = false);

/// The candidate closest to `word` if it is close enough to be what was meant, else empty.
StringRef findNearest(StringRef word, ArrayRef<StringRef> candidates);

/// `, did you mean "NEAREST"?`, or the list of candidates if none is near and there are few, or nothing.
std::string suggestNearest(StringRef word, ArrayRef<StringRef> candidates);

/// Prints the context's diagnostics as `TOOL: error: FILE: at node "NAME": MESSAGE`, escaped, notes indented, in at
/// most 20 lines in all; remarks only if asked for. IR is never printed.
class DiagnosticPrinter : public ScopedDiagnosticHandler {
public:
  DiagnosticPrinter(MLIRContext *context, StringRef tool, StringRef file, bool showRemarks);
  ~DiagnosticPrinter();

  bool hadError() const { return errors != 0; }

private:
  void print(Diagnostic &diagnostic);
  void printLine(const Twine &line);

  std::string tool, file;
  bool showRemarks;
  unsigned errors = 0, lines = 0, dropped = 0;
};

/// From here on a crash prints one line to standard error and exits with 5 (or, while `setUntrustedParse` names a file,
/// with 1 because stock parsers crash on some malformed input); running out of memory exits with 4.
void installCrashHandlers(const char *tool);

/// Where crashes are reported, if not to standard error.
void setCrashOutput(int descriptor);

/// Names the untrusted file that a stock parser is reading, or null when it is done. The string must stay alive.
void setUntrustedParse(const char *file);

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_DIAGNOSTICS_H
