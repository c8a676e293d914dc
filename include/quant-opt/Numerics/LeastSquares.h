//===- LeastSquares.h - A layer's outputs fitted to its inputs: sums over samples and the problem they make -------===//
//
// Channel c of a linear layer is y_c = w_c . x + b_c. Of the pairs (x, y) of many samples, where x is what the layer
// will read and y what it should give, only sums matter for the weights and biases of least squared error; they are
// kept here. All arithmetic is elementwise or in a fixed order, so the result has the same bits on every CPU.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_NUMERICS_LEASTSQUARES_H
#define QUANT_OPT_NUMERICS_LEASTSQUARES_H

#include <cstdint>
#include <vector>

namespace mlir::qnn::numerics {

/// min over v_c, b_c of E (y_c - v_c . x - b_c)^2 + penalty of leaving given weights, for each channel c. The best bias
/// for any v_c is E y_c - v_c . E x, which leaves a quadratic in v_c with one matrix for all channels.
struct LeastSquares {
  int64_t numInputs = 0, numOutputs = 0;
  std::vector<double> gram;  ///< [numInputs, numInputs]: covariance of x, and the penalty's diagonal
  std::vector<double> cross; ///< [numOutputs, numInputs]: covariance of y_c and x, and the penalty's part
  std::vector<double> meanInput, meanOutput; ///< E x, E y
  std::vector<double> constant;              ///< [numOutputs]: the variance of y_c, and the penalty's part

  /// The mean squared error, penalty included, of channel c with weights v [numInputs] and the best bias for them.
  double getError(int64_t channel, const double *v) const;
  /// The best bias of channel c for weights v.
  double getBias(int64_t channel, const double *v) const;
};

/// Sums of 1, x, y, x x^T and x y^T over samples.
class Moments {
public:
  Moments(int64_t numInputs, int64_t numOutputs);

  /// Adds `count` samples: x is [count, numInputs], y is [count, numOutputs], row-major. Samples with a value that is
  /// not finite are left out.
  void add(const float *x, const float *y, int64_t count);

  int64_t getCount() const { return samples; }
  int64_t getNumInputs() const { return numInputs; }
  int64_t getNumOutputs() const { return numOutputs; }
  /// E x and E y; zeros without samples.
  std::vector<double> getMeanInput() const;
  std::vector<double> getMeanOutput() const;

  /// The problem, with a penalty on leaving `weights` [numOutputs, numInputs]: `damping` times the mean variance of the
  /// inputs, times the squared distance. Some damping makes the problem definite; more keeps the weights closer to
  /// where few samples say little.
  LeastSquares getProblem(const float *weights, double damping) const;

private:
  void flush();

  int64_t numInputs, numOutputs, width, samples = 0, pending = 0;
  std::vector<float> block;    // up to kBlock rows of [1, x, y], padded
  std::vector<double> sums;    // [1 + numInputs, width]; the part right of the diagonal is kept
  std::vector<double> squares; // of y
};

/// The upper triangular R with R^T R = matrix, a symmetric positive definite [n, n] of which the upper half is read;
/// false if it is not definite. The lower half of the result is zero.
bool factorCholesky(std::vector<double> &matrix, int64_t n);

/// R^T z = g: replaces g [n] by z.
void solveTransposed(const std::vector<double> &factor, double *g, int64_t n);
/// R v = z: replaces z [n] by v.
void solve(const std::vector<double> &factor, double *z, int64_t n);

/// a . b in an order that does not depend on the CPU.
double dot(const double *a, const double *b, int64_t n);
/// y += factor * x.
void addScaled(double *y, double factor, const double *x, int64_t n);

} // namespace mlir::qnn::numerics

#endif // QUANT_OPT_NUMERICS_LEASTSQUARES_H
