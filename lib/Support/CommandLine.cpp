//===- CommandLine.cpp - A tool's options as a table -------------------------------------------------------------===//
#include "quant-opt/Support/CommandLine.h"

#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Version.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

CommandLine::CommandLine(StringRef tool, StringRef usage, StringRef overview)
    : tool(tool), usage(usage), overview(overview) {}

CommandLine::Option &CommandLine::add(StringRef name, StringRef valueName, StringRef help) {
  Option &option = options.emplace_back();
  option.name = name;
  option.valueName = valueName;
  option.help = help;
  return option;
}

llvm::Error CommandLine::usageError(const Twine &message) const {
  return makeToolError(ExitCode::Usage, message + "\n  see " + tool + " --help");
}

void CommandLine::group(StringRef title) { add("", "", title); }

void CommandLine::flag(StringRef name, bool &target, StringRef help) {
  Option &option = add(name, "", help);
  option.isFlag = true;
  option.set = [&target](StringRef) -> llvm::Error {
    target = true;
    return llvm::Error::success();
  };
}

void CommandLine::flagOrValue(StringRef name, StringRef valueName, bool &given, std::string &target, StringRef help) {
  Option &option = add(name, valueName, help);
  option.valueIsOptional = true;
  option.set = [&given, &target](StringRef text) -> llvm::Error {
    given = true;
    target = text;
    return llvm::Error::success();
  };
}

void CommandLine::value(StringRef name, StringRef valueName, std::string &target, StringRef help) {
  std::string label = name.str();
  add(name, valueName, help).set = [this, &target, label](StringRef text) -> llvm::Error {
    if (text.empty())
      return usageError(Twine("option --") + label + " needs a value");
    target = text;
    return llvm::Error::success();
  };
}

void CommandLine::list(StringRef name, StringRef valueName, std::vector<std::string> &target, StringRef help) {
  std::string label = name.str();
  add(name, valueName, help).set = [this, &target, label](StringRef text) -> llvm::Error {
    if (text.empty())
      return usageError(Twine("option --") + label + " needs a value");
    target.push_back(text.str());
    return llvm::Error::success();
  };
}

void CommandLine::choice(StringRef name, ArrayRef<StringRef> words, std::string &target, StringRef help) {
  std::vector<StringRef> allowed(words.begin(), words.end());
  std::string label = name.str();
  add(name, llvm::join(allowed, "|"), help).set = [this, &target, allowed, label](StringRef text) -> llvm::Error {
    if (!llvm::is_contained(allowed, text))
      return usageError(Twine("option --") + label + " has no value \"" + text + "\"" + suggestNearest(text, allowed));
    target = text;
    return llvm::Error::success();
  };
}

void CommandLine::integer(StringRef name, int64_t &target, int64_t lo, int64_t hi, StringRef help) {
  std::string label = name.str();
  add(name, "N", help).set = [this, &target, lo, hi, label](StringRef text) -> llvm::Error {
    int64_t number;
    if (text.getAsInteger(10, number) || number < lo || number > hi)
      return usageError(Twine("option --") + label + " needs an integer within [" + Twine(lo) + ", " + Twine(hi) +
                        "], not \"" + text + "\"");
    target = number;
    return llvm::Error::success();
  };
}

void CommandLine::number(StringRef name, double &target, double lo, double hi, StringRef help) {
  std::string label = name.str();
  add(name, "X", help).set = [this, &target, lo, hi, label](StringRef text) -> llvm::Error {
    double number;
    if (text.getAsDouble(number) || !(number >= lo && number <= hi))
      return usageError(
          llvm::formatv("option --{0} needs a number within [{1}, {2}], not \"{3}\"", label, lo, hi, text).str());
    target = number;
    return llvm::Error::success();
  };
}

void CommandLine::positional(std::vector<std::string> &target, size_t most) {
  positionals = &target;
  mostPositionals = most;
}

void CommandLine::printHelp() const {
  llvm::outs() << overview << "\n\nusage: " << usage << "\n";
  for (const Option &option : options) {
    if (option.name.empty()) {
      llvm::outs() << "\n" << option.help << "\n";
      continue;
    }
    std::string left = "  " + std::string(option.name.size() == 1 ? "-" : "--") + option.name;
    if (!option.isFlag)
      left += option.valueIsOptional ? "[=" + option.valueName + "]"
                                     : (option.name.size() == 1 ? " " : "=") + option.valueName;
    if (left.size() > 34)
      left += "\n" + std::string(36, ' ');
    else
      left.resize(36, ' ');
    llvm::outs() << left << option.help << "\n";
  }
  llvm::outs()
      << "\nExit codes: 0 ok, 1 bad input, 2 usage, 3 accuracy gate failed, 4 a limit was hit, 5 internal error.\n";
}

std::vector<std::string> CommandLine::getGiven(StringRef group) const {
  std::vector<std::string> given;
  bool isInside = false;
  for (const Option &option : options) {
    if (option.name.empty())
      isInside = option.help == group;
    else if (isInside && option.isGiven)
      given.push_back((option.name.size() == 1 ? "-" : "--") + option.name);
  }
  return given;
}

llvm::Expected<bool> CommandLine::parse(int argc, const char *const *argv) {
  bool onlyPositionals = false;
  for (int i = 1; i < argc; ++i) {
    StringRef argument = argv[i];
    if (onlyPositionals || argument == "-" || !argument.starts_with("-")) {
      if (!positionals || positionals->size() >= mostPositionals)
        return usageError(Twine("too many arguments: \"") + argument + "\"");
      positionals->push_back(argument.str());
      continue;
    }
    if (argument == "--") {
      onlyPositionals = true;
      continue;
    }
    StringRef body = argument.drop_front(argument.starts_with("--") ? 2 : 1);
    auto [name, text] = body.split('=');
    if (name == "help" || name == "h") {
      printHelp();
      return true;
    }
    if (name == "version") {
      llvm::outs() << tool << " " << getVersion() << "\n";
      return true;
    }
    Option *found = nullptr;
    for (Option &option : options)
      if (!option.name.empty() && option.name == name)
        found = &option;
    if (!found) {
      std::vector<StringRef> names;
      for (const Option &option : options)
        if (!option.name.empty())
          names.push_back(option.name);
      StringRef nearest = findNearest(name, names);
      return usageError(Twine("unknown option \"") + argument + "\"" +
                        (nearest.empty() ? std::string() : ", did you mean \"--" + nearest.str() + "\"?"));
    }
    bool hasValue = body.contains('=');
    if (hasValue && found->valueIsOptional && text.empty())
      return usageError("option --" + name + " has an equals sign and no value behind it");
    if (found->isFlag) {
      if (hasValue)
        return usageError("option --" + name + " takes no value");
    } else if (!hasValue && !found->valueIsOptional) {
      if (i + 1 >= argc)
        return usageError("option --" + name + " needs a value");
      text = argv[++i];
    }
    found->isGiven = true;
    if (llvm::Error error = found->set(text))
      return error;
  }
  return false;
}
