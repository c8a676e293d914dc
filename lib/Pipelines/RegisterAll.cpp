//===- RegisterAll.cpp - Everything a tool needs registered
//-----------------------------------------------------------===//
#include "quant-opt/Pipelines/RegisterAll.h"

#include "quant-opt/Analysis/Passes.h"
#include "quant-opt/Calibrate/Passes.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Equalize/Passes.h"
#include "quant-opt/Import/Passes.h"
#include "quant-opt/InsertQdq/Passes.h"
#include "quant-opt/Integerize/Passes.h"
#include "quant-opt/Interfaces/QuantizableOpInterface.h"
#include "quant-opt/Lower/Common/BufferizationModels.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Normalize/Passes.h"
#include "quant-opt/Pipelines/Calibrate.h"
#include "quant-opt/Pipelines/LowerToX86.h"
#include "quant-opt/Pipelines/Normalize.h"
#include "quant-opt/Pipelines/QuantizeStatic.h"
  registerSimulatePasses();
