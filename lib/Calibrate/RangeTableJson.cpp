//===- RangeTableJson.cpp - Range tables as JSON ------------------------------------------------------------------===//
#include "quant-opt/Calibrate/RangeTable.h"
#include "quant-opt/Support/Diagnostics.h"
#include "quant-opt/Support/Version.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <charconv>
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;
using namespace mlir::qnn::numerics;

static llvm::Error makeError(const Twine &message) { return makeToolError(ExitCode::BadInput, message); }

//===--- Writing
//----------------------------------------------------------------------------------------------------===//

/// The shortest decimal that is read back as the same float.
static void writeFloat(llvm::json::OStream &json, float x) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof(text), x);
  json.rawValue(StringRef(text, end.ptr - text));
}

static void writeBounds(llvm::json::OStream &json, StringRef key, ArrayRef<float> bounds, bool perChannel) {
  json.attributeBegin(key);
  if (perChannel)
    json.array([&] {
      for (float x : bounds)
        writeFloat(json, x);
    });
  else
    writeFloat(json, bounds.front());
  json.attributeEnd();
}

/// What was seen besides the range, for a reader to judge it by.
static void writeStatistics(llvm::json::OStream &json, const Sketch &sketch) {
  const numerics::Range &extrema = sketch.getExtrema();
  writeBounds(json, "min", extrema.lo, false);
  writeBounds(json, "max", extrema.hi, false);
  json.attribute("count", sketch.getCount());
  if (sketch.getNaNs())
    json.attribute("nan", sketch.getNaNs());
  if (sketch.getNegativeInfinities())
    json.attribute("negative-infinity", sketch.getNegativeInfinities());
  if (sketch.getPositiveInfinities())
    json.attribute("positive-infinity", sketch.getPositiveInfinities());
}

void RangeTable::writeJson(raw_ostream &os, bool withSketches) const {
  llvm::StringMap<const Sketch *> byName;
  for (const EdgeSketch &entry : sketches)
    byName[entry.name] = &entry.sketch;
  llvm::json::OStream json(os, /*IndentSize=*/1);
  json.object([&] {
    json.attribute("version", kVersion);
    json.attribute("producer", "quant-opt " + getVersion().str());
    json.attributeObject("model", [&] {
      json.attribute("name", model);
      json.attribute("sha256", modelSha256);
    });
    json.attributeArray("data", [&] {
      for (const DataSource &source : data)
        json.object([&] {
          json.attribute("file", source.file);
          json.attribute("sha256", source.sha256);
          json.attributeObject("samples", [&] {
            json.attribute("asked", source.samplesAsked);
            json.attribute("used", source.samplesUsed);
            if (source.samplesHeldOut)
              json.attribute("held-out", source.samplesHeldOut);
          });
          json.attribute("seed", static_cast<int64_t>(source.seed));
        });
    });
    json.attributeObject("method", [&] {
      json.attribute("name", getMethodName(options.method));
      if (options.method == RangeMethod::Percentile)
        json.attribute("percentile", options.percentile);
      json.attribute("symmetric", options.symmetric);
    });
    json.attributeArray("edges", [&] {
      for (const EdgeRange &edge : edges)
        json.object([&] {
          json.attribute("name", edge.name);
          if (edge.axis)
            json.attribute("axis", *edge.axis);
          writeBounds(json, "lo", edge.lo, edge.axis.has_value());
          writeBounds(json, "hi", edge.hi, edge.axis.has_value());
          if (const Sketch *sketch = byName.lookup(edge.name); sketch && sketch->getCount())
            writeStatistics(json, *sketch);
        });
    });
    if (withSketches && !sketches.empty())
      json.attributeArray("sketches", [&] {
        for (const EdgeSketch &entry : sketches)
          json.object([&] {
            json.attribute("name", entry.name);
            json.attribute("state", llvm::encodeBase64(entry.sketch.encode()));
          });
      });
  });
  os << '\n';
}

//===--- Reading
//----------------------------------------------------------------------------------------------------===//

/// The parser recurses, so that text that nests too deep must not reach it.
static bool nestsDeeperThan(StringRef text, int limit) {
  int depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (inString) {
      i += text[i] == '\\';
      inString = text.size() > i && text[i] != '"';
    } else if (text[i] == '"') {
      inString = true;
    } else if (text[i] == '{' || text[i] == '[') {
      if (++depth > limit)
        return true;
    } else if (text[i] == '}' || text[i] == ']') {
      --depth;
    }
  }
  return false;
}

