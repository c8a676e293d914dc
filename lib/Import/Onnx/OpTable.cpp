//===- OpTable.cpp - The operators that can be imported
//---------------------------------------------------------------===//
#include "NodeImporter.h"

using namespace mlir::qnn::onnx_import;

OpTable mlir::qnn::onnx_import::createOpTable() {
  OpTable table;
  populateConstant(table);
  populateConvolution(table);
  return table;
}
