// Passes of the stage Normalize.
#ifndef QUANT_OPT_NORMALIZE_PASSES_TD
#define QUANT_OPT_NORMALIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def GeneralizePass : Pass<"qnn-generalize"> {
  let summary = "write named linalg operations as linalg.generic";
  let description = [{
    Every linalg operation with a name (`linalg.matmul`, `linalg.conv_2d_nhwc_hwcf`, `linalg.map`, …) becomes the
    `linalg.generic` that its name stands for, so that later passes read maps, iterator types and bodies alone.
    `linalg.fill` and `linalg.transpose` keep their names: a contraction's start and a change of layout are looked for as such.

    Expects tensors or buffers in any form; leaves `linalg.generic`, `linalg.fill`, `linalg.transpose`. A linalg operation that
    linalg itself cannot write as a generic is an error.

    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%zero : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```
    becomes
    ```mlir
    %y = linalg.generic {indexing_maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                         iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w) outs(%zero) { addf (mulf) }
    ```
  }];
  let statistics = [Statistic<"numGeneralized", "generalized", "Named operations written as linalg.generic">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def CanonicalizeActivationsPass : Pass<"qnn-canonicalize-activations"> {
  let summary = "give each activation one spelling";
  let description = [{
    In the bodies of `linalg.generic`:
    - constants of one value, whether operands (0-d tensors, scalars) or captured from outside, become `arith.constant` in the body;
    - a constant operand of a commutative operation stands on the right;
    - relu, however chosen (`select` by any order comparison, `maxnumf`), is `arith.maximumf %x, 0.0`; likewise other bounds;
    - clip is `arith.minimumf (arith.maximumf %x, lo), hi` where lo <= hi;
    - leaky relu is `select (cmpf oge x, 0), x, x * a`, also when written `max(x, x * a)` with 0 < a < 1.

    The forms agree for all numbers; for NaN the canonical one propagates it. Operations are never merged: one `linalg.generic`
    stays one, so that analyses see the chain as the source wrote it. Anything else is left as it is.

    ```mlir
    %c = arith.cmpf ogt, %x, %zero : f32
    %r = arith.select %c, %x, %zero : f32
    ```
    becomes
    ```mlir
    %r = arith.maximumf %x, %zero : f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def SplitBiasPass : Pass<"qnn-split-bias"> {
  let summary = "start every float sum from zero and add its bias afterwards";
  let description = [{
    A `linalg.generic` that adds float terms onto an init operand other than a zero `linalg.fill` gets a zero fill, and an
    elementwise addition of the former init follows it. An init that is a broadcast is added from the value that was
    broadcast, through a map that drops the broadcast dimensions. Integer sums keep their init: there it is the exact bias.

    ```mlir
    %init = linalg.generic … ins(%bias : tensor<16xf32>) outs(%e : tensor<4x16xf32>) { yield %in }
    %y = linalg.generic … ins(%x, %w) outs(%init : tensor<4x16xf32>) { addf (mulf) }
    ```
    becomes
    ```mlir
    %zero = linalg.fill …
    %s = linalg.generic … ins(%x, %w) outs(%zero : tensor<4x16xf32>) { addf (mulf) }
    %y = linalg.generic … ins(%s, %bias : tensor<4x16xf32>, tensor<16xf32>) { addf }
    ```
  }];
  let statistics = [Statistic<"numSplit", "split", "Sums whose bias became an addition">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def FoldBatchNormPass : Pass<"qnn-fold-batch-norm"> {
  let summary = "fold constant affine functions around a contraction into its weights and bias";
  let description = [{
    A float contraction (`yield init + a * b` from a zero fill; convolution, depthwise, matrix product alike) with one constant
    operand, the weights, takes up
    - the chain of elementwise operations after it that scale and shift each output channel by constants: batch norm in any
      arithmetic spelling, bias, multiplication by a constant; also behind the `tensor.collapse_shape` that merges groups;
    - an elementwise operation before it that scales and shifts each input channel, if nothing (no padding) stands between.

    What remains is the contraction with new weights and one elementwise addition of a constant bias, if there is one. All
    arithmetic is in double and rounded once. Every folded value must have a single use. A function that is not finite in some
    channel, or whose channel is no dimension of the weights, stays.

    ```mlir
    %y = linalg.generic … ins(%x, %w : tensor<4x8xf32>, tensor<16x8xf32>) outs(%zero) { addf (mulf) }
    %bn = linalg.generic … ins(%y, %a, %b : tensor<4x16xf32>, tensor<16xf32>, tensor<16xf32>) { addf (mulf %y, %a), %b }
    ```
    becomes
    ```mlir
    %y = linalg.generic … ins(%x, %w_times_a : tensor<4x8xf32>, tensor<16x8xf32>) outs(%zero) { addf (mulf) }
    %bn = linalg.generic … ins(%y, %b : tensor<4x16xf32>, tensor<16xf32>) { addf %y, %b }
    ```
  }];
  let statistics = [Statistic<"numFolded", "folded", "Elementwise operations folded into weights and bias">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def DropUnitChannelsPass : Pass<"qnn-drop-unit-channels"> {
  let summary = "write a depthwise convolution without channels inside its groups";
  let description = [{
    A grouped convolution whose groups have one input and one output channel each loses the loops over them, and its operands
    the dimensions: front ends that know depthwise convolutions by a channel multiplier write a multiplier of one. Constants
    are reshaped now; around data and result stand `tensor.collapse_shape` and `tensor.expand_shape`. Convolutions without
    groups, or with more channels, stay as they are.

    ```mlir
    %y = linalg.generic … ins(%x, %w : tensor<1x10x8xf32>, tensor<3x8x1xf32>) outs(%zero : tensor<1x8x8x1xf32>)
    ```
    becomes
    ```mlir
    %s = linalg.generic … ins(%x, %w3x8 : tensor<1x10x8xf32>, tensor<3x8xf32>) outs(%zero1x8x8 : tensor<1x8x8xf32>)
    %y = tensor.expand_shape %s [[0], [1], [2, 3]] : tensor<1x8x8xf32> into tensor<1x8x8x1xf32>
    ```
  }];
  let statistics = [Statistic<"numDropped", "dropped", "Convolutions that lost their unit channels">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def ChannelsLastPass : Pass<"qnn-channels-last"> {
  let summary = "make channels the innermost dimension of convolutions and poolings";
  let description = [{
    A `linalg.generic` that reads an operand through windows is a convolution or pooling. Its data becomes
    `[n, spatial…, g, ic]`, its weights `[g, oc, k…, ic]`, its result `[n, spatial…, g, oc]`, and its loops run in the order
    parallel (n, spatial…, g, oc), reduction (k…, ic). Constant weights are permuted now; around data and result stand
    `linalg.transpose` operations, which `--qnn-cancel-transposes` is for. Constant weights of a matrix product become
    `[oc…, k…]` likewise. A window over a dimension that has more than one
    other dimension inside it is no pooling and stays.

    ```mlir
    %y = linalg.generic … ins(%x, %w : tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) outs(%zero : tensor<1x16x6x6xf32>)
    ```
    becomes
    ```mlir
    %xt = linalg.transpose ins(%x) outs(…: tensor<1x8x8x3xf32>) permutation = [0, 2, 3, 1]
    %yt = linalg.generic … ins(%xt, %wt : tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32>) outs(%zt : tensor<1x6x6x16xf32>)
    %y = linalg.transpose ins(%yt) outs(…: tensor<1x16x6x6xf32>) permutation = [0, 3, 1, 2]
    ```
  }];
  let statistics = [Statistic<"numRelaid", "relaid", "Convolutions and poolings put into channels-last order">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def CancelTransposesPass : Pass<"qnn-cancel-transposes"> {
  let summary = "move transposes to where they meet their inverse";
  let description = [{
    First every transpose moves down through elementwise operations, pads, slices, concatenations, reshapes that keep groups of
    dimensions together, Q/DQ casts, and operations that read a tensor by positions, as interpolation does; reductions, and
    in the end operations that only move elements, take it up in their maps. An operation with several operands works in the
    layout that most of them come in. Then what is left moves up, as long as that adds no transpose, to where the tensor is the
    model's input. Transposes and reshapes of constants are carried out now. A transpose that moves only dimensions of extent
    one becomes a reshape.

    ```mlir
    %a = linalg.transpose ins(%x : tensor<1x6x6x16xf32>) outs(…) permutation = [0, 3, 1, 2]
    %b = linalg.generic … ins(%a : tensor<1x16x6x6xf32>) { maximumf %in, 0.0 }
    %c = linalg.transpose ins(%b : tensor<1x16x6x6xf32>) outs(…) permutation = [0, 2, 3, 1]
    ```
    becomes
    ```mlir
    %c = linalg.generic … ins(%x : tensor<1x6x6x16xf32>) { maximumf %in, 0.0 }
    ```
  }];
  let statistics = [Statistic<"numCancelled", "cancelled", "Transposes that are no longer there">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def FoldTransposesIntoWeightsPass : Pass<"qnn-fold-transposes-into-weights"> {
  let summary = "permute constant weights instead of the data that is flattened for them";
  let description = [{
    Where a transposed tensor is flattened (`tensor.collapse_shape`) and a float contraction reduces over the flattened
    dimension with constant weights, the weights are permuted at compile time and the transpose goes. It must move dimensions
    only within that one flattened group.

    ```mlir
    %t = linalg.transpose ins(%x : tensor<1x4x4x8xf32>) outs(…) permutation = [0, 3, 1, 2]
    %f = tensor.collapse_shape %t [[0], [1, 2, 3]] : tensor<1x8x4x4xf32> into tensor<1x128xf32>
    %y = linalg.generic … ins(%f, %w : tensor<1x128xf32>, tensor<10x128xf32>) outs(%zero) { addf (mulf) }
    ```
    becomes
    ```mlir
    %f = tensor.collapse_shape %x [[0], [1, 2, 3]] : tensor<1x4x4x8xf32> into tensor<1x128xf32>
    %y = linalg.generic … ins(%f, %w_permuted : tensor<1x128xf32>, tensor<10x128xf32>) outs(%zero) { addf (mulf) }
    ```
  }];
  let statistics = [Statistic<"numFolded", "folded", "Transposes carried out on weights">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def DeferDivisionPass : Pass<"qnn-defer-division"> {
  let summary = "divide a softmax by its sum behind the product that reads it";
  let description = [{
    Where one operand of a contraction is `exp(x - max(x)) / sum(exp(x - max(x)))` and nothing else reads it, the contraction reads the
    numerator and its result is divided by the sum, with equal numbers up to rounding. The largest numerator of each row is then 1, so
    that 8 bits resolve a row of many small shares as well as one of a single large share; and with heads narrower than the row is long
    there is less to divide. Maximum and sum must be taken along the same dimensions, and those kept must be dimensions of the result.

    Expects sums that start from zero (`--qnn-split-bias`); leaves the same form. Anything else is left as it is. In short
    (test/Normalize/defer-division.mlir):
    ```mlir
    %p = linalg.generic … ins(%exp, %sum : tensor<2x8x8xf32>, tensor<2x8xf32>) { divf }
    %y = linalg.generic … ins(%p, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%zero) { addf (mulf) }
    ```
    becomes
    ```mlir
    %s = linalg.generic … ins(%exp, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%zero) { addf (mulf) }
    %y = linalg.generic … ins(%s, %sum : tensor<2x8x4xf32>, tensor<2x8xf32>) { divf }
    ```
  }];
  let statistics = [Statistic<"numDeferred", "deferred", "Divisions moved behind a product">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def SinkReshapesPass : Pass<"qnn-sink-reshapes"> {
  let summary = "move reshapes behind the elementwise operations that belong to a contraction";
  let description = [{
    A `tensor.collapse_shape` or `tensor.expand_shape` of a `linalg.generic`'s result moves behind the elementwise operations
    that follow, as long as each value has one use; their other operands are reshaped the other way, constants at compile time.
    So bias, activation and residual addition of a grouped convolution directly follow the contraction, and the division of an
    average pooling its sum.

    ```mlir
    %m = tensor.collapse_shape %conv [[0], [1], [2, 3]] : tensor<1x6x2x4xf32> into tensor<1x6x8xf32>
    %y = linalg.generic … ins(%m, %bias : tensor<1x6x8xf32>, tensor<8xf32>) { addf }
    ```
    becomes
    ```mlir
    %s = linalg.generic … ins(%conv, %bias_split : tensor<1x6x2x4xf32>, tensor<2x4xf32>) { addf }
    %y = tensor.collapse_shape %s [[0], [1], [2, 3]] : tensor<1x6x2x4xf32> into tensor<1x6x8xf32>
    ```
  }];
  let statistics = [Statistic<"numSunk", "sunk", "Steps that reshapes have moved down">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyNormalizedPass : Pass<"qnn-verify-normalized"> {
  let summary = "check the Normalized form";
  let description = [{
    Fails at the first operation that the Normalized form rules out, and names the pass that should have changed it: a named
    linalg operation other than fill and transpose, a float sum that does not start from a zero fill, a convolution or pooling
    that is not channels-last, a transpose of a transpose or of a constant, a tensor without a static shape.

    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%zero : tensor<4x16xf32>) -> tensor<4x16xf32>
    ```
    is refused with
    ```
    error: 'linalg.matmul' op is not in the Normalized form: expected linalg.generic, fill or transpose
    note: --qnn-generalize should have changed it
    ```
  }];
}

#endif // QUANT_OPT_NORMALIZE_PASSES_TD
