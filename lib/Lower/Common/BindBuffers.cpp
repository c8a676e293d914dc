//===- BindBuffers.cpp - Arguments, results and constants become named buffers -----------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Support/Packing.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_BINDBUFFERSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// The weights blob: equal constants share bytes.
class Blob {
public:
  static constexpr size_t kAlignment = 64;

  explicit Blob(size_t capacity)
      : capacity(capacity), data(static_cast<char *>(llvm::allocate_buffer(capacity, kAlignment))) {}
  ~Blob() {
    if (data)
      llvm::deallocate_buffer(data, capacity, kAlignment);
  }
  Blob(const Blob &) = delete;
  Blob &operator=(const Blob &) = delete;

  int64_t add(ArrayRef<char> constant) {
    SmallVector<int64_t> &candidates = offsets[{llvm::hash_combine_range(constant), constant.size()}];
    for (int64_t offset : candidates)
      if (std::equal(constant.begin(), constant.end(), data + offset))
        return offset;
    const int64_t offset = size;
    std::copy(constant.begin(), constant.end(), data + offset);
    size = llvm::alignTo(offset + constant.size(), kAlignment);
    std::fill(data + offset + constant.size(), data + size, 0);
    candidates.push_back(offset);
    return offset;
  }

  bool isEmpty() const { return size == 0; }
  int64_t getSize() const { return size; }
  /// Gives the bytes away.
  AsmResourceBlob take() {
    return AsmResourceBlob(
        ArrayRef<char>(std::exchange(data, nullptr), size), kAlignment,
        [capacity = capacity](void *bytes, size_t, size_t align) { llvm::deallocate_buffer(bytes, capacity, align); },
        /*dataIsMutable=*/false);
  }

private:
  size_t capacity;
  int64_t size = 0;
  char *data;
  DenseMap<std::pair<size_t, size_t>, SmallVector<int64_t>> offsets;
};
} // namespace

/// The ONNX name of an IR element type, for models that did not come from ONNX.
static StringRef getOnnxType(Type type) {
  if (type.isF32())
    return "float";
  if (type.isF64())
    return "double";
  if (type.isF16())
    return "float16";
  if (type.isBF16())
    return "bfloat16";
  if (type.isInteger(1))
    return "bool";
  if (type.isInteger(16))
    return "int16";
  if (type.isInteger(32))
    return "int32";
  if (type.isInteger(64))
    return "int64";
  return "int8";
}

/// The entry of a program's signature for one argument or result.
static DictionaryAttr describe(Builder &builder, DictionaryAttr attributes, RankedTensorType type,
                               StringRef defaultName) {
  StringAttr name = attributes ? attributes.getAs<StringAttr>("qnn.name") : StringAttr();
  StringAttr onnxType = attributes ? attributes.getAs<StringAttr>("qnn.type") : StringAttr();
  SmallVector<NamedAttribute> entry = {
      builder.getNamedAttr("name", name ? name : builder.getStringAttr(defaultName)),
      builder.getNamedAttr("tensor", TypeAttr::get(type)),
      builder.getNamedAttr("type", onnxType ? onnxType : builder.getStringAttr(getOnnxType(type.getElementType())))};
  if (auto packing = attributes ? attributes.getAs<DictionaryAttr>(kPackingAttr) : DictionaryAttr())
    entry.push_back(builder.getNamedAttr("packing", packing));
  return builder.getDictionaryAttr(entry);
}

/// The bytes of a constant as they lie in memory; an i1 takes a byte.
static std::optional<std::vector<char>> getStoredBytes(ElementsAttr attr) {
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense || !attr.getElementType().isInteger(1))
    return readBytes(attr);
  std::vector<char> bytes;
  for (bool value : dense.getValues<bool>())
    bytes.push_back(value);
  return bytes;
}

static FailureOr<RankedTensorType> getStaticType(func::FuncOp function, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto isStored = [](Type element) {
    return element.isIntOrFloat() && (element.isInteger(1) || element.getIntOrFloatBitWidth() % 8 == 0);
  };
  if (!tensor || !tensor.hasStaticShape() || !isStored(tensor.getElementType()))
    return function.emitOpError("expected tensors of integers or floats of whole bytes with static shapes, found ")
           << type;
  return tensor;
}

static Value createTensorOf(OpBuilder &builder, Location loc, BufferKind kind, int64_t position,
                            RankedTensorType type) {
  auto memref = MemRefType::get(type.getShape(), type.getElementType());
  Value buffer = BufferOp::create(builder, loc, memref, kind, position);
  return bufferization::ToTensorOp::create(builder, loc, type, buffer, /*restrict=*/true, /*writable=*/false);
}

/// The constants of tensors.
static SmallVector<arith::ConstantOp> getConstants(func::FuncOp function) {
  SmallVector<arith::ConstantOp> constants;
  function.walk([&](arith::ConstantOp op) {
    if (isa<RankedTensorType>(op.getType()))
      constants.push_back(op);
  });
  return constants;
}

/// At most so many bytes will lie in the blob.
static size_t getCapacity(func::FuncOp function) {
  llvm::SmallDenseSet<Attribute> seen;
  size_t capacity = Blob::kAlignment;
  for (arith::ConstantOp constant : getConstants(function)) {
    auto type = cast<RankedTensorType>(constant.getType());
    if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat() || !seen.insert(constant.getValue()).second)
      continue;
    const size_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8) * type.getNumElements();
    capacity += llvm::alignTo(bytes, Blob::kAlignment);
  }
  return capacity;
}

