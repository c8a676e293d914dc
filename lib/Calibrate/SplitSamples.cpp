//===- SplitSamples.cpp - Which samples of a data file measure ranges, and which judge the result -----------------===//
#include "quant-opt/Calibrate/SplitSamples.h"

#include <random>

using namespace mlir;
using namespace mlir::qnn;

std::vector<int64_t> qnn::chooseSamples(int64_t available, int64_t asked, uint64_t seed) {
  std::vector<int64_t> chosen;
  std::mt19937_64 random(seed);
  for (int64_t i = 0; i < available && static_cast<int64_t>(chosen.size()) < asked; ++i) {
    // Each index is taken with the share that is still asked for of those that are left.
    const uint64_t left = available - i, needed = asked - chosen.size();
    if (seed == 0 || random() % left < needed)
      chosen.push_back(i);
  }
  return chosen;
}

SampleSplit qnn::splitSamples(int64_t available, int64_t maxSamples, uint64_t seed) {
  const int64_t asked = maxSamples ? std::min(maxSamples, available) : available;
  const std::vector<int64_t> chosen = chooseSamples(available, asked, seed);
  SampleSplit split;
  split.areShared = asked < kMinSamplesToSplit;
  for (int64_t i = 0; i < asked; ++i) {
    const bool isHeldOut = i % kSamplesPerHeldOut == kSamplesPerHeldOut - 1;
    if (split.areShared || isHeldOut)
      split.heldOut.push_back(chosen[i]);
    if (split.areShared || !isHeldOut)
      split.calibration.push_back(chosen[i]);
  }
  return split;
}

std::vector<int64_t> qnn::thinSamples(const std::vector<int64_t> &samples, int64_t most) {
  const int64_t count = samples.size();
  if (count <= most)
    return samples;
  std::vector<int64_t> thinned;
  for (int64_t i = 0; i < most; ++i)
    thinned.push_back(samples[i * count / most]);
  return thinned;
}
