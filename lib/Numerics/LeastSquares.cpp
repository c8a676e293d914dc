//===- LeastSquares.cpp - Sums over samples, and the dense linear algebra of small symmetric systems --------------===//
#include "quant-opt/Numerics/LeastSquares.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mlir::qnn::numerics;

/// The inner loops are compiled for wider vectors too, and chosen when the program starts; the bits do not change.
#if defined(__x86_64__)
#define QNN_WIDER_VECTORS __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define QNN_WIDER_VECTORS
#endif

namespace {

constexpr int64_t kBlock = 256;             // samples whose products are summed in f32 before they join the sums in f64
constexpr int64_t kRows = 8, kColumns = 16; // of a tile of sums held in registers
constexpr int64_t kPanel = 64;              // rows of a Cholesky panel
constexpr int64_t kLanes = 8;               // partial sums of a dot product

int64_t roundUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/// As many elements as one register of the widest vectors holds; narrower ones take several.
using Floats = float __attribute__((vector_size(64)));
using Doubles = double __attribute__((vector_size(64)));
static_assert(kColumns == sizeof(Floats) / sizeof(float) && kLanes == sizeof(Doubles) / sizeof(double));

/// sums[i][j] += sum over rows of block[row][i] * block[row][j], for a tile of i and j.
QNN_WIDER_VECTORS void addTile(const float *left, const float *right, int64_t rows, int64_t stride, double *sums,
                               int64_t sumsStride, int64_t numLeft) {
  Floats tile[kRows] = {};
  for (int64_t row = 0; row < rows; ++row) {
    Floats factors;
    std::memcpy(&factors, right + row * stride, sizeof(factors));
#pragma unroll
    for (int64_t i = 0; i < kRows; ++i)
      tile[i] += left[row * stride + i] * factors;
  }
  for (int64_t i = 0; i < numLeft; ++i)
    for (int64_t j = 0; j < kColumns; ++j)
      sums[i * sumsStride + j] += static_cast<double>(tile[i][j]);
}

QNN_WIDER_VECTORS void addScaledImpl(double *y, double factor, const double *x, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Doubles from, to;
    std::memcpy(&from, x + i, sizeof(from));
    std::memcpy(&to, y + i, sizeof(to));
    to += factor * from;
    std::memcpy(y + i, &to, sizeof(to));
  }
  for (; i < n; ++i)
    y[i] += factor * x[i];
}

QNN_WIDER_VECTORS double dotImpl(const double *a, const double *b, int64_t n) {
  Doubles lanes = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Doubles left, right;
    std::memcpy(&left, a + i, sizeof(left));
    std::memcpy(&right, b + i, sizeof(right));
    lanes += left * right;
  }
  double sum = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  for (; i < n; ++i)
    sum += a[i] * b[i];
  return sum;
}

} // namespace

void mlir::qnn::numerics::addScaled(double *y, double factor, const double *x, int64_t n) {
  addScaledImpl(y, factor, x, n);
}
double mlir::qnn::numerics::dot(const double *a, const double *b, int64_t n) { return dotImpl(a, b, n); }

Moments::Moments(int64_t numInputs, int64_t numOutputs)
    : numInputs(numInputs), numOutputs(numOutputs), width(roundUp(1 + numInputs + numOutputs, kColumns)),
      block(kBlock * width), sums((1 + numInputs) * width), squares(numOutputs) {}

void Moments::add(const float *x, const float *y, int64_t count) {
  for (; count > 0; --count, x += numInputs, y += numOutputs) {
    auto isFinite = [](float value) { return std::isfinite(value); };
    if (!std::all_of(x, x + numInputs, isFinite) || !std::all_of(y, y + numOutputs, isFinite))
      continue;
    float *row = &block[pending * width];
    row[0] = 1.0f;
    std::copy(x, x + numInputs, row + 1);
    std::copy(y, y + numOutputs, row + 1 + numInputs);
    for (int64_t c = 0; c < numOutputs; ++c)
      squares[c] += static_cast<double>(y[c]) * y[c];
    ++samples;
    if (++pending == kBlock)
      flush();
  }
  flush();
}

void Moments::flush() {
  const int64_t used = 1 + numInputs + numOutputs;
  for (int64_t i = 0; i < 1 + numInputs; i += kRows)
    for (int64_t j = i / kColumns * kColumns; j < used; j += kColumns)
      addTile(&block[i], &block[j], pending, width, &sums[i * width + j], width, std::min(kRows, 1 + numInputs - i));
  pending = 0;
}