// The mapper finds a type's reader in the type's namespace.
namespace mlir::qnn {

namespace {
struct JsonFloat {
  float value;
};
struct JsonBounds {
  std::vector<float> values;
  bool isArray = false;
};

bool fromJSON(const llvm::json::Value &value, JsonFloat &result, llvm::json::Path path) {
  const std::optional<double> number = value.getAsNumber();
  result.value = number ? static_cast<float>(*number) : 0.0f;
  if (number && std::isfinite(result.value))
    return true;
  path.report("expected a finite 32-bit float");
  return false;
}

bool fromJSON(const llvm::json::Value &value, JsonBounds &result, llvm::json::Path path) {
  const llvm::json::Array *array = value.getAsArray();
  result.isArray = array;
  std::vector<JsonFloat> values(1);
  if (array ? !llvm::json::fromJSON(value, values, path) : !fromJSON(value, values.front(), path))
    return false;
  for (JsonFloat x : values)
    result.values.push_back(x.value);
  return true;
}

} // namespace

static bool fromJSON(const llvm::json::Value &value, DataSource &source, llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  int64_t seed = 0;
  if (!map || !map.map("file", source.file) || !map.map("sha256", source.sha256) || !map.mapOptional("seed", seed))
    return false;
  source.seed = seed;
  const llvm::json::Value *samples = value.getAsObject()->get("samples");
  if (!samples)
    return path.field("samples").report("missing value"), false;
  llvm::json::ObjectMapper counts(*samples, path.field("samples"));
  if (!counts || !counts.map("asked", source.samplesAsked) || !counts.map("used", source.samplesUsed) ||
      !counts.mapOptional("held-out", source.samplesHeldOut))
    return false;
  if (source.samplesUsed < 0 || source.samplesHeldOut < 0 ||
      source.samplesAsked - source.samplesHeldOut < source.samplesUsed)
    return path.field("samples").report("expected used and held-out of at least 0, together at most asked"), false;
  return true;
}

static bool fromJSON(const llvm::json::Value &value, EdgeRange &edge, llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  JsonBounds lo, hi;
  if (!map || !map.map("name", edge.name) || !map.map("lo", lo) || !map.map("hi", hi) ||
      !map.mapOptional("axis", edge.axis))
    return false;
  if (lo.isArray != edge.axis.has_value() || hi.isArray != edge.axis.has_value())
    return path.field("lo").report("expected arrays for lo and hi with an axis, numbers without"), false;
  if (lo.values.size() != hi.values.size())
    return path.field("hi").report("expected as many upper bounds as lower bounds"), false;
  for (auto [least, most] : llvm::zip(lo.values, hi.values))
    if (least > most)
      return path.field("lo").report("expected lo <= hi"), false;
  edge.lo = std::move(lo.values);
  edge.hi = std::move(hi.values);
  return true;
}

static bool fromJSON(const llvm::json::Value &value, EdgeSketch &entry, llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  std::string text;
  if (!map || !map.map("name", entry.name) || !map.map("state", text))
    return false;
  std::vector<char> bytes;
  if (llvm::Error error = llvm::decodeBase64(text, bytes)) {
    llvm::consumeError(std::move(error));
    return path.field("state").report("expected base64"), false;
  }
  if (!Sketch::decode(std::string(bytes.begin(), bytes.end()), entry.sketch))
    return path.field("state").report("expected a sketch"), false;
  return true;
}

static bool readMethod(const llvm::json::Value &value, RangeOptions &options, llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  std::string name;
  if (!map || !map.map("name", name) || !map.mapOptional("percentile", options.percentile) ||
      !map.mapOptional("symmetric", options.symmetric))
    return false;
  std::optional<RangeMethod> method = parseMethod(name);
  if (!method)
    return path.field("name").report("expected min-max, moving-average, percentile, entropy or mse"), false;
  options.method = *method;
  return true;
}

static bool fromJSON(const llvm::json::Value &value, RangeTable &table, llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  int64_t version;
  if (!map || !map.map("version", version))
    return false;
  if (version < 1 || version > RangeTable::kVersion)
    return path.field("version").report("expected version 1: this table is newer than the program"), false;
  if (const llvm::json::Value *model = value.getAsObject()->get("model")) {
    llvm::json::ObjectMapper fields(*model, path.field("model"));
    if (!fields || !fields.map("name", table.model) || !fields.map("sha256", table.modelSha256))
      return false;
  }
  const llvm::json::Value *method = value.getAsObject()->get("method");
  if (method && !readMethod(*method, table.options, path.field("method")))
    return false;
  return map.mapOptional("data", table.data) && map.map("edges", table.edges) &&
         map.mapOptional("sketches", table.sketches);
}

} // namespace mlir::qnn

llvm::Expected<RangeTable> RangeTable::parseJson(StringRef text) {
  if (nestsDeeperThan(text, 32))
    return makeError("expected a range table, found JSON that nests deeper than 32");
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value)
    return makeError("not JSON: " + llvm::toString(value.takeError()));
  RangeTable table;
  llvm::json::Path::Root root("range table");
  if (!fromJSON(*value, table, root))
    return makeError(llvm::toString(root.getError()));
  llvm::StringSet<> names;
  for (const EdgeRange &edge : table.edges)
    if (!names.insert(edge.name).second)
      return makeError("edge \"" + edge.name + "\" appears twice");
  return std::move(table);
}

llvm::Expected<RangeTable> RangeTable::read(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError(path + ": " + buffer.getError().message());
  llvm::Expected<RangeTable> table = parseJson((*buffer)->getBuffer());
  if (!table)
    return makeError(path + ": " + llvm::toString(table.takeError()));
  return table;
}
