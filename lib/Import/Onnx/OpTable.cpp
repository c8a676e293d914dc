//===- OpTable.cpp - The operators that can be imported ----------------------------------------------------------===//
#include "NodeImporter.h"

using namespace mlir::qnn::onnx_import;

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
  for (auto [op, opset] : std::initializer_list<std::pair<const char *, int64_t>>{
           {"Elu", 6},
           {"GlobalAveragePool", 1},
           {"GlobalMaxPool", 1},
           {"HardSigmoid", 6},
           {"InstanceNormalization", 6},
           {"Not", 1},
           {"ReduceLogSum", 1},
           {"Selu", 6},
           {"Softplus", 1},
           {"Softsign", 1},
       })
    table.allowSince(op, opset);
  return table;
}
