// Decisions belong to the Calibrated form, and end with it.
// RUN: quant-opt %s --qnn-insert-qdq | FileCheck %s

// CHECK: module
// CHECK-NOT: qnn.decisions
module attributes {qnn.decisions = [{layer = "fc", pass = "qnn-correct-bias", text = "corrected"}]} {
  func.func @a_model_without_contractions(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}
