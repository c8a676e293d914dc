//===- Packing.cpp - Weights brought into the order in which kernels read them ------------------------------------===//
#include "quant-opt/Support/Packing.h"

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::qnn;

int64_t Packing::getNumElements() const {
  int64_t count = 1;
  for (const Dim &dim : dims)
    count *= dim.extent;
  return count;
}

int64_t Packing::getNumRows() const { return getNumElements() / getRowSize(); }

namespace {
/// What channels, or places of the run, add to the place of an element; of depthwise bytes there are two of each, and
/// a channel may have no second one.
using Table = std::vector<int64_t>;
constexpr int64_t kNowhere = -1;
} // namespace

static SmallVector<Table, 2> getChannelTables(const Packing &packing) {
  SmallVector<Table, 2> tables(1);
  const int64_t block = packing.block;
  if (!packing.tapsInRow) {
    for (int64_t channel = 0; channel < packing.channels; ++channel)
      tables[0].push_back(channel / block * packing.blockStride + channel % block * packing.step);
    return tables;
  }
  // Unpacking bytes and then words of 128 bits leaves channel 16 l + 4 v + j in lane 4 l + j of vector v.
  auto getPlace = [&](int64_t number, int64_t channel) {
    const int64_t lane = channel % 16 / 4 * (block / 4) + channel / 16 * 4 + channel % 4;
    return number * packing.blockStride + lane * 4;
  };
  tables.emplace_back();
  const int64_t last = llvm::divideCeil(packing.channels, block) - 1;
  const int64_t lastStart = std::max<int64_t>(0, packing.channels - block);
  for (int64_t channel = 0; channel < packing.channels; ++channel) {
    const int64_t own = channel / block;
    tables[0].push_back(own == last ? getPlace(own, channel - lastStart) : getPlace(own, channel % block));
    tables[1].push_back(own < last && channel >= lastStart ? getPlace(last, channel - lastStart) : kNowhere);
  }
  return tables;
}

static SmallVector<Table, 2> getRunTables(const Packing &packing) {
  SmallVector<Table, 2> tables(1);
  if (!packing.tapsInRow) {
    for (int64_t place = 0; place < packing.run; ++place)
      tables[0].push_back(place / packing.step * packing.groupStride + place % packing.step);
    return tables;
  }
  tables.emplace_back();
  const int64_t quads = (packing.tapsInRow + 4) / 4;
  for (int64_t place = 0; place < packing.run; ++place)
    for (int64_t shift : {0, 1}) {
      const int64_t tap = place % packing.tapsInRow + shift;
      tables[shift].push_back(place / packing.tapsInRow * packing.groupStride +
                              (shift * quads + tap / 4) * packing.block * 4 + tap % 4);
    }
  return tables;
}

template <typename T> static void packTyped(const Packing &packing, const T *from, T *to, int64_t begin, int64_t end) {
  const SmallVector<Table, 2> channelTables = getChannelTables(packing), runTables = getRunTables(packing);
  const Packing::Dim inner = packing.dims.empty() ? Packing::Dim{1, 0, 0, 0} : packing.dims.back();
  const ArrayRef<Packing::Dim> outer = ArrayRef(packing.dims).drop_back(packing.dims.empty() ? 0 : 1);
  for (int64_t row = begin; row < end; ++row) {
    int64_t offset = 0, channel = 0, run = 0, rest = row;
    for (const Packing::Dim &dim : llvm::reverse(outer)) {
      const int64_t index = rest % dim.extent;
      rest /= dim.extent;
      offset += index * dim.outer;
      channel += index * dim.channel;
      run += index * dim.run;
    }
    const T *elements = from + (row - begin) * inner.extent;
    for (const Table &channels : channelTables)
      for (const Table &places : runTables) {
        if (inner.channel == 0 && inner.outer == 0) {
          if (channels[channel] == kNowhere)
            continue;
          T *base = to + offset + channels[channel];
          for (int64_t i = 0, place = run; i < inner.extent; ++i, place += inner.run)
            base[places[place]] = elements[i];
          continue;
        }
        for (int64_t i = 0; i < inner.extent; ++i)
          if (const int64_t own = channels[channel + i * inner.channel]; own != kNowhere)
            to[offset + i * inner.outer + own + places[run + i * inner.run]] = elements[i];
      }
  }
}

void Packing::packRows(const char *from, char *to, unsigned bytes, int64_t begin, int64_t end) const {
  auto pack = [&](auto type) {
    using T = decltype(type);
    packTyped(*this, reinterpret_cast<const T *>(from), reinterpret_cast<T *>(to), begin, end);
  };
  assert((bytes == 1 || bytes == 2 || bytes == 4) && "expected elements of 1, 2 or 4 bytes");
  if (bytes == 1)
    pack(uint8_t());
  else if (bytes == 2)
    pack(uint16_t());
  else
    pack(uint32_t());
}

/// The numbers of a packing under their names.
template <typename Fn> static void forEachNumber(Packing &packing, Fn visit) {
  visit("size", packing.size);
  visit("channels", packing.channels);
  visit("run", packing.run);
  visit("block", packing.block);
  visit("block_stride", packing.blockStride);
  visit("step", packing.step);
  visit("group_stride", packing.groupStride);
  visit("taps_in_row", packing.tapsInRow);
}

DictionaryAttr Packing::toAttr(MLIRContext *context) const {
  Builder builder(context);
  NamedAttrList attributes;
  Packing copy = *this;
  forEachNumber(copy,
                [&](StringRef name, int64_t number) { attributes.append(name, builder.getI64IntegerAttr(number)); });
  SmallVector<int64_t> numbers;
  for (const Dim &dim : dims)
    numbers.append({dim.extent, dim.outer, dim.channel, dim.run});
  attributes.append("dims", builder.getDenseI64ArrayAttr(numbers));
  return attributes.getDictionary(context);
}

std::optional<Packing> Packing::fromAttr(DictionaryAttr attr) {
  Packing packing;
  bool isComplete = true;
  forEachNumber(packing, [&](StringRef name, int64_t &number) {
    auto value = attr.getAs<IntegerAttr>(name);
    isComplete &= bool(value);
    number = value ? value.getInt() : 0;
  });
  auto numbers = attr.getAs<DenseI64ArrayAttr>("dims");
  if (!isComplete || !numbers || numbers.size() % 4)
    return std::nullopt;
  for (int64_t i = 0; i < numbers.size(); i += 4)
    packing.dims.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]});
  return packing;
}

void qnn::dropParameters(ModuleOp module) {
  module.walk([](FunctionOpInterface function) {
    for (unsigned i = 0, e = function.getNumArguments(); i != e; ++i)
      for (StringRef mark : {kParameterAttr, kPackingAttr})
        function.removeArgAttr(i, StringAttr::get(function.getContext(), mark));
  });
}
