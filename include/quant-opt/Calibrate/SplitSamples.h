//===- SplitSamples.h - Which samples of a data file measure ranges, and which judge the result -------------------===//
#ifndef QUANT_OPT_CALIBRATE_SPLITSAMPLES_H
#define QUANT_OPT_CALIBRATE_SPLITSAMPLES_H

#include <cstdint>
#include <vector>

namespace mlir::qnn {

/// Fewer samples than this are not split.
constexpr int64_t kMinSamplesToSplit = 16;
/// One of this many samples is held out.
constexpr int64_t kSamplesPerHeldOut = 8;

/// Numbers of samples in a data file, in increasing order.
struct SampleSplit {
  std::vector<int64_t> calibration; ///< ranges, corrections and roundings are chosen on these
  std::vector<int64_t> heldOut;     ///< whether a choice helps is judged on these
  bool areShared = false;           ///< too few to split: the same samples serve both
};

/// `asked` of `available` numbers, in increasing order: the first ones, or those that `seed` chooses if it is not 0.
std::vector<int64_t> chooseSamples(int64_t available, int64_t asked, uint64_t seed);

/// Splits the samples that calibration uses: those of `chooseSamples`, all if `maxSamples` is 0 or more than there are.
/// Every eighth is held out. The same arguments give the same split, and so everyone who splits agrees.
SampleSplit splitSamples(int64_t available, int64_t maxSamples = 0, uint64_t seed = 0);

/// At most `most` of `samples`, spread evenly over them.
std::vector<int64_t> thinSamples(const std::vector<int64_t> &samples, int64_t most);

} // namespace mlir::qnn

#endif // QUANT_OPT_CALIBRATE_SPLITSAMPLES_H
