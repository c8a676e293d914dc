//===- Sketch.h - What calibration remembers of the values on one edge: of fixed size, and merged exactly ---------===//
//
// A sketch counts values in buckets of equal sign, exponent and first seven mantissa bits, and keeps the first two
// moments of where in its bucket each value lies. Everything is an integer or an exact sum, so the state depends on the
// values alone: any order, split over sketches that are merged, or size of the pieces gives the same bits, and the same
// ranges.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_SKETCH_H
#define QUANT_OPT_NUMERICS_SKETCH_H

#include "quant-opt/Numerics/ExactSum.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace mlir::qnn::numerics {

/// A range of values. An empty one has lo > hi.
struct Range {
  float lo = std::numeric_limits<float>::infinity();
  float hi = -std::numeric_limits<float>::infinity();

  bool isEmpty() const { return !(lo <= hi); }
  void include(float x) {
    lo = x < lo ? x : lo;
    hi = x > hi ? x : hi;
  }
  void include(const Range &other) {
    lo = other.lo < lo ? other.lo : lo;
    hi = other.hi > hi ? other.hi : hi;
  }
  bool operator==(const Range &other) const { return lo == other.lo && hi == other.hi; }
};

class Sketch {
public:
  /// Values at least this large count as infinite: the largest bfloat16, since masks are written as infinity, as the
  /// largest float or as the largest bfloat16.
  static constexpr uint32_t kInfiniteBits = 0x7f7f0000;

  /// The values whose upper 16 bits are the same. `position` is the next 12 bits, the place within the bucket.
  struct Bucket {
    uint64_t count = 0;
    uint64_t positions = 0; // sum of the positions
    uint64_t squares = 0;   // sum of their squares; holds 2^40 values
  };
  static constexpr unsigned kPositions = 4096;

  /// With `channels`, the extrema of each channel are kept as well; channels are the innermost dimension. Without the
  /// distribution there are no buckets: extrema, and how many values there were, take a tenth of the time.
  explicit Sketch(int64_t channels = 0, bool keepsDistribution = true)
      : distributed(keepsDistribution), channels(channels) {}

  /// Adds consecutive values of one sample. With channels, the first value is of channel 0 and `count` a multiple of
  /// channels.
  void add(const float *data, int64_t count);

  /// Ends a sample: its smallest and largest value enter the mean extrema. A sample without finite values does not.
  void endSample();

  /// Adds everything `other` saw. Both have ended their samples and have the same channels. The distribution is kept if
  /// both keep it.
  void merge(const Sketch &other);

  /// Whether `forEachBucket` tells how the values are distributed.
  bool keepsDistribution() const { return distributed; }

  /// Finite values seen; values set aside are not among them.
  uint64_t getCount() const;
  uint64_t getNaNs() const { return nans; }
  /// Values at or beyond the largest bfloat16, by sign.
  uint64_t getNegativeInfinities() const { return negativeInfinities; }
  uint64_t getPositiveInfinities() const { return positiveInfinities; }

  /// The smallest and largest finite value; empty without any.
  const Range &getExtrema() const { return extrema; }
  /// The mean over samples of the smallest and of the largest value; empty without samples.
  Range getMeanExtrema() const;
  uint64_t getSamples() const { return samples; }

  int64_t getChannels() const { return static_cast<int64_t>(channels.size()); }
  const std::vector<Range> &getChannelExtrema() const { return channels; }

  /// Calls function(index, bucket) for every bucket that is not empty, by increasing index; `index` is the upper half
  /// of the floats' bits.
  template <typename Function> void forEachBucket(Function &&function) const {
    for (unsigned page = 0; page < kPages; ++page) {
      if (!pages[page])
        continue;
      for (unsigned i = 0; i < kPageSize; ++i)
        if (pages[page]->buckets[i].count)
          function(page * kPageSize + i, pages[page]->buckets[i]);
    }
  }

  bool operator==(const Sketch &other) const { return encode() == other.encode(); }
  bool operator!=(const Sketch &other) const { return !(*this == other); }

  /// The state as bytes: equal states have equal bytes. Made of variable-length integers, some 12 bytes a bucket in
  /// use. Without the distribution the number of values stands for the buckets.
  std::string encode() const;
  /// Reads what `encode` wrote into `sketch`; false, with `sketch` unspecified, if the bytes are not a sketch.
  static bool decode(const std::string &bytes, Sketch &sketch);

private:
  static constexpr unsigned kPageSize = 128, kPages = 512; // a page per sign and exponent, made when first needed
  struct Page {
    Bucket buckets[kPageSize];
  };
  Bucket &getBucket(uint32_t index);
  static constexpr int64_t kBlock = 1024; // values on the stack at a time
  void addBlock(const float *data, int64_t count, Range &seen);
  void addExtrema(const float *data, int64_t count, Range &seen);
  int64_t setAside(uint32_t *bits, int64_t count);

  bool distributed = true;
  uint64_t uncounted = 0; // values that are in no bucket, without the distribution
  std::array<std::unique_ptr<Page>, kPages> pages;
  uint64_t nans = 0, negativeInfinities = 0, positiveInfinities = 0;
  Range extrema, sampleExtrema;
  ExactSum lowest, highest; // sums of the samples' extrema
  uint64_t samples = 0;
  std::vector<Range> channels;
};

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_SKETCH_H
