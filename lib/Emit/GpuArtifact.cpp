//===- GpuArtifact.cpp - Links a GPU's kernels, tables, weights and runtime into one library ---------------------===//
#include "Embedded.h"
#include "Link.h"
#include "Tables.h"
#include "quant-opt/Emit/GpuProgram.h"

#include "quant-opt/Data/ElementTypes.h"
#include "quant-opt/Support/Diagnostics.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// Builds the module that holds what Runtime/Gpu.h declares for one model.
class GpuTableBuilder : public Tables {
public:
  GpuTableBuilder(const GpuProgram &gpu, const EmitOptions &options) : Tables(gpu.model, options), gpu(gpu) {}

  llvm::Expected<OwnedModule> build(StringRef weightsPath, StringRef ptx, ArrayRef<char> cubin);

private:
  llvm::Constant *images(StringRef ptx, ArrayRef<char> cubin);
  llvm::Constant *launches();
  llvm::Constant *sizes(ArrayRef<TensorInfo> tensors);

  const GpuProgram &gpu;
};
} // namespace

llvm::Constant *GpuTableBuilder::images(StringRef ptx, ArrayRef<char> cubin) {
  auto *type = llvm::StructType::get(*context, {pointer, i32, i32});
  auto image = [&](StringRef bytes, bool isCubin) {
    // PTX ends with a zero byte; the driver reads the size of a cubin from its header.
    auto *value = llvm::ConstantDataArray::getString(*context, bytes, /*AddNull=*/!isCubin);
    auto *global = new llvm::GlobalVariable(*module, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value);
    global->setAlignment(llvm::Align(16));
    return llvm::ConstantStruct::get(type, {global, builder.getInt32(gpu.chip.version), builder.getInt32(isCubin)});
  };
  SmallVector<llvm::Constant *> values;
  if (!cubin.empty())
    values.push_back(image(StringRef(cubin.data(), cubin.size()), true));
  values.push_back(image(ptx, false));
  return array(type, values);
}

llvm::Constant *GpuTableBuilder::launches() {
  auto *bufferType = llvm::StructType::get(*context, {i64, i64});
  auto *launchType = llvm::StructType::get(*context, {pointer, pointer, i64, i64, i64, pointer, i64});
  llvm::StringMap<llvm::Constant *> strings;
  auto shared = [&](StringRef text) {
    llvm::Constant *&known = strings[text];
    if (!known)
      known = string(text);
    return known;
  };
  SmallVector<llvm::Constant *> values;
  for (const GpuLaunch &launch : gpu.launches) {
    SmallVector<llvm::Constant *> buffers;
    for (const GpuBuffer &buffer : launch.buffers)
      buffers.push_back(
          llvm::ConstantStruct::get(bufferType, {builder.getInt64(buffer.kind), builder.getInt64(buffer.position)}));
    values.push_back(llvm::ConstantStruct::get(
        launchType,
        {shared(launch.kernel), shared(launch.layer), builder.getInt64(launch.grid), builder.getInt64(launch.block),
         builder.getInt64(launch.count), array(bufferType, buffers), builder.getInt64(buffers.size())}));
  }
  return array(launchType, values);
}

llvm::Constant *GpuTableBuilder::sizes(ArrayRef<TensorInfo> tensors) {
  SmallVector<llvm::Constant *> values;
  for (const TensorInfo &tensor : tensors) {
    const ElementTypeInfo *type = findElementType(tensor.type);
    int64_t bytes = type ? type->bytes : 1;
    for (int64_t size : tensor.shape)
      bytes *= size;
    values.push_back(builder.getInt64(bytes));
  }
  return array(i64, values);
}

llvm::Expected<OwnedModule> GpuTableBuilder::build(StringRef weightsPath, StringRef ptx, ArrayRef<char> cubin) {
  llvm::Constant *target = string("nvptx-" + gpu.chip.getName());
  llvm::Constant *none = llvm::ConstantPointerNull::get(pointer);
  auto *initial = llvm::ConstantStruct::getAnon(
      *context,
      {info({target}, target, /*workspaceBytes=*/0), images(ptx, cubin), builder.getInt64(cubin.empty() ? 1 : 2),
       launches(), builder.getInt64(gpu.launches.size()), weights(weightsPath),
       builder.getInt64(program.weights.size()), builder.getInt64(program.workspaceBytes), sizes(program.inputs),
       sizes(program.outputs), builder.getInt32(0), builder.getInt32(0), none});
  auto *model = new llvm::GlobalVariable(*module, initial->getType(), false, llvm::GlobalValue::InternalLinkage,
                                         initial, program.name + "__model");
  entryPoints(model, "quant_opt_gpu_model", /*workspaceBytes=*/0);
  StringRef runtime(quant_opt_embedded_gpu_runtime,
                    quant_opt_embedded_gpu_runtime_end - quant_opt_embedded_gpu_runtime);
  if (llvm::Error error = addRuntime(runtime))
    return error;
  return OwnedModule{std::move(context), std::move(module)};
}

llvm::Expected<std::vector<char>> qnn::emitGpuArtifact(GpuProgram &program, const EmitOptions &options) {
  llvm::Expected<std::string> ptx = emitPtx(program);
  if (!ptx)
    return ptx.takeError();
  llvm::Expected<std::vector<char>> cubin = assemblePtx(*ptx, program.chip);
  if (!cubin)
    return cubin.takeError();
  llvm::Expected<MemoryFile> weights = MemoryFile::create(program.model.weights);
  if (!weights)
    return weights.takeError();
  llvm::Expected<OwnedModule> tables = GpuTableBuilder(program, options).build(weights->getPath(), *ptx, *cubin);
  if (!tables)
    return tables.takeError();
  llvm::Expected<llvm::SmallVector<char, 0>> object = compileToObject(*tables->module, CpuPath::X86_64);
  if (!object)
    return object.takeError();
  const std::string &name = program.model.name;
  if (options.kind == ArtifactKind::Object)
    return linkObject({std::move(*object)});
  return linkShared({std::move(*object)}, {name + "_run", name + "_workspace_bytes", name + "_info"}, options.soname);
}

llvm::Expected<std::vector<char>> qnn::emitEmulation(GpuProgram &program, const EmitOptions &options) {
  MLIRContext *mlirContext = program.module->getContext();
  registerBuiltinDialectTranslation(*mlirContext);
  registerLLVMDialectTranslation(*mlirContext);
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(*program.module, context, "quant-opt");
  if (!module)
    return makeToolError(ExitCode::Internal, "the emulated kernels cannot be translated to LLVM IR");
  module->setSourceFileName("quant-opt");
  CpuPath path = getHostCpuPath();
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", "x86-64");
    if (StringRef features = getCpuFeatures(path); !features.empty())
      function.addFnAttr("target-features", features);
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.setUWTableKind(llvm::UWTableKind::None);
  }
  if (llvm::Error error = optimize(*module, path))
    return error;
  llvm::Expected<llvm::SmallVector<char, 0>> object = compileToObject(*module, path);
  if (!object)
    return object.takeError();
  std::vector<std::string> kernels;
  for (const GpuLaunch &launch : program.launches)
    if (!llvm::is_contained(kernels, launch.kernel))
      kernels.push_back(launch.kernel);
  return linkShared({std::move(*object)}, kernels, options.soname);
}
