//===- TestProgram.h - A program written by hand: out[i] = in[i] + weights[i % 4], in two steps ------------------===//
#ifndef QUANT_OPT_TEST_UNIT_EMIT_TESTPROGRAM_H
#define QUANT_OPT_TEST_UNIT_EMIT_TESTPROGRAM_H

#include "quant-opt/Emit/Program.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <cstring>

namespace mlir::qnn {

constexpr int64_t kCount = 1000;

/// Step `copy` puts the input into the workspace and shows it to the observer if there is one; step `add` adds the
/// weights on the way to the output.
inline const char *const kTestSteps = R"mlir(
  llvm.func @copy(%frame: !llvm.ptr, %begin: i64, %end: i64) {
    %inputs = llvm.load %frame : !llvm.ptr -> !llvm.ptr
    %in = llvm.load %inputs : !llvm.ptr -> !llvm.ptr
    %p2 = llvm.getelementptr %frame[2] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %work = llvm.load %p2 : !llvm.ptr -> !llvm.ptr
    %from = llvm.getelementptr %in[%begin] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %to = llvm.getelementptr %work[%begin] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %count = llvm.sub %end, %begin : i64
    %four = llvm.mlir.constant(4 : i64) : i64
    %bytes = llvm.mul %count, %four : i64
    "llvm.intr.memcpy"(%to, %from, %bytes) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
    %p4 = llvm.getelementptr %frame[4] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %observer = llvm.load %p4 : !llvm.ptr -> !llvm.ptr
    %null = llvm.mlir.zero : !llvm.ptr
    %on = llvm.icmp "ne" %observer, %null : !llvm.ptr
    llvm.cond_br %on, ^observe, ^done
  ^observe:
    %p5 = llvm.getelementptr %frame[5] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %function = llvm.load %p5 : !llvm.ptr -> !llvm.ptr
    %edge = llvm.mlir.constant(0 : i32) : i32
    llvm.call %function(%observer, %edge, %to, %count) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, i64) -> ()
    llvm.br ^done
  ^done:
    llvm.return
  }
  llvm.func @add(%frame: !llvm.ptr, %begin: i64, %end: i64) {
    %p1 = llvm.getelementptr %frame[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %outputs = llvm.load %p1 : !llvm.ptr -> !llvm.ptr
    %out = llvm.load %outputs : !llvm.ptr -> !llvm.ptr
    %p2 = llvm.getelementptr %frame[2] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %work = llvm.load %p2 : !llvm.ptr -> !llvm.ptr
    %p3 = llvm.getelementptr %frame[3] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %weights = llvm.load %p3 : !llvm.ptr -> !llvm.ptr
    %one = llvm.mlir.constant(1 : i64) : i64
    %three = llvm.mlir.constant(3 : i64) : i64
    llvm.br ^loop(%begin : i64)
  ^loop(%i: i64):
    %more = llvm.icmp "slt" %i, %end : i64
    llvm.cond_br %more, ^body, ^done
  ^body:
    %j = llvm.and %i, %three : i64
    %a = llvm.getelementptr %work[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %b = llvm.getelementptr %weights[%j] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %c = llvm.getelementptr %out[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %x = llvm.load %a : !llvm.ptr -> f32
    %y = llvm.load %b : !llvm.ptr -> f32
    %z = llvm.fadd %x, %y : f32
    llvm.store %z, %c : f32, !llvm.ptr
    %next = llvm.add %i, %one : i64
    llvm.br ^loop(%next : i64)
  ^done:
    llvm.return
  })mlir";

inline Program makeTestProgram(MLIRContext &context, ArrayRef<CpuPath> paths = getAllCpuPaths()) {
  context.loadDialect<LLVM::LLVMDialect>();
  Program program;
  program.name = "tiny";
  program.inputs = {{"in*/put\n", "float", {1, kCount}}};
  program.outputs = {{"float", "float", {1, kCount}}};
  program.observedEdges = {"copy"};
  program.workspaceBytes = kCount * sizeof(float);
  const float weights[] = {1, 2, 3, 4};
  program.weights.resize(sizeof(weights));
  memcpy(program.weights.data(), weights, sizeof(weights));
  for (CpuPath path : paths) {
    ProgramCode code;
    code.path = path;
    code.module = parseSourceString<ModuleOp>(kTestSteps, &context);
    code.steps = {{"copy", kCount, "layer \"1\""}, {"add", kCount, "layer 2"}};
    program.codes.push_back(std::move(code));
  }
  return program;
}

} // namespace mlir::qnn

#endif // QUANT_OPT_TEST_UNIT_EMIT_TESTPROGRAM_H
