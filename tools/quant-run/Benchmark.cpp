//===- Benchmark.cpp - Measures the latency of a model -----------------------------------------------------------===//
#include "Benchmark.h"

#include "llvm/Support/Format.h"
#include <algorithm>
#include <chrono>
#include <cstring>

using namespace mlir;
using namespace mlir::qnn;

using Clock = std::chrono::steady_clock;

/// Fewer runs than this make no median; more than this say nothing new.
static constexpr size_t kMinRuns = 11, kMaxRuns = 100000;

void qnn::fillSyntheticInputs(CompiledModel &model) {
  uint32_t state = 1;
  auto next = [&] { return (state = state * 1664525u + 1013904223u) >> 8; };
  for (auto [index, input] : llvm::enumerate(model.getInputs())) {
    MutableArrayRef<char> buffer = model.getInputBuffer(index);
    if (input.type == "float")
      for (size_t i = 0; i + sizeof(float) <= buffer.size(); i += sizeof(float)) {
        float value = static_cast<float>(next()) / (1 << 23) - 1.0f;
        memcpy(buffer.data() + i, &value, sizeof(float));
      }
    else if (input.type == "uint8" || input.type == "int8")
      for (char &byte : buffer)
        byte = static_cast<char>(next());
  }
}

static llvm::Expected<double> timeRun(CompiledModel &model, int threads) {
  Clock::time_point begin = Clock::now();
  if (llvm::Error error = model.run(threads))
    return error;
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

llvm::Error qnn::benchmarkModel(CompiledModel &model, int threads, double seconds) {
  // Caches, page tables, clocks and threads settle in the first tenth.
  Clock::time_point start = Clock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  do {
    if (llvm::Error error = model.run(threads))
      return error;
  } while (elapsed() < seconds / 10);

  std::vector<double> times;
  start = Clock::now();
  while (times.size() < kMinRuns || (elapsed() < seconds && times.size() < kMaxRuns)) {
    llvm::Expected<double> time = timeRun(model, threads);
    if (!time)
      return time.takeError();
    times.push_back(*time);
  }
  llvm::sort(times);
  auto quantile = [&](double q) { return times[static_cast<size_t>(q * (times.size() - 1) + 0.5)]; };
  llvm::outs() << "latency: median " << llvm::format("%.1f", quantile(0.5)) << " us, 10-90 % "
               << llvm::format("%.1f-%.1f", quantile(0.1), quantile(0.9)) << " us, " << times.size() << " runs, "
               << threads << (threads == 1 ? " thread\n" : " threads\n");
  return llvm::Error::success();
}
