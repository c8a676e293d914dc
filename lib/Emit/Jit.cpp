//===- Jit.cpp - Runs a lowered program in this process ----------------------------------------------------------===//
#include "quant-opt/Emit/Jit.h"

#include "CodeGen.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdlib>

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct FreeDeleter {
  void operator()(char *memory) const { free(memory); }
};
using AlignedBytes = std::unique_ptr<char, FreeDeleter>;
} // namespace

/// Steps that observe call what they find in the frame.
static void ignore(void *, int32_t, const float *, int64_t) {}

struct JitModel::State {
  std::vector<TensorInfo> inputs, outputs;
  std::vector<std::string> observedEdges;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::vector<std::pair<quant_opt_step_fn, int64_t>> steps;
  AlignedBytes weights, workspace;
  int64_t workspaceBytes = 0;

  void run(size_t first, size_t number, ArrayRef<const void *> inputs, ArrayRef<void *> outputs, char *memory,
           void *observer, quant_opt_observe_fn observe) const {
    quant_opt_frame frame = {inputs.data(), outputs.data(), memory,
                             weights.get(), observer,       observe ? observe : ignore};
    for (auto [step, count] : ArrayRef(steps).slice(first, number))
      step(&frame, 0, count);
  }
};

JitModel::JitModel(std::unique_ptr<State> state) : state(std::move(state)) {}
JitModel::~JitModel() = default;

ArrayRef<TensorInfo> JitModel::getInputs() const { return state->inputs; }
ArrayRef<TensorInfo> JitModel::getOutputs() const { return state->outputs; }
ArrayRef<std::string> JitModel::getObservedEdges() const { return state->observedEdges; }

static AlignedBytes allocate(size_t bytes) {
  return AlignedBytes(static_cast<char *>(aligned_alloc(64, std::max<size_t>((bytes + 63) / 64 * 64, 64))));
}

/// The number of the first path, the best, that this machine can run.
static llvm::Expected<size_t> findPath(const Program &program) {
  for (auto [i, code] : llvm::enumerate(program.codes))
    if (hostSupports(code.path))
      return i;
  return makeToolError(ExitCode::BadInput, "the program holds no code that this machine can run");
}

llvm::Expected<std::unique_ptr<JitModel>> JitModel::create(Program &&program) {
  llvm::Expected<size_t> number = findPath(program);
  if (!number)
    return number.takeError();
  std::swap(program.codes.front(), program.codes[*number]);
  program.codes.resize(1);
  llvm::Expected<MachineCode> code = compileProgram(program);
  if (!code)
    return code.takeError();
  return load(program, *code);
}

llvm::Expected<std::unique_ptr<JitModel>> JitModel::load(const Program &program, const MachineCode &code) {
  llvm::Expected<size_t> number = findPath(program);
  if (!number)
    return number.takeError();
  const ProgramCode &path = program.codes[*number];
  auto state = std::make_unique<State>();
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  state->jit = std::move(*jit);
  auto search =
      llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(state->jit->getDataLayout().getGlobalPrefix());
  if (!search)
    return search.takeError();
  state->jit->getMainJITDylib().addGenerator(std::move(*search));
  for (const llvm::SmallVector<char, 0> &object : code.objects[*number])
    if (llvm::Error error = state->jit->addObjectFile(
            llvm::MemoryBuffer::getMemBufferCopy(StringRef(object.data(), object.size()), program.name)))
      return error;
  const std::string prefix = getStepPrefix(program, path.path);
  for (const ProgramStep &step : path.steps) {
    llvm::Expected<llvm::orc::ExecutorAddr> address = state->jit->lookup(addPrefix(prefix, step.symbol));
    if (!address)
      return address.takeError();
    state->steps.push_back({address->toPtr<quant_opt_step_fn>(), step.count});
  }

  state->weights = allocate(program.weights.size());
  state->workspaceBytes = program.workspaceBytes;
  state->workspace = allocate(program.workspaceBytes);
  if (!state->weights || !state->workspace)
    return makeToolError(ExitCode::Limit, "out of memory for the weights or the workspace");
  std::copy(program.weights.begin(), program.weights.end(), state->weights.get());
  state->inputs = program.inputs;
  state->outputs = program.outputs;
  state->observedEdges = program.observedEdges;
  return std::unique_ptr<JitModel>(new JitModel(std::move(state)));
}

void JitModel::run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs, void *observer,
                   quant_opt_observe_fn observe) {
  state->run(0, state->steps.size(), inputs, outputs, state->workspace.get(), observer, observe);
}

JitModel::Workspace JitModel::createWorkspace() const {
  return Workspace(allocate(state->workspaceBytes).release(), free);
}

void JitModel::run(ArrayRef<const void *> inputs, ArrayRef<void *> outputs, const Workspace &workspace, void *observer,
                   quant_opt_observe_fn observe) const {
  state->run(0, state->steps.size(), inputs, outputs, workspace.get(), observer, observe);
}

size_t JitModel::getNumSteps() const { return state->steps.size(); }

void JitModel::runStep(size_t step, ArrayRef<const void *> inputs, ArrayRef<void *> outputs, const Workspace &workspace,
                       void *observer, quant_opt_observe_fn observe) const {
  state->run(step, 1, inputs, outputs, workspace.get(), observer, observe);
}
