//===- Schemes.h - The choices of a quantization scheme, as options name them -------------------------------------===//
#ifndef QUANT_OPT_INSERTQDQ_SCHEMES_H
#define QUANT_OPT_INSERTQDQ_SCHEMES_H

namespace mlir::qnn {

/// Storage of activations: unsigned or signed bytes.
enum class ActivationType { U8, I8 };

/// How an activation's range becomes parameters: `params_c1` or `params_c2`.
enum class ActivationScheme { Asymmetric, Symmetric };

/// One scale for each output channel of a weight, or one for all.
enum class WeightScheme { PerChannel, PerTensor };

} // namespace mlir::qnn

#endif // QUANT_OPT_INSERTQDQ_SCHEMES_H
