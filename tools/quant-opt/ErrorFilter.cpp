//===- ErrorFilter.cpp - Makes what stock code prints to standard error safe for terminals and readers -----------===//
#include "ErrorFilter.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::qnn;

/// A source line longer than this does not help to find the error.
static constexpr size_t kMaxSourceLine = 300;

namespace {
/// Passes on lines, one at a time.
class LineFilter {
public:
  explicit LineFilter(int descriptor) : os(descriptor, /*shouldClose=*/false, /*unbuffered=*/true) {}

  void take(StringRef line) {
    // A diagnostic is followed by its source line, then by a line of blanks and a caret.
    bool isSource = std::exchange(sourceFollows, false);
    bool isCaret = std::exchange(caretFollows, false);
    if (isSource && line.size() > kMaxSourceLine) {
      caretFollows = true;
      return;
    }
    if (isCaret)
      return;
    sourceFollows = line.contains(": error: ") || line.contains(": note: ") || line.contains(": warning: ") ||
                    line.contains(": remark: ");
    SmallVector<StringRef> parts;
    line.split(parts, '\t');
    std::string text;
    for (StringRef part : parts)
      text += (text.empty() ? "" : "\t") + escapeText(part);
    os << text << '\n';
  }

private:
  llvm::raw_fd_ostream os;
  bool sourceFollows = false, caretFollows = false;
};
} // namespace

static void readLines(int from, int to) {
  LineFilter filter(to);
  std::string pending;
  char buffer[1 << 16];
  for (;;) {
    ssize_t got = read(from, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    pending.append(buffer, got);
    StringRef rest = pending;
    for (size_t end = rest.find('\n'); end != StringRef::npos; end = rest.find('\n')) {
      filter.take(rest.take_front(end));
      rest = rest.drop_front(end + 1);
    }
    pending = rest.str();
  }
  if (!pending.empty())
    filter.take(pending);
  close(from);
}

ErrorFilter::ErrorFilter() {
  int ends[2];
  original = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (original < 0 || pipe2(ends, O_CLOEXEC) != 0)
    return;
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  setCrashOutput(original);
  reader = std::thread(readLines, ends[0], original);
}

ErrorFilter::~ErrorFilter() {
  if (!reader.joinable())
    return;
  llvm::errs().flush();
  setCrashOutput(STDERR_FILENO);
  // Closes the only end that writes, so that the reader sees the end of the text.
  dup2(original, STDERR_FILENO);
  reader.join();
  close(original);
}
