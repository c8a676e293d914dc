//===- Importer.cpp - Reading an ONNX file into the Imported form ------------------------------------------------===//
#include "quant-opt/Import/Onnx/Importer.h"

#include "ConstantEvaluator.h"
#include "NodeImporter.h"
#include "OnnxProto.h"
#include "TensorLoader.h"

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Support/Identifiers.h"
#include "quant-opt/Support/Sha256.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::onnx_import;

namespace {

constexpr int64_t kOldestOpset = 1, kNewestOpset = 22;
/// Protobuf's own limit for one message.
constexpr uint64_t kMaxModelBytes = (uint64_t(1) << 31) - 1;
constexpr size_t kMaxListedFailures = 16;

class GraphImporter {
public:
  GraphImporter(StringRef path, const ImportOptions &options, MLIRContext *context)
      : path(path), options(options), context(context), b(UnknownLoc::get(context), context), loader(path) {}

  OwningOpRef<ModuleOp> import();

private:
  InFlightDiagnostic error() { return emitError(NameLoc::get(StringAttr::get(context, printable(path)))); }

  bool readFile();
  bool checkVersions();
  bool importInitializers();
  bool importInputs();
  std::optional<SmallVector<int64_t>> resolveShape(const ::onnx::ValueInfoProto &input);
  bool importNodes();
  void importNode(const ::onnx::NodeProto &node);
  bool collectInputs(const ::onnx::NodeProto &node, StringRef name, SmallVectorImpl<GraphValue> &inputs);
  void foldConstants(Operation *before, MutableArrayRef<GraphValue> results, StringRef name);
  bool importOutputs();
  std::string makeUniqueName(StringRef name);
  void fail(StringRef node, StringRef op, const Twine &reason) {
    failures.push_back({node.str(), op.str(), reason.str()});
  }

  StringRef path;
  const ImportOptions &options;
  MLIRContext *context;
  ImplicitLocOpBuilder b;
  TensorLoader loader;
  OpTable table = createOpTable();

  ::onnx::ModelProto model;
  std::string hash;
  int64_t opset = 0;
  func::FuncOp function;
  llvm::StringMap<GraphValue> values;
  llvm::StringSet<> unavailable; // outputs of nodes that failed
  llvm::StringMap<unsigned> usedNames;
  SmallVector<NodeFailure> failures;
};

bool GraphImporter::readFile() {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status)) {
    error() << "cannot read the model: " << code.message();
    return false;
  }
  if (status.type() != llvm::sys::fs::file_type::regular_file) {
    error() << "cannot read the model: not a regular file";
    return false;
  }
  if (status.getSize() > kMaxModelBytes) {
    error() << "the model file has " << status.getSize() << " bytes, over the limit of " << kMaxModelBytes
            << "; keep large weights in external data";
    return false;
  }
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer) {
    error() << "cannot read the model: " << buffer.getError().message();
    return false;
  }
  ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>((*buffer)->getBufferStart()), (*buffer)->getBufferSize());
  hash = Sha256::hash((*buffer)->getBuffer());

  google::protobuf::LogSilencer silencer;
  google::protobuf::io::CodedInputStream stream(bytes.data(), bytes.size());
  stream.SetRecursionLimit(64);
  if (!model.ParsePartialFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    error() << "not an ONNX model: the file is damaged or of another format";
    return false;
  }
  if (!model.has_graph() || model.graph().output_size() == 0) {
    error() << "not an ONNX model: it has no graph with outputs";
    return false;
  }
  return true;
}

