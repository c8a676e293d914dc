//===- Sketch.cpp - Counting the values on one edge in buckets that merge exactly ---------------------------------===//
#include "quant-opt/Numerics/Sketch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mlir::qnn::numerics;

static uint32_t toBits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

Sketch::Bucket &Sketch::getBucket(uint32_t index) {
  std::unique_ptr<Page> &page = pages[index / kPageSize];
  if (!page)
    page = std::make_unique<Page>();
  return page->buckets[index % kPageSize];
}

static float toFloat(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/// The float's bits as an integer that is larger where the float is; and back.
static int32_t toOrdered(uint32_t bits) {
  const int32_t value = static_cast<int32_t>(bits);
  return value ^ ((value >> 31) & 0x7fffffff);
}

/// Counts the values that are not finite; the others remain, in their order. Returns how many.
int64_t Sketch::setAside(uint32_t *bits, int64_t count) {
  int64_t kept = 0;
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t magnitude = bits[i] & 0x7fffffff;
    if (magnitude < kInfiniteBits)
      bits[kept++] = bits[i];
    else if (magnitude > 0x7f800000)
      ++nans;
    else
      ++(bits[i] >> 31 ? negativeInfinities : positiveInfinities);
  }
  return kept;
}

void Sketch::addBlock(const float *data, int64_t count, Range &seen) {
  // In two loops, so that the first one, without branches, works on vectors.
  uint32_t bits[kBlock], largest = 0;
  int32_t lo = std::numeric_limits<int32_t>::max(), hi = std::numeric_limits<int32_t>::min();
  for (int64_t i = 0; i < count; ++i) {
    // Adding zero makes -0 a 0, which it equals.
    const uint32_t x = bits[i] = toBits(data[i] + 0.0f);
    const int32_t ordered = toOrdered(x);
    largest = std::max(largest, x & 0x7fffffff);
    lo = std::min(lo, ordered);
    hi = std::max(hi, ordered);
  }
  int64_t kept = count;
  if (largest < kInfiniteBits) {
    seen.include(toFloat(toOrdered(lo)));
    seen.include(toFloat(toOrdered(hi)));
  } else {
    kept = setAside(bits, count);
    for (int64_t i = 0; i < kept; ++i)
      seen.include(toFloat(bits[i]));
  }
  // Zeros, of which rectified values have many, would wait for each other in one bucket.
  int64_t others = 0;
  for (int64_t i = 0; i < kept; ++i) {
    bits[others] = bits[i];
    others += bits[i] != 0;
  }
  if (others < kept)
    getBucket(0).count += kept - others;
  for (int64_t i = 0; i < others; ++i) {
    Bucket &bucket = getBucket(bits[i] >> 16);
    const uint64_t position = (bits[i] >> 4) % kPositions;
    ++bucket.count;
    bucket.positions += position;
    bucket.squares += position * position;
  }
}

/// As addBlock, without buckets.
void Sketch::addExtrema(const float *data, int64_t count, Range &seen) {
  // Lanes of their own, so that the loop works on vectors: a minimum of all would depend on the order where zeros meet.
  constexpr int64_t kLanes = 16;
  constexpr float kMost = std::numeric_limits<float>::infinity();
  float lo[kLanes], hi[kLanes], undefined[kLanes];
  std::fill(lo, lo + kLanes, kMost);
  std::fill(hi, hi + kLanes, -kMost);
  std::fill(undefined, undefined + kLanes, 0.0f);
  const int64_t whole = count - count % kLanes;
  for (int64_t i = 0; i < whole; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const float x = data[i + lane] + 0.0f; // -0 becomes 0, which it equals
      lo[lane] = x < lo[lane] ? x : lo[lane];
      hi[lane] = x > hi[lane] ? x : hi[lane];
      undefined[lane] += x - x; // NaN once there was one, or an infinity
    }
  Range range;
  float sum = 0;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    range.include(Range{lo[lane], hi[lane]});
    sum += undefined[lane];
  }
  for (int64_t i = whole; i < count; ++i) {
    range.include(data[i] + 0.0f);
    sum += data[i] - data[i];
  }
  const float limit = toFloat(kInfiniteBits);
  if (sum == 0.0f && (range.isEmpty() || (range.lo > -limit && range.hi < limit))) {
    seen.include(range);
    uncounted += count;
    return;
  }
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    uint32_t bits[kBlock];
    const int64_t size = std::min(kBlock, count - begin);
    for (int64_t i = 0; i < size; ++i)
      bits[i] = toBits(data[begin + i] + 0.0f);
    const int64_t kept = setAside(bits, size);
    for (int64_t i = 0; i < kept; ++i)
      seen.include(toFloat(bits[i]));
    uncounted += kept;
  }
}

