//===- CommandLine.h - A tool's options as a table: help, parsing, and nearest matches for misspelt ones ---------===//
#ifndef QUANT_OPT_SUPPORT_COMMANDLINE_H
#define QUANT_OPT_SUPPORT_COMMANDLINE_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>
#include <vector>

namespace mlir::qnn {

/// The command line of one tool. Options are `--name`, `--name=value` or `--name value`; everything else is positional.
class CommandLine {
public:
  /// `usage` is the line after "usage: "; `overview` one sentence.
  CommandLine(StringRef tool, StringRef usage, StringRef overview);

  /// Starts a group of options in the help.
  void group(StringRef title);
  /// A switch.
  void flag(StringRef name, bool &target, StringRef help);
  /// A switch that may have a value, which then stands after an equals sign.
  void flagOrValue(StringRef name, StringRef valueName, bool &given, std::string &target, StringRef help);
  /// A value of any text; `valueName` is shown in the help.
  void value(StringRef name, StringRef valueName, std::string &target, StringRef help);
  /// A value that may be given several times.
  void list(StringRef name, StringRef valueName, std::vector<std::string> &target, StringRef help);
  /// One of a fixed set of words.
  void choice(StringRef name, ArrayRef<StringRef> words, std::string &target, StringRef help);
  /// An integer within [lo, hi].
  void integer(StringRef name, int64_t &target, int64_t lo, int64_t hi, StringRef help);
  /// A floating-point number within [lo, hi].
  void number(StringRef name, double &target, double lo, double hi, StringRef help);
  /// Arguments that are not options, at most `most` of them.
  void positional(std::vector<std::string> &target, size_t most);

  /// Reads the arguments. Errors have exit code 2. True if the help or version was asked for and printed.
  llvm::Expected<bool> parse(int argc, const char *const *argv);
  /// The options of a group that the arguments held, such as "--exclude", in the order of the help.
  std::vector<std::string> getGiven(StringRef group) const;

private:
  struct Option {
    std::string name, valueName, help; // an empty name makes `help` the title of a group
    bool isFlag = false, valueIsOptional = false, isGiven = false;
    std::function<llvm::Error(StringRef)> set;
  };
  Option &add(StringRef name, StringRef valueName, StringRef help);
  void printHelp() const;
  llvm::Error usageError(const Twine &message) const;

  std::string tool, usage, overview;
  std::vector<Option> options;
  std::vector<std::string> *positionals = nullptr;
  size_t mostPositionals = 0;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_COMMANDLINE_H
