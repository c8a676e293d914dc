//===- AbsorbBias.cpp - What all values of a channel exceed moves from one layer's bias into the next one's -------===//
#include "ActivationSamples.h"
#include "quant-opt/Analysis/QuantizedEdges.h"
#include "quant-opt/Equalize/Passes.h"
#include "quant-opt/InsertQdq/ChooseParams.h"
#include "quant-opt/Support/Decisions.h"
#include "quant-opt/Support/Locations.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <cmath>

namespace mlir::qnn {
#define GEN_PASS_DEF_ABSORBBIASPASS
#include "quant-opt/Equalize/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// An edge is worth moving if its largest value falls at least to this share.
static constexpr double kMostKept = 0.95;

namespace {

/// A layer that reads the shifted channels: what it adds up of them moves into its bias.
struct Reader {
  OpOperand *weight, *bias;
  int64_t inDim; // of the weight
  SmallVector<int64_t> channelDims;
};

/// A layer whose result is max(sum + bias, 0) and is read by weights alone.
struct Site {
  unsigned edge; // of the result
  Value result;
  OpOperand *bias;
  int64_t dim; // of the channels in the result
  std::vector<Reader> readers;
};

class SiteFinder {
public:
  SiteFinder(const QuantizedEdges &edges) : edges(edges) {
    for (const QuantizedChain &chain : edges.chains)
      chainOf[chain.root] = &chain;
  }

  std::vector<Site> run() {
    std::vector<Site> sites;
    for (const QuantizedChain &chain : edges.chains)
      if (std::optional<Site> site = find(chain))
        sites.push_back(std::move(*site));
    return sites;
  }

private:
  std::optional<Site> find(const QuantizedChain &chain) {
    if (chain.role != QuantRole::Contraction || chain.epilogue.size() != 2 || chain.result.use_empty())
      return std::nullopt;
    auto activation = dyn_cast<QuantizableOpInterface>(chain.epilogue.back());
    OpOperand *bias = findBias(chain);
    if (!bias || !activation.getHomogeneity().isIdentityAboveZero || !readConstant<float>(bias->get()))
      return std::nullopt;
    QuantRule rule = getQuantRule(bias->getOwner());
    AffineMap map = rule.maps[llvm::find(rule.inputs, bias) - rule.inputs.begin()];
    auto edge = llvm::find_if(edges.edges, [&](const QuantizedEdge &e) { return e.value == chain.result; });
    if (map.getNumResults() != 1 || edge == edges.edges.end())
      return std::nullopt;
    Site site{static_cast<unsigned>(edge - edges.edges.begin()), chain.result, bias, map.getDimPosition(0), {}};
    for (OpOperand &use : chain.result.getUses()) {
      std::optional<Reader> reader = getReader(use, site.dim);
      if (!reader)
        return std::nullopt;
      site.readers.push_back(*reader);
    }
    return site;
  }

  /// A contraction that reads the value itself, so that each of its terms has a whole channel's shift: behind zero
  /// padding some would have none.
  std::optional<Reader> getReader(OpOperand &use, int64_t dim) {
    QuantRule rule = getQuantRule(use.getOwner());
    const QuantizedChain *chain = chainOf.lookup(use.getOwner());
    if (!chain || rule.role != QuantRole::Contraction || !rule.weight || rule.activations.front() != &use ||
        !readConstant<float>(rule.weight->get()))
      return std::nullopt;
    OpOperand *bias = findBias(*chain);
    auto loop = dyn_cast<AffineDimExpr>(rule.maps[0].getResult(dim));
    std::optional<unsigned> inDim = loop ? rule.maps[1].getResultPosition(loop) : std::nullopt;
    if (!bias || !inDim || !readConstant<float>(bias->get()))
      return std::nullopt;
    return Reader{rule.weight, bias, *inDim, rule.getWeightChannelDims()};
  }