static LogicalResult bindConstants(func::FuncOp function, Blob &blob) {
  OpBuilder builder(function.getContext());
  DenseMap<Attribute, Value> known;
  for (arith::ConstantOp constant : getConstants(function)) {
    auto attr = dyn_cast<ElementsAttr>(constant.getValue());
    Value &tensor = known[constant.getValue()];
    if (!tensor && !constant.use_empty()) {
      FailureOr<RankedTensorType> type = getStaticType(function, constant.getType());
      if (failed(type))
        return failure();
      std::optional<std::vector<char>> bytes = attr ? getStoredBytes(attr) : std::nullopt;
      if (!bytes)
        return constant.emitOpError("holds a constant whose bytes cannot be read");
      // Not a fixed point: the operation there may be a constant that is erased.
      builder.setInsertionPointToStart(&function.front());
      tensor = createTensorOf(builder, constant.getLoc(), BufferKind::Weights, blob.add(*bytes), *type);
    }
    if (tensor)
      constant.replaceAllUsesWith(tensor);
    constant.erase();
  }
  return success();
}

/// Numbers the observed edges; an edge observed twice keeps its number. `steps` receives their scales, 0 without one.
static ArrayAttr numberObservedEdges(func::FuncOp function, Builder &builder, SmallVectorImpl<float> &steps) {
  llvm::MapVector<StringAttr, int32_t> edges;
  function.walk([&](ObserveOp observe) {
    auto [entry, isNew] = edges.insert({observe.getEdgeAttr(), static_cast<int32_t>(edges.size())});
    if (isNew)
      steps.push_back(observe.getStep() ? observe.getStep()->convertToFloat() : 0.0f);
    observe->setAttr("edge_number", builder.getI32IntegerAttr(entry->second));
  });
  if (edges.empty())
    return nullptr;
  return builder.getArrayAttr(llvm::map_to_vector(edges, [](auto &entry) -> Attribute { return entry.first; }));
}

static LogicalResult bindFunction(func::FuncOp function) {
  OpBuilder builder = OpBuilder::atBlockBegin(&function.front());
  SmallVector<Attribute> inputs, outputs;
  Block &body = function.front();
  for (BlockArgument arg : body.getArguments()) {
    FailureOr<RankedTensorType> type = getStaticType(function, arg.getType());
    if (failed(type))
      return failure();
    unsigned i = arg.getArgNumber();
    inputs.push_back(describe(builder, function.getArgAttrDict(i), *type, "input_" + std::to_string(i)));
    arg.replaceAllUsesWith(createTensorOf(builder, arg.getLoc(), BufferKind::Input, i, *type));
  }
  Blob blob(getCapacity(function));
  if (failed(bindConstants(function, blob)))
    return failure();

  builder.setInsertionPointToStart(&body);
  auto terminator = cast<func::ReturnOp>(body.getTerminator());
  OpBuilder atEnd(terminator);
  for (OpOperand &operand : terminator->getOpOperands()) {
    FailureOr<RankedTensorType> type = getStaticType(function, operand.get().getType());
    if (failed(type))
      return failure();
    unsigned i = operand.getOperandNumber();
    DictionaryAttr attributes = function.getResultAttrDict(i);
    outputs.push_back(describe(builder, attributes, *type, "output_" + std::to_string(i)));
    // A reshape in front of an output is only another type of that output.
    Value value = operand.get();
    while (value.getDefiningOp<tensor::CollapseShapeOp>() || value.getDefiningOp<tensor::ExpandShapeOp>())
      value = value.getDefiningOp()->getOperand(0);
    auto valueType = cast<RankedTensorType>(value.getType());
    // At the top, so that every value's producer may write it in place.
    Value buffer =
        BufferOp::create(builder, terminator.getLoc(),
                         MemRefType::get(valueType.getShape(), valueType.getElementType()), BufferKind::Output, i);
    auto store = bufferization::MaterializeInDestinationOp::create(atEnd, value.getLoc(), TypeRange(), value, buffer);
    store.setRestrict(true);
    store.setWritable(true);
  }
  terminator->setOperands({});
  SmallVector<float> steps;
  ArrayAttr observed = numberObservedEdges(function, builder, steps);
  body.eraseArguments(0, body.getNumArguments());
  function.setType(builder.getFunctionType({}, {}));
  function.removeArgAttrsAttr();
  function.removeResAttrsAttr();

  ElementsAttr weights;
  if (!blob.isEmpty()) {
    auto type = RankedTensorType::get(blob.getSize(), builder.getI8Type());
    weights = DenseResourceElementsAttr::get(type, "weights", blob.take());
  }
  builder.setInsertionPoint(function);
  auto program = ProgramOp::create(
      builder, function.getLoc(), function.getSymNameAttr(), builder.getArrayAttr(inputs),
      builder.getArrayAttr(outputs), builder.getI64IntegerAttr(0), observed, weights,
      llvm::any_of(steps, [](float step) { return step != 0; }) ? builder.getDenseF32ArrayAttr(steps) : nullptr);
  program.getSteps().emplaceBlock();
  return success();
}

namespace {
struct BindBuffers : public qnn::impl::BindBuffersPassBase<BindBuffers> {
  void runOnOperation() override {
    func::FuncOp model;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      if (model) {
        function.emitOpError("is a second public function; expected one model in a module, found @")
            << model.getName() << " before it";
        return signalPassFailure();
      }
      model = function;
    }
    if (!model) {
      getOperation().emitError("expected one public function with a body, found none");
      return signalPassFailure();
    }
    if (!model.getBody().hasOneBlock()) {
      model.emitOpError("expected one block, found ") << model.getBody().getBlocks().size();
      return signalPassFailure();
    }
    if (failed(bindFunction(model)))
      signalPassFailure();
  }
};
} // namespace