void Sketch::add(const float *data, int64_t count) {
  Range seen;
  if (!distributed)
    addExtrema(data, count, seen);
  else
    for (int64_t begin = 0; begin < count; begin += kBlock)
      addBlock(data + begin, std::min(kBlock, count - begin), seen);
  sampleExtrema.include(seen);
  extrema.include(seen);

  const int64_t numChannels = getChannels();
  for (int64_t row = 0; numChannels && row + numChannels <= count; row += numChannels)
    for (int64_t c = 0; c < numChannels; ++c)
      if ((toBits(data[row + c]) & 0x7fffffff) < kInfiniteBits)
        channels[c].include(data[row + c] + 0.0f);
}

void Sketch::endSample() {
  if (!sampleExtrema.isEmpty()) {
    lowest.add(sampleExtrema.lo);
    highest.add(sampleExtrema.hi);
    ++samples;
  }
  sampleExtrema = Range();
}

void Sketch::merge(const Sketch &other) {
  if (distributed && other.distributed) {
    other.forEachBucket([&](uint32_t index, const Bucket &theirs) {
      Bucket &ours = getBucket(index);
      ours.count += theirs.count;
      ours.positions += theirs.positions;
      ours.squares += theirs.squares;
    });
  } else {
    uncounted = getCount() + other.getCount();
    distributed = false;
    pages = {};
  }
  nans += other.nans;
  negativeInfinities += other.negativeInfinities;
  positiveInfinities += other.positiveInfinities;
  extrema.include(other.extrema);
  lowest.add(other.lowest);
  highest.add(other.highest);
  samples += other.samples;
  for (size_t c = 0; c < channels.size() && c < other.channels.size(); ++c)
    channels[c].include(other.channels[c]);
}

uint64_t Sketch::getCount() const {
  uint64_t count = uncounted;
  forEachBucket([&](uint32_t, const Bucket &bucket) { count += bucket.count; });
  return count;
}

Range Sketch::getMeanExtrema() const {
  Range mean;
  if (samples) {
    mean.lo = static_cast<float>(lowest.getValue() / static_cast<double>(samples));
    mean.hi = static_cast<float>(highest.getValue() / static_cast<double>(samples));
  }
  return mean;
}

//===--- As bytes
//---------------------------------------------------------------------------------------------------===//

namespace {

/// Integers of seven bits a byte, the last byte below 128; floats as their four bytes.
struct Writer {
  std::string bytes;

  void write(uint64_t value) {
    for (; value >= 128; value >>= 7)
      bytes.push_back(static_cast<char>(value | 128));
    bytes.push_back(static_cast<char>(value));
  }
  void write(const Range &range) {
    for (uint32_t bits : {toBits(range.lo), toBits(range.hi)})
      for (int shift = 0; shift < 32; shift += 8)
        bytes.push_back(static_cast<char>(bits >> shift));
  }
  void write(const ExactSum &sum) {
    for (int64_t limb : sum.getLimbs())
      write(static_cast<uint64_t>(limb));
  }
};

/// Reads what Writer wrote. After the first fault everything reads as zero and `ok` is false.
struct Reader {
  const std::string &bytes;
  size_t at = 0;
  bool ok = true;

