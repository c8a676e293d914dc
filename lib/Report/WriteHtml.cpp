//===- WriteHtml.cpp - The report as one page: page.html with the JSON in it --------------------------------------===//
#include "Embedded.h"
#include "quant-opt/Report/Report.h"

using namespace mlir;
using namespace mlir::qnn;

void qnn::writeReportHtml(const Report &report, raw_ostream &os) {
  constexpr llvm::StringLiteral place = "@REPORT@";
  StringRef page(quant_opt_embedded_page, quant_opt_embedded_page_end - quant_opt_embedded_page);
  std::string json;
  llvm::raw_string_ostream stream(json);
  writeReportJson(report, stream, /*indent=*/0);
  auto [before, after] = page.split(place);
  os << before;
  // Inside a script element only "<" could end it, or begin a comment; JSON has it in strings alone.
  for (char c : json)
    if (c == '<')
      os << "\\u003c";
    else
      os << c;
  os << after;
}
