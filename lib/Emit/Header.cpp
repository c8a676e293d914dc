//===- Header.cpp - Writes the self-contained C header of a model ------------------------------------------------===//
#include "quant-opt/Emit/Artifact.h"

#include "Embedded.h"

#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Identifiers.h"
#include "quant-opt/Support/Version.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

/// The C type of an ONNX element type. The 16-bit floats have none that C and C++ share.
static StringRef getCType(StringRef onnxType) {
  return llvm::StringSwitch<StringRef>(onnxType)
      .Case("float", "float")
      .Case("double", "double")
      .Case("int8", "int8_t")
      .Case("int16", "int16_t")
      .Case("int32", "int32_t")
      .Case("int64", "int64_t")
      .Case("uint16", "uint16_t")
      .Case("uint32", "uint32_t")
      .Case("uint64", "uint64_t")
      .Cases({"float16", "bfloat16"}, "uint16_t")
      .Default("uint8_t");
}

/// Text that is safe inside a comment.
static std::string commentText(StringRef text) {
  std::string clean = escapeText(text.take_front(200));
  llvm::replace(clean, '*', '?');
  llvm::replace(clean, '\\', '?');
  return clean;
}

static void writeStruct(raw_ostream &os, StringRef name, StringRef qualifier, ArrayRef<TensorInfo> tensors) {
  os << "typedef struct {\n";
  llvm::StringSet<> used;
  for (const TensorInfo &tensor : tensors) {
    std::string member = makeIdentifier(tensor.name);
    for (unsigned suffix = 2; !used.insert(member).second; ++suffix)
      member = makeIdentifier(tensor.name) + "_" + std::to_string(suffix);
    os << "  " << qualifier << getCType(tensor.type) << " *" << member << "; /* \"" << commentText(tensor.name)
       << "\", " << commentText(tensor.type) << " [";
    llvm::interleave(tensor.shape, os, ", ");
    os << "] */\n";
  }
  if (tensors.empty())
    os << "  const void *unused;\n";
  os << "} " << name << ";\n";
}

std::string qnn::emitHeader(const Program &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  const std::string &name = program.name;
  std::string guard = "QUANT_OPT_MODEL_" + StringRef(name).upper() + "_H";
  os << "/* The compiled model " << name << ", made by quant-opt " << getVersion() << ". */\n"
     << "#ifndef " << guard << "\n#define " << guard << "\n\n"
     << StringRef(quant_opt_embedded_abi, quant_opt_embedded_abi_end - quant_opt_embedded_abi) << "\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << "/* One pointer per model input, in the model's order: an array of pointers is the same. */\n";
  writeStruct(os, name + "_inputs", "const ", program.inputs);
  os << "\n/* One pointer per model output, in the model's order. */\n";
  writeStruct(os, name + "_outputs", "", program.outputs);
  os << "\n/* Bytes of a workspace, which is 64-byte aligned. One workspace per concurrent call; reused between calls. "
        "*/\n"
     << "size_t " << name << "_workspace_bytes(void);\n\n"
     << "/* Runs the model once on `threads` threads. Returns a quant_opt_status. Allocates nothing; the first call "
        "with more\n"
     << "   than one thread starts them. */\n"
     << "int " << name << "_run(const " << name << "_inputs *inputs, const " << name
     << "_outputs *outputs, void *workspace, int threads);\n\n"
     << "/* Names, types, shapes, hashes, and the CPU path chosen. Never null; valid while the library is loaded. */\n"
     << "const quant_opt_model_info *" << name << "_info(void);\n\n";
  if (!program.codes.empty())
    os << "/* As " << name << "_run; nanoseconds[i] receives what step i took, from the end of the step before it. */\n"
       << "int " << name << "_run_profiled(const " << name << "_inputs *inputs, const " << name
       << "_outputs *outputs, void *workspace,\n    int threads, int64_t *nanoseconds);\n\n"
       << "/* The steps of the CPU path chosen, in order; null if none could be. */\n"
       << "const quant_opt_step_info *" << name << "_steps(int64_t *count);\n\n";
  if (!program.observedEdges.empty())
    os << "/* As " << name << "_run on one thread; the values of every observed edge go to `observe`. */\n"
       << "int " << name << "_run_observed(const " << name << "_inputs *inputs, const " << name
       << "_outputs *outputs, void *workspace,\n    void *observer, quant_opt_observe_fn observe);\n\n"
       << "/* The observed edges; `observe` is given their numbers. */\n"
       << "const quant_opt_edge *" << name << "_observed_edges(int64_t *count);\n\n";
  os << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
  return text;
}
