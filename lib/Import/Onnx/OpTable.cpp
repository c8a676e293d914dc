//===- OpTable.cpp - The operators that can be imported
//---------------------------------------------------------------===//
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
  return table;
}
