//===- Normalize.cpp - The pipeline from the Imported to the Normalized form --------------------------------------===//
#include "quant-opt/Pipelines/Normalize.h"

#include "quant-opt/Normalize/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void qnn::buildNormalizePipeline(OpPassManager &pm, const NormalizeOptions &options) {
  OpPassManager &functions = pm.nest<func::FuncOp>();

  // Why here: front ends other than ours write arith and math on whole tensors, and named linalg operations. All that
  // follows reads linalg.generic alone.
  functions.addPass(createConvertElementwiseToLinalgPass());
  functions.addPass(createGeneralizePass());

  // Why here: the reshapes, slices and casts that a front end leaves behind are simplest before anything is matched.
  // Weights are blobs: folders cannot look into them, so the cost does not grow with the model's size.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());

  // Why here: a bias hidden in an init operand stands between a contraction and its batch norm; folding needs sums that
  // start from zero.
  functions.addPass(createSplitBiasPass());

  // Why here: before layouts change, so that it sees each contraction directly in front of its batch norm, without a
  // transpose.
  if (options.foldBatchNorm)
    functions.addPass(createFoldBatchNormPass());

  // Why here: layouts and the sinking of reshapes are the simpler for each dimension that is not there.
  functions.addPass(createDropUnitChannelsPass());

  if (options.channelsLast)
    functions.addPass(createChannelsLastPass());
  // Why here, and always: the front end's own transposes are worth cancelling too.
  functions.addPass(createCancelTransposesPass());
  // Why here: what is left in front of a flattening could cancel no other way.
  functions.addPass(createFoldTransposesIntoWeightsPass());
  // Why here: a division that has moved belongs to the product, and reshapes sink behind it.
  functions.addPass(createDeferDivisionPass());
  // Why here: transposes stood in the way, and reshapes of groups only now have their final shape.
  functions.addPass(createSinkReshapesPass());

  // Why here: reshapes have come to stand next to their inverse; relaid constants, fills and empty tensors were made
  // one per use.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());

  // Why last: canonicalization and CSE move constants out of bodies, and this pass moves them in.
  functions.addPass(createCanonicalizeActivationsPass());

  if (options.verify && options.channelsLast)
    pm.addPass(createVerifyNormalizedPass());
}

void qnn::registerNormalizePipeline() {
  PassPipelineRegistration<NormalizeOptions>("qnn-normalize", "take a model from the Imported to the Normalized form",
                                             buildNormalizePipeline);
}