std::vector<double> Moments::getMeanInput() const {
  std::vector<double> mean(sums.begin() + 1, sums.begin() + 1 + numInputs);
  for (double &value : mean)
    value /= std::max<int64_t>(samples, 1);
  return mean;
}

std::vector<double> Moments::getMeanOutput() const {
  std::vector<double> mean(sums.begin() + 1 + numInputs, sums.begin() + 1 + numInputs + numOutputs);
  for (double &value : mean)
    value /= std::max<int64_t>(samples, 1);
  return mean;
}

LeastSquares Moments::getProblem(const float *weights, double damping) const {
  LeastSquares problem;
  problem.numInputs = numInputs;
  problem.numOutputs = numOutputs;
  problem.meanInput = getMeanInput();
  problem.meanOutput = getMeanOutput();
  problem.gram.resize(numInputs * numInputs);
  problem.cross.resize(numOutputs * numInputs);
  problem.constant.resize(numOutputs);
  const double count = std::max<int64_t>(samples, 1);

  double trace = 0;
  for (int64_t i = 0; i < numInputs; ++i) {
    const double *row = &sums[(1 + i) * width + 1];
    for (int64_t j = i; j < numInputs; ++j)
      problem.gram[i * numInputs + j] = problem.gram[j * numInputs + i] =
          row[j] / count - problem.meanInput[i] * problem.meanInput[j];
    for (int64_t c = 0; c < numOutputs; ++c)
      problem.cross[c * numInputs + i] = row[numInputs + c] / count - problem.meanInput[i] * problem.meanOutput[c];
    trace += problem.gram[i * numInputs + i];
  }
  // An input that never varies says nothing: any positive penalty then keeps its weight.
  const double penalty = trace > 0 ? damping * trace / numInputs : 1.0;
  for (int64_t i = 0; i < numInputs; ++i)
    problem.gram[i * numInputs + i] += penalty;
  for (int64_t c = 0; c < numOutputs; ++c) {
    problem.constant[c] = std::max(squares[c] / count - problem.meanOutput[c] * problem.meanOutput[c], 0.0);
    for (int64_t i = 0; i < numInputs; ++i) {
      const double weight = weights[c * numInputs + i];
      problem.cross[c * numInputs + i] += penalty * weight;
      problem.constant[c] += penalty * weight * weight;
    }
  }
  return problem;
}

double LeastSquares::getError(int64_t channel, const double *v) const {
  double error = constant[channel];
  for (int64_t i = 0; i < numInputs; ++i)
    error += v[i] * (dot(&gram[i * numInputs], v, numInputs) - 2 * cross[channel * numInputs + i]);
  return error;
}

double LeastSquares::getBias(int64_t channel, const double *v) const {
  return meanOutput[channel] - dot(meanInput.data(), v, numInputs);
}

bool mlir::qnn::numerics::factorCholesky(std::vector<double> &matrix, int64_t n) {
  for (int64_t begin = 0; begin < n; begin += kPanel) {
    const int64_t end = std::min(begin + kPanel, n);
    for (int64_t k = begin; k < end; ++k) {
      double *row = &matrix[k * n];
      if (!(row[k] > 0))
        return false;
      const double scale = 1.0 / std::sqrt(row[k]);
      for (int64_t j = k; j < n; ++j)
        row[j] *= scale;
      for (int64_t i = k + 1; i < end; ++i)
        addScaled(&matrix[i * n + i], -row[i], &row[i], n - i);
    }
    // The panel stays in the cache while the rows below it pass by.
    for (int64_t i = end; i < n; ++i)
      for (int64_t k = begin; k < end; ++k)
        addScaled(&matrix[i * n + i], -matrix[k * n + i], &matrix[k * n + i], n - i);
  }
  for (int64_t i = 0; i < n; ++i)
    std::fill(&matrix[i * n], &matrix[i * n + i], 0.0);
  return true;
}

void mlir::qnn::numerics::solveTransposed(const std::vector<double> &factor, double *g, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    g[i] /= factor[i * n + i];
    addScaled(g + i + 1, -g[i], &factor[i * n + i] + 1, n - i - 1);
  }
}

void mlir::qnn::numerics::solve(const std::vector<double> &factor, double *z, int64_t n) {
  for (int64_t i = n - 1; i >= 0; --i)
    z[i] = (z[i] - dot(&factor[i * n + i] + 1, z + i + 1, n - i - 1)) / factor[i * n + i];
}
