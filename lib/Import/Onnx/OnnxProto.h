//===- OnnxProto.h - The schema of ONNX files as the distribution compiled it ------------------------------------===//
#ifndef QUANT_OPT_LIB_IMPORT_ONNX_ONNXPROTO_H
#define QUANT_OPT_LIB_IMPORT_ONNX_ONNXPROTO_H

#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#include <onnx/onnx_pb.h>

#endif // QUANT_OPT_LIB_IMPORT_ONNX_ONNXPROTO_H