bool GraphImporter::checkVersions() {
  for (const auto &import : model.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx")
      opset = import.version();
  if (opset < kOldestOpset || opset > kNewestOpset) {
    error() << "the model imports opset " << opset << "; opsets 7 to " << kNewestOpset << " are supported";
    return false;
  }
  if (model.graph().sparse_initializer_size()) {
    error() << "sparse initializers are not supported";
    return false;
  }
  return true;
}

std::string GraphImporter::makeUniqueName(StringRef name) {
  std::string candidate = name.str();
  while (!usedNames.try_emplace(candidate, 0).second)
    candidate = (name + "_" + Twine(++usedNames[name])).str();
  return candidate;
}

bool GraphImporter::importInitializers() {
  for (const ::onnx::TensorProto &tensor : model.graph().initializer()) {
    StringRef name(tensor.name());
    if (name.empty()) {
      error() << "an initializer has no name";
      return false;
    }
    b.setLoc(NameLoc::get(b.getStringAttr(name)));
    std::string reason;
    GraphValue value = loader.load(b, tensor, name, reason);
    if (!value.value) {
      error() << "initializer '" << printable(name) << "': " << reason;
      return false;
    }
    if (!values.try_emplace(name, value).second) {
      error() << "'" << printable(name) << "' is defined twice";
      return false;
    }
  }
  return true;
}

std::optional<SmallVector<int64_t>> GraphImporter::resolveShape(const ::onnx::ValueInfoProto &input) {
  SmallVector<int64_t> shape;
  std::string name = printable(input.name());
  const auto &type = input.type().tensor_type();
  if (!type.has_shape()) {
    error() << "input '" << name << "' has no shape; export the model with one";
    return std::nullopt;
  }
  for (auto [i, dim] : llvm::enumerate(type.shape().dim())) {
    if (dim.has_dim_value() && dim.dim_value() >= 0) {
      shape.push_back(dim.dim_value());
      continue;
    }
    auto it = options.dims.find(dim.dim_param());
    if (!dim.dim_param().empty() && it != options.dims.end()) {
      if (it->second < 1) {
        error() << "--dim " << printable(dim.dim_param()) << "=" << it->second << " is not positive";
        return std::nullopt;
      }
      shape.push_back(it->second);
    } else if (i == 0) {
      shape.push_back(1);
    } else if (dim.dim_param().empty()) {
      error() << "dimension " << i << " of input '" << name
              << "' is unknown and has no name; export the model with its size";
      return std::nullopt;
    } else {
      error() << "dimension " << i << " of input '" << name << "' is symbolic; give its size with --dim "
              << printable(dim.dim_param()) << "=VALUE";
      return std::nullopt;
    }
  }
  if (!countElements(shape)) {
    error() << "input '" << name << "' has more than " << kMaxRank << " dimensions or more than " << kMaxElements
            << " elements";
    return std::nullopt;
  }
  return shape;
}

bool GraphImporter::importInputs() {
  // A misspelt --dim must not be ignored.
  llvm::StringSet<> dimNames;
  for (const ::onnx::ValueInfoProto &input : model.graph().input())
    for (const auto &dim : input.type().tensor_type().shape().dim())
      if (!dim.dim_param().empty())
        dimNames.insert(dim.dim_param());
  for (const auto &[name, size] : options.dims) {
    if (dimNames.contains(name))
      continue;
    std::string nearest;
    unsigned distance = ~0u;
    for (const auto &entry : dimNames) {
      unsigned other = entry.first().edit_distance(name);
      if (other < distance || (other == distance && entry.first() < nearest)) {
        distance = other;
        nearest = entry.first().str();
      }
    }
    InFlightDiagnostic diag = error();
    diag << "--dim " << printable(name) << "=" << size << ": the model has no symbolic dimension of that name";
    if (!nearest.empty())
      diag << "; did you mean '" << printable(nearest) << "'?";
    return false;
  }

  for (const ::onnx::ValueInfoProto &input : model.graph().input()) {
    // An initializer of the same name is the input's value; before IR version 4 every initializer is listed as an
    // input.
    if (values.contains(input.name()))
      continue;
    std::string name = printable(input.name());
    if (input.name().empty()) {
      error() << "an input has no name";
      return false;
    }
    ElementType type = getElementType(input.type().tensor_type().elem_type());
    if (!input.type().has_tensor_type() || type == ElementType::None) {
      error() << "input '" << name << "' is not a tensor of a supported element type";
      return false;
    }
    std::optional<SmallVector<int64_t>> shape = resolveShape(input);
    if (!shape)
      return false;
    Location loc = NameLoc::get(b.getStringAttr(input.name()));
    DictionaryAttr attrs = b.getDictionaryAttr({b.getNamedAttr("qnn.name", b.getStringAttr(input.name())),
                                                b.getNamedAttr("qnn.type", b.getStringAttr(getElementTypeName(type)))});
    unsigned index = function.getNumArguments();
    if (failed(function.insertArgument(index, RankedTensorType::get(*shape, getIrType(type, context)), attrs, loc)))
      return false;
    values[input.name()] = {function.getArgument(index), type};
  }
  return true;
}

bool GraphImporter::collectInputs(const ::onnx::NodeProto &node, StringRef name, SmallVectorImpl<GraphValue> &inputs) {
  for (const std::string &input : node.input()) {
    auto it = values.find(input);
    if (input.empty()) {
      inputs.push_back({});
    } else if (it != values.end()) {
      inputs.push_back(it->second);
    } else {
      // What follows from another node's failure is not worth a line of its own.
      if (!unavailable.contains(input))
        fail(name, node.op_type(),
             "reads '" + printable(input) +
                 "', which no input, initializer or earlier node defines (the graph must be " +
                 "sorted and free of cycles)");
      return false;
    }
  }
  return true;
}

void GraphImporter::foldConstants(Operation *before, MutableArrayRef<GraphValue> results, StringRef name) {
  Block *block = b.getInsertionBlock();
  SmallVector<Operation *> operations;
  for (auto it = before ? std::next(before->getIterator()) : block->begin(); it != block->end(); ++it)
    operations.push_back(&*it);
  ConstantEvaluator evaluator;
  for (Operation *op : operations)
    if (failed(evaluator.evaluate(op)))
      return;
  for (GraphValue &result : results) {
    if (!result.value || getConstantElements(result.value))
      continue;
    const ConstantEvaluator::Tensor *tensor = evaluator.getTensor(result.value);
    if (!tensor)
      return;
    result.value = createConstantFromBytes(b, b.getLoc(), tensor->type, tensor->bytes, name);
  }
  for (Operation *op : llvm::reverse(operations))
    if (isOpTriviallyDead(op) &&
        !llvm::is_contained(llvm::map_range(results, [](GraphValue v) { return v.value.getDefiningOp(); }), op))
      op->erase();
}

void GraphImporter::importNode(const ::onnx::NodeProto &node) {
  StringRef op(node.op_type());
  std::string firstOutput;
  for (const std::string &output : node.output())
    if (firstOutput.empty())
      firstOutput = output;
  std::string name = makeUniqueName(node.name().empty() ? op.str() + "_" + firstOutput : node.name());

  bool known = true;
  const OpEntry *entry = table.find(op);
  if (!node.domain().empty() && node.domain() != "ai.onnx") {
    fail(name, op, "domain '" + printable(node.domain()) + "' is not supported");
    known = false;
  } else if (!entry) {
    fail(name, op, "the operator is not supported");
    known = false;
  } else if (opset < entry->oldestOpset) {
    fail(name, op,
         "the operator as of opset " + Twine(opset) + " is not supported; opsets 7 to " + Twine(kNewestOpset) + " are");
    known = false;
  }

  SmallVector<GraphValue> inputs;
  SmallVector<GraphValue> results;
  bool ok = known && collectInputs(node, name, inputs);
  if (ok && inputs.size() > entry->maxInputs) {
    fail(name, op, "has " + Twine(inputs.size()) + " inputs, at most " + Twine(entry->maxInputs) + " are expected");
    ok = false;
  }
  for (unsigned i = 0; ok && i < entry->requiredInputs; ++i) {
    if (i < inputs.size() && inputs[i].value)
      continue;
    fail(name, op, "input " + Twine(i) + " is missing");
    ok = false;
  }
  for (const auto &attr : node.attribute()) {
    if (ok && !attr.ref_attr_name().empty()) {
      fail(name, op, "attribute '" + printable(attr.name()) + "' refers to a function's attribute");
      ok = false;
    }
  }
  if (ok) {
    b.setLoc(NameLoc::get(b.getStringAttr(name)));
    Block *block = b.getInsertionBlock();
    Operation *before = block->empty() ? nullptr : &block->back();
    size_t failuresBefore = failures.size();
    NodeImporter importer(node, name, opset, inputs, b, loader, failures);
    ok = succeeded(entry->import(importer));
    results.assign(importer.getResults().begin(), importer.getResults().end());
    if (!ok && failures.size() == failuresBefore)
      fail(name, op, "cannot be imported");
    for (unsigned i = 0; ok && i < importer.numOutputs(); ++i) {
      if (!importer.hasOutput(i) || results[i].value)
        continue;
      fail(name, op, "output " + Twine(i) + " is not supported");
      ok = false;
    }
    if (ok && llvm::all_of(inputs, [](GraphValue v) { return !v.value || getConstantElements(v.value); }))
      foldConstants(before, results, name);
  }
  for (auto [i, output] : llvm::enumerate(node.output())) {
    if (output.empty())
      continue;
    if (!ok) {
      unavailable.insert(output);
    } else if (!values.try_emplace(output, results[i]).second) {
      fail(name, op, "defines '" + printable(output) + "', which is defined already");
    }
  }
}

bool GraphImporter::importNodes() {
  for (const ::onnx::NodeProto &node : model.graph().node())
    importNode(node);
  if (failures.empty())
    return true;
  InFlightDiagnostic diag = error();
  diag << failures.size() << (failures.size() == 1 ? " node" : " nodes") << " cannot be imported";
  for (const NodeFailure &failure : ArrayRef(failures).take_front(kMaxListedFailures))
    diag.attachNote() << "node '" << printable(failure.node) << "' (" << printable(failure.op)
                      << "): " << failure.reason;
  if (failures.size() > kMaxListedFailures) {
    // The rest by operator, so that all that is missing is seen at once.
    std::map<std::string, unsigned> rest;
    for (const NodeFailure &failure : ArrayRef(failures).drop_front(kMaxListedFailures))
      ++rest[printable(failure.op)];
    Diagnostic &note = diag.attachNote();
    note << "and " << (failures.size() - kMaxListedFailures) << " more:";
    size_t listed = 0;
    for (const auto &[op, count] : rest) {
      if (++listed > kMaxListedFailures) {
        note << " ...";
        break;
      }
      note << " " << op << " (" << count << ")";
    }
  }
  return false;
}

bool GraphImporter::importOutputs() {
  SmallVector<Value> results;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attrs;
  llvm::StringSet<> seen;
  for (const ::onnx::ValueInfoProto &output : model.graph().output()) {
    std::string name = printable(output.name());
    auto it = values.find(output.name());
    if (it == values.end()) {
      error() << "output '" << name << "' is not defined by any node, input or initializer";
      return false;
    }
    if (!seen.insert(output.name()).second) {
      error() << "output '" << name << "' is listed twice";
      return false;
    }
    ElementType type = it->second.type;
    int32_t declared = output.type().tensor_type().elem_type();
    if (output.type().has_tensor_type() && declared != 0 && getElementType(declared) != type) {
      error() << "output '" << name << "' is declared with element type "
              << (getElementType(declared) == ElementType::None ? Twine(declared).str()
                                                                : getElementTypeName(getElementType(declared)).str())
              << " but has " << getElementTypeName(type);
      return false;
    }
    results.push_back(it->second.value);
    types.push_back(it->second.value.getType());
    attrs.push_back(b.getDictionaryAttr({b.getNamedAttr("qnn.name", b.getStringAttr(output.name())),
                                         b.getNamedAttr("qnn.type", b.getStringAttr(getElementTypeName(type)))}));
  }
  b.setLoc(function.getLoc());
  func::ReturnOp::create(b, results);
  function.setType(b.getFunctionType(function.getArgumentTypes(), types));
  function.setAllResultAttrs(attrs);
  return true;
}

OwningOpRef<ModuleOp> GraphImporter::import() {
  if (!readFile() || !checkVersions())
    return {};
  context->loadDialect<arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
                       quant::QuantDialect, tensor::TensorDialect, QnnDialect>();
  std::string name = makeIdentifier(options.name.empty() ? llvm::sys::path::stem(path) : StringRef(options.name));
  OwningOpRef<ModuleOp> module = ModuleOp::create(b.getUnknownLoc());
  if (!model.producer_name().empty())
    (*module)->setAttr("qnn.producer",
                       b.getStringAttr(model.producer_name() + (model.producer_version().empty() ? "" : " ") +
                                       model.producer_version()));
  (*module)->setAttr("qnn.model_hash", b.getStringAttr(hash));
  b.setInsertionPointToEnd(module->getBody());
  b.setLoc(NameLoc::get(b.getStringAttr(name)));
  function = func::FuncOp::create(b, name, b.getFunctionType({}, {}));
  b.setInsertionPointToEnd(function.addEntryBlock());
  if (!importInitializers() || !importInputs() || !importNodes() || !importOutputs())
    return {};
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
  if (failed(verify(*module))) {
    error() << "the import made invalid IR; this is a defect of the importer";
    return {};
  }
  return module;
}

} // namespace

OwningOpRef<ModuleOp> qnn::importOnnx(StringRef path, const ImportOptions &options, MLIRContext *context) {
  return GraphImporter(path, options, context).import();
}
