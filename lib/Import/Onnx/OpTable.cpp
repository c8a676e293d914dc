//===- OpTable.cpp - The operators that can be imported ----------------------------------------------------------===//
#include "NodeImporter.h"

using namespace mlir::qnn::onnx_import;

/// Operators whose import knows what they meant in opset 1; attributes that they had then and lost are read where they
/// matter.
constexpr const char *kSinceFirst[] = {"Abs",
                                       "Add",
                                       "And",
                                       "ArgMax",
                                       "ArgMin",
                                       "AveragePool",
                                       "Ceil",
                                       "Clip",
                                       "Concat",
                                       "Constant",
                                       "Conv",
                                       "ConvTranspose",
                                       "DepthToSpace",
                                       "Div",
                                       "Elu",
                                       "Equal",
                                       "Exp",
                                       "Flatten",
                                       "Floor",
                                       "Gather",
                                       "GlobalAveragePool",
                                       "GlobalMaxPool",
                                       "Greater",
                                       "HardSigmoid",
                                       "Hardmax",
                                       "Identity",
                                       "LeakyRelu",
                                       "Less",
                                       "Log",
                                       "LogSoftmax",
                                       "MatMul",
                                       "Max",
                                       "MaxPool",
                                       "Mean",
                                       "Min",
                                       "Mul",
                                       "Neg",
                                       "Not",
                                       "Or",
                                       "PRelu",
                                       "Pad",
                                       "Pow",
                                       "Reciprocal",
                                       "ReduceL1",
                                       "ReduceL2",
                                       "ReduceLogSum",
                                       "ReduceLogSumExp",
                                       "ReduceMax",
                                       "ReduceMean",
                                       "ReduceMin",
                                       "ReduceProd",
                                       "ReduceSum",
                                       "ReduceSumSquare",
                                       "Relu",
                                       "Reshape",
                                       "Selu",
                                       "Shape",
                                       "Sigmoid",
                                       "Size",
                                       "Slice",
                                       "Softmax",
                                       "Softplus",
                                       "Softsign",
                                       "SpaceToDepth",
                                       "Split",
                                       "Sqrt",
                                       "Squeeze",
                                       "Sub",
                                       "Sum",
                                       "Tanh",
                                       "Transpose",
                                       "Unsqueeze",
                                       "Xor"};
/// The same for opset 6.
constexpr const char *kSinceSixth[] = {"BatchNormalization",    "Cast", "Dropout", "Gemm",
                                       "InstanceNormalization", "Tile"};

OpTable mlir::qnn::onnx_import::createOpTable() {
  OpTable table;
  populateActivations(table);
  populateArgReduction(table);
  populateBinary(table);
  populateCast(table);
  populateGather(table);
  populateGenerators(table);
  populateMovement(table);
  populatePad(table);
  populateReduction(table);
  populateReshape(table);
  populateResize(table);
  populateSelection(table);
  populateSlice(table);
  populateSoftmax(table);
  populateUnary(table);
  populateConstant(table);
  populateConvolution(table);
  populateConvTranspose(table);
  populateMatMul(table);
  populateNormalization(table);
  populatePooling(table);
  populateQuantization(table);
  populateQLinear(table);
  for (const char *op : kSinceFirst)
    table.allowSince(op, 1);
  for (const char *op : kSinceSixth)
    table.allowSince(op, 6);
  return table;
}