  const QuantizedEdges &edges;
  DenseMap<Operation *, const QuantizedChain *> chainOf;
};

void replaceConstant(OpOperand &operand, ArrayRef<float> values) {
  OpBuilder builder(operand.getOwner());
  Value old = operand.get();
  operand.set(createConstant<float>(builder, old.getLoc(), cast<RankedTensorType>(old.getType()), values, "bias"));
  if (isOpTriviallyDead(old.getDefiningOp()))
    old.getDefiningOp()->erase();
}

/// Adds to each output channel's bias what the shifts of the inputs give in its sum.
void addShifts(const Reader &reader, ArrayRef<double> shifts) {
  std::vector<float> weights = *readConstant<float>(reader.weight->get()),
                     bias = *readConstant<float>(reader.bias->get());
  ArrayRef<int64_t> shape = cast<RankedTensorType>(reader.weight->get().getType()).getShape();
  std::vector<double> sums(bias.begin(), bias.end());
  SmallVector<int64_t> strides(shape.size(), 0), index(shape.size(), 0);
  int64_t stride = 1;
  for (int64_t dim : llvm::reverse(reader.channelDims)) {
    strides[dim] = stride;
    stride *= shape[dim];
  }
  for (float weight : weights) {
    int64_t channel = 0;
    for (auto [position, step] : llvm::zip_equal(index, strides))
      channel += position * step;
    sums[channel] += weight * shifts[index[reader.inDim]];
    for (int64_t dim = shape.size() - 1; dim >= 0 && ++index[dim] == shape[dim]; --dim)
      index[dim] = 0;
  }
  std::vector<float> rounded(sums.begin(), sums.end());
  replaceConstant(*reader.bias, rounded);
}

class AbsorbBiasPass : public qnn::impl::AbsorbBiasPassBase<AbsorbBiasPass> {
public:
  AbsorbBiasPass(AbsorbBiasPassOptions options, CompileObservedFn compile)
      : AbsorbBiasPassBase(std::move(options)), compile(std::move(compile)) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (data.empty()) {
      module.emitError("absorbing biases needs data: give calibration-data=FILE.npz");
      return signalPassFailure();
    }
    WalkResult calibrated = module.walk([](RangeOp range) {
      range.emitOpError("states a range that absorbing biases would change; absorb them before calibration");
      return WalkResult::interrupt();
    });
    if (calibrated.wasInterrupted())
      return signalPassFailure();
    for (auto function : module.getOps<FunctionOpInterface>())
      if (function.isPublic() && !function.isExternal())
        return absorb(module, function);
  }

private:
  void absorb(ModuleOp module, FunctionOpInterface function) {
    QuantizedEdges edges = getQuantizedEdges(function);
    std::vector<Site> sites = SiteFinder(edges).run();
    if (sites.empty())
      return;
    FailureOr<std::vector<EdgeSamples>> samples = sampleActivations(module, {data, maxSamples, seed}, compile);
    if (failed(samples))
      return signalPassFailure();
    for (const Site &site : sites)
      shift(module, site, (*samples)[site.edge]);
  }

  /// c = max(0, mean - 3 sigma) of each channel, and never more than its least value: above c the activation only
  /// adds, so that max(x - c, 0) = max(x, 0) - c.
  void shift(ModuleOp module, const Site &site, const EdgeSamples &samples) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(site.result.getType()).getShape();
    int64_t inner = ShapedType::getNumElements(shape.drop_front(site.dim + 1)), extent = shape[site.dim];
    struct Channel {
      double sum = 0.0, squares = 0.0, count = 0.0, least = HUGE_VAL, most = 0.0;
    };
    std::vector<Channel> channels(extent);
    for (auto [value, position] : llvm::zip_equal(samples.values, samples.positions)) {
      Channel &channel = channels[position / inner % extent];
      channel.sum += value;
      channel.squares += double(value) * value;
      channel.count += 1.0;
      channel.least = std::min<double>(channel.least, value);
      channel.most = std::max<double>(channel.most, value);
    }
    std::vector<double> shifts;
    double before = 0.0, after = 0.0;
    int64_t numShifted = 0;
    for (const Channel &channel : channels) {
      double mean = channel.count ? channel.sum / channel.count : 0.0;
      double sigma = channel.count ? std::sqrt(std::max(channel.squares / channel.count - mean * mean, 0.0)) : 0.0;
      double least = channel.count ? channel.least : 0.0;
      shifts.push_back(static_cast<float>(std::max(0.0, std::min(mean - 3.0 * sigma, least))));
      numShifted += shifts.back() > 0.0;
      before = std::max(before, channel.most);
      after = std::max(after, channel.most - shifts.back());
    }
    if (numShifted == 0 || after > before * kMostKept)
      return;

    std::vector<float> bias = *readConstant<float>(site.bias->get());
    for (auto [value, amount] : llvm::zip_equal(bias, shifts))
      value = static_cast<float>(value - amount);
    replaceConstant(*site.bias, bias);
    for (const Reader &reader : site.readers)
      addShifts(reader, shifts);
    ++numLayers;
    numChannels += numShifted;
    Location loc = site.bias->getOwner()->getLoc();
    std::string text =
        llvm::formatv("the biases of {0} of {1} channels move on; the largest value goes from {2:f3} to {3:f3}",
                      numShifted, extent, before, after)
            .str();
    remark::passed(loc, remark::RemarkOpts::name("Absorbed").category("qnn")) << remark::add("{0}", text);
    recordDecision(module, {"qnn-absorb-bias", getNodeName(loc), text});
  }

  CompileObservedFn compile;
};

} // namespace

std::unique_ptr<Pass> qnn::createAbsorbBiasPass(AbsorbBiasPassOptions options, CompileObservedFn compile) {
  return std::make_unique<AbsorbBiasPass>(std::move(options), std::move(compile));
}