  uint8_t readByte() {
    ok &= at < bytes.size();
    return ok ? static_cast<uint8_t>(bytes[at++]) : 0;
  }
  uint64_t readInteger() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = readByte();
      // The tenth byte has room for one bit, and no integer is longer than it must be.
      ok &= !(shift == 63 && byte > 1) && !(shift && byte == 0);
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128)
        return value;
    }
    ok = false;
    return 0;
  }
  Range readRange() {
    float bounds[2];
    for (float &bound : bounds) {
      uint32_t bits = 0;
      for (int shift = 0; shift < 32; shift += 8)
        bits |= static_cast<uint32_t>(readByte()) << shift;
      std::memcpy(&bound, &bits, sizeof(bound));
    }
    Range range;
    range.lo = bounds[0];
    range.hi = bounds[1];
    const bool isFinite = std::isfinite(range.lo) && std::isfinite(range.hi) && range.lo <= range.hi;
    ok &= isFinite || range == Range();
    return range;
  }
  ExactSum readSum() {
    std::array<int64_t, ExactSum::kLimbs> limbs;
    for (int64_t &limb : limbs)
      limb = static_cast<int64_t>(readInteger());
    const ExactSum sum = ExactSum::fromLimbs(limbs);
    // Every limb but the last lies in [0, 2^32), and the last has room to grow.
    for (unsigned i = 0; i < ExactSum::kLimbs; ++i)
      ok &= i + 1 < ExactSum::kLimbs ? (limbs[i] >> 32) == 0 : (limbs[i] >> 32) == 0 || (limbs[i] >> 32) == -1;
    return sum;
  }
};

} // namespace

std::string Sketch::encode() const {
  Writer writer;
  writer.write(nans);
  writer.write(negativeInfinities);
  writer.write(positiveInfinities);
  writer.write(extrema);
  writer.write(samples);
  writer.write(lowest);
  writer.write(highest);
  writer.write(channels.size());
  for (const Range &channel : channels)
    writer.write(channel);
  if (!distributed) {
    // No bucket is empty: in place of the first one, that says that there are none.
    writer.write(0);
    writer.write(0);
    writer.write(uncounted);
    return std::move(writer.bytes);
  }
  uint32_t next = 0; // buckets follow as the distance to the last index, then the moments
  forEachBucket([&](uint32_t index, const Bucket &bucket) {
    writer.write(index - next);
    writer.write(bucket.count);
    writer.write(bucket.positions);
    writer.write(bucket.squares);
    next = index + 1;
  });
  return std::move(writer.bytes);
}

bool Sketch::decode(const std::string &bytes, Sketch &sketch) {
  Reader reader{bytes};
  sketch = Sketch();
  sketch.nans = reader.readInteger();
  sketch.negativeInfinities = reader.readInteger();
  sketch.positiveInfinities = reader.readInteger();
  sketch.extrema = reader.readRange();
  sketch.samples = reader.readInteger();
  sketch.lowest = reader.readSum();
  sketch.highest = reader.readSum();
  const uint64_t numChannels = reader.readInteger();
  // A channel takes eight bytes: a count beyond them is a fault, not a reason to allocate.
  if (!reader.ok || numChannels > (bytes.size() - reader.at) / 8)
    return false;
  sketch.channels.resize(numChannels);
  for (Range &channel : sketch.channels)
    channel = reader.readRange();
  constexpr uint64_t kMost = uint64_t(1) << 40;
  if (reader.ok && bytes.compare(reader.at, 2, std::string(2, '\0')) == 0) {
    reader.at += 2;
    sketch.distributed = false;
    sketch.uncounted = reader.readInteger();
    return reader.ok && reader.at == bytes.size() && sketch.uncounted <= kMost &&
           sketch.extrema.isEmpty() == (sketch.uncounted == 0);
  }
  uint64_t index = 0;
  while (reader.ok && reader.at < bytes.size()) {
    const uint64_t distance = reader.readInteger();
    if (distance >= kPages * kPageSize || (index += distance) >= kPages * kPageSize ||
        (index & 0x7fff) >= (kInfiniteBits >> 16))
      return false;
    Bucket bucket;
    bucket.count = reader.readInteger();
    bucket.positions = reader.readInteger();
    bucket.squares = reader.readInteger();
    if (bucket.count == 0 || bucket.count > kMost || bucket.positions > bucket.count * (kPositions - 1) ||
        bucket.squares > bucket.positions * (kPositions - 1))
      return false;
    sketch.getBucket(static_cast<uint32_t>(index)) = bucket;
    ++index;
  }
  return reader.ok && sketch.extrema.isEmpty() == (sketch.getCount() == 0);
}
