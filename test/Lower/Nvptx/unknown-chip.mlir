// RUN: not quant-opt %s --qnn-lower-contractions-to-gpu=chip=sm_20 2>&1 | FileCheck %s
// RUN: not quant-opt %s --qnn-convert-to-nvvm=chip=sm_20 2>&1 | FileCheck %s

// CHECK: error: unknown GPU 'sm_20'; expected one of sm_61, sm_70, sm_75, sm_80, sm_86, sm_89, sm_90
module {
}
