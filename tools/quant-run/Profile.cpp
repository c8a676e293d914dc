//===- Profile.cpp - Measures each step of a model ---------------------------------------------------------------===//
#include "Profile.h"

#include "quant-opt/Support/AtomicFile.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Version.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <chrono>
#include <numeric>

using namespace mlir;
using namespace mlir::qnn;

using Clock = std::chrono::steady_clock;

/// Fewer runs than this make no median; more than this say nothing new.
static constexpr size_t kMinRuns = 11, kMaxRuns = 20000;

namespace {

/// The middle and the spread of many times, in microseconds.
struct Times {
  double median = 0, low = 0, high = 0;

  explicit Times(std::vector<float> times) {
    llvm::sort(times);
    auto quantile = [&](double q) { return times[static_cast<size_t>(q * (times.size() - 1) + 0.5)]; };
    median = quantile(0.5), low = quantile(0.1), high = quantile(0.9);
  }
};

struct Profile {
  ArrayRef<quant_opt_step_info> steps;
  size_t runs = 0;
  int threads = 1;
  Times latency{{0}};       // of ordinary runs
  std::vector<Times> times; // of the steps
  double total = 0;         // of the steps' medians

  double getShare(size_t step) const { return total > 0 ? times[step].median / total : 0; }
};

} // namespace

static llvm::Expected<Profile> measure(CompiledModel &model, int threads, double seconds) {
  Profile profile;
  profile.steps = model.getSteps();
  profile.threads = threads;
  std::vector<int64_t> nanoseconds(std::max<size_t>(profile.steps.size(), 1));
  std::vector<std::vector<float>> times(profile.steps.size());
  std::vector<float> latencies;
  Clock::time_point start = Clock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  // Caches, page tables, clocks and threads settle in the first tenth.
  for (bool warm = false;
       !warm || latencies.size() < kMinRuns || (elapsed() < seconds && latencies.size() < kMaxRuns);) {
    Clock::time_point begin = Clock::now();
    if (llvm::Error error = model.run(threads))
      return error;
    const double latency = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
    if (llvm::Error error = model.runProfiled(threads, nanoseconds))
      return error;
    if (!warm) {
      warm = elapsed() >= seconds / 10;
      continue;
    }
    latencies.push_back(latency);
    for (size_t i = 0; i < times.size(); ++i)
      times[i].push_back(nanoseconds[i] * 1e-3f);
  }
  profile.runs = latencies.size();
  profile.latency = Times(std::move(latencies));
  for (std::vector<float> &values : times) {
    profile.times.emplace_back(std::move(values));
    profile.total += profile.times.back().median;
  }
  return profile;
}

/// Billions of multiply-adds a second.
static double getRate(int64_t macs, double microseconds) { return macs / std::max(microseconds, 1e-3) * 1e-3; }

static void print(const Profile &profile, StringRef cpu) {
  llvm::outs() << llvm::formatv("profile: median of {0} runs on {1}, {2} thread{3}: {4:f1} us; its {5} steps, timed "
                                "one by one: {6:f1} us\n",
                                profile.runs, cpu, profile.threads, profile.threads == 1 ? "" : "s",
                                profile.latency.median, profile.steps.size(), profile.total);
  std::vector<size_t> order(profile.steps.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::make_pair(profile.times[b].median, a) < std::make_pair(profile.times[a].median, b);
  });
  llvm::outs() << "        us  share   10-90 %           GMAC/s   count  step  layer: plan\n";
  for (size_t i : order) {
    const quant_opt_step_info &step = profile.steps[i];
    const Times &times = profile.times[i];
    std::string rate = step.macs ? llvm::formatv("{0:f1}", getRate(step.macs, times.median)).str() : "";
    llvm::outs() << llvm::formatv("{0,10:f2} {1,4:f1} %  {2,-16}  {3,7} {4,7} {5,5}  \"{6}\": {7}\n", times.median,
                                  100 * profile.getShare(i),
                                  llvm::formatv("{0:f2}-{1:f2}", times.low, times.high).str(), rate, step.count, i,
                                  escapeText(step.layer), escapeText(step.plan));
  }
}

static void writeTimes(llvm::json::OStream &json, StringRef key, const Times &times) {
  json.attributeObject(key, [&] {
    json.attribute("median", times.median);
    json.attribute("p10", times.low);
    json.attribute("p90", times.high);
  });
}

/// Node names are bytes of an untrusted file.
static std::string text(StringRef name) { return llvm::json::isUTF8(name) ? name.str() : llvm::json::fixUTF8(name); }

static std::string toJson(const Profile &profile, const quant_opt_model_info &info) {
  std::string result;
  llvm::raw_string_ostream os(result);
  llvm::json::OStream json(os, 1);
  json.object([&] {
    json.attribute("version", 1);
    json.attribute("producer", ("quant-opt " + getVersion()).str());
    json.attribute("model", text(info.name));
    json.attribute("source_hash", text(info.source_hash));
    json.attribute("cpu", text(info.cpu));
    json.attribute("threads", profile.threads);
    json.attribute("runs", static_cast<int64_t>(profile.runs));
    writeTimes(json, "latency_us", profile.latency);
    json.attribute("steps_us", profile.total);
    json.attributeArray("steps", [&] {
      for (auto [i, step] : llvm::enumerate(profile.steps))
        json.object([&, i = i, &step = step] {
          json.attribute("layer", text(step.layer));
          json.attribute("plan", text(step.plan));
          json.attribute("count", step.count);
          json.attribute("macs", step.macs ? llvm::json::Value(step.macs) : llvm::json::Value(nullptr));
          writeTimes(json, "us", profile.times[i]);
          json.attribute("share", profile.getShare(i));
        });
    });
  });
  return result + "\n";
}

llvm::Error qnn::profileModel(CompiledModel &model, int threads, double seconds, StringRef jsonPath) {
  if (!model.canProfile())
    return makeToolError(ExitCode::BadInput, model.getPath() + ": does not time its steps: it is a model for a GPU, or "
                                                               "one compiled by an older version");
  llvm::Expected<Profile> profile = measure(model, threads, seconds);
  if (!profile)
    return profile.takeError();
  print(*profile, model.getInfo().cpu);
  if (jsonPath.empty())
    return llvm::Error::success();
  return writeFileAtomically(jsonPath, toJson(*profile, model.getInfo()));
}
