//===- WriteJson.cpp - The report as JSON, by docs/report.schema.json ---------------------------------------------===//
#include "quant-opt/Report/Report.h"
#include "quant-opt/Support/Version.h"

#include "llvm/Support/JSON.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;
using llvm::json::OStream;
using Json = llvm::json::Value;

/// JSON has no infinities: an SQNR without noise is null.
static Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

/// The shortest decimal that reads back as the same f32, which a double would write with the noise of its own digits.
static Json number(float x) {
  if (!std::isfinite(x))
    return nullptr;
  for (int digits = 1; digits < 9; ++digits) {
    char text[40];
    snprintf(text, sizeof(text), "%.*g", digits, static_cast<double>(x));
    if (strtof(text, nullptr) == x)
      return strtod(text, nullptr);
  }
  char text[40];
  snprintf(text, sizeof(text), "%.9g", static_cast<double>(x));
  return strtod(text, nullptr);
}

template <typename T> static Json number(const std::optional<T> &x) { return x ? number(*x) : Json(nullptr); }

/// Node names are bytes of an untrusted file.
static std::string text(StringRef name) { return llvm::json::isUTF8(name) ? name.str() : llvm::json::fixUTF8(name); }

static void writeNames(OStream &json, StringRef key, ArrayRef<std::string> names) {
  json.attributeArray(key, [&] {
    for (const std::string &name : names)
      json.value(text(name));
  });
}

static void writeShape(OStream &json, ArrayRef<int64_t> shape) {
  json.attributeArray("shape", [&] {
    for (int64_t size : shape)
      json.value(size);
  });
}

static void writeGridError(OStream &json, const GridError &error) {
  json.attribute("rounding_mse", number(error.rounding));
  json.attribute("clipping_mse", number(error.clipping));
  json.attribute("sqnr_db", number(error.sqnr));
  json.attribute("clipped_share", number(error.clipped));
}

static void writeSeen(OStream &json, const EdgeStatistics &seen) {
  json.attribute("count", static_cast<int64_t>(seen.count));
  json.attribute("min", number(seen.extrema.lo));
  json.attribute("max", number(seen.extrema.hi));
  json.attributeObject("set_aside", [&] {
    json.attribute("nan", static_cast<int64_t>(seen.nans));
    json.attribute("negative_infinity", static_cast<int64_t>(seen.negativeInfinities));
    json.attribute("positive_infinity", static_cast<int64_t>(seen.positiveInfinities));
  });
  json.attributeObject("histogram", [&] {
    json.attribute("lo", number(seen.histogram.lo));
    json.attribute("hi", number(seen.histogram.hi));
    json.attributeArray("counts", [&] {
      for (double count : seen.histogram.counts)
        json.value(std::round(count));
    });
  });
  json.attributeObject("quantization", [&] { writeGridError(json, seen.error); });
}

static void writeEdge(OStream &json, const EdgeReport &edge) {
  json.attribute("name", text(edge.name));
  json.attribute("group", static_cast<int64_t>(edge.group));
  writeShape(json, edge.shape);
  json.attribute("storage", edge.storage);
  json.attribute("granularity", "per-tensor");
  json.attribute("lo", number(edge.range.lo));
  json.attribute("hi", number(edge.range.hi));
  json.attribute("method", edge.method);
  json.attribute("scale", number(edge.params.scale));
  json.attribute("zero_point", edge.params.zeroPoint);
  json.attribute("least", number(edge.representable.lo));
  json.attribute("most", number(edge.representable.hi));
  if (edge.seen)
    json.attributeObject("seen", [&] { writeSeen(json, *edge.seen); });
  if (edge.heldOutClipped)
    json.attribute("held_out_clipped_share", number(*edge.heldOutClipped));
  if (!edge.convergence.empty())
    json.attributeArray("convergence", [&] {
      for (const RangeAfter &point : edge.convergence)
        json.object([&] {
          json.attribute("samples", point.samples);
          json.attribute("min", number(point.extrema.lo));
          json.attribute("max", number(point.extrema.hi));
          json.attribute("lo", number(point.chosen.lo));
          json.attribute("hi", number(point.chosen.hi));
        });
    });
  if (edge.error)
    json.attributeObject("error", [&] {
      json.attribute("sqnr_db", number(edge.error->sqnr));
      json.attribute("max_steps", number(edge.error->maxSteps));
    });
}

static void writeLayer(OStream &json, const LayerReport &layer) {
  json.attribute("name", text(layer.name));
  json.attribute("role", layer.role);
  json.attribute("precision", layer.precision);
  writeNames(json, "nodes", layer.nodes);
  writeNames(json, "inputs", layer.inputs);
  writeNames(json, "epilogue_inputs", layer.epilogueInputs);
  json.attribute("output", layer.output ? Json(text(*layer.output)) : Json(nullptr));
  if (layer.weight)
    json.attributeObject("weight", [&] {
      const WeightReport &weight = *layer.weight;
      writeShape(json, weight.shape);
      json.attribute("granularity", weight.perChannel ? "per-channel" : "per-tensor");
      json.attribute("bits", static_cast<int64_t>(weight.bits));
      json.attribute("channels", weight.channels);
      json.attribute("min_scale", number(weight.minScale));
      json.attribute("max_scale", number(weight.maxScale));
      json.attribute("float_bytes", weight.floatBytes);
      json.attribute("stored_bytes", weight.storedBytes);
      json.attributeObject("quantization", [&] { writeGridError(json, weight.error); });
    });
  if (layer.alone)
    json.attributeObject("sensitivity", [&] {
      json.attribute("alone_sqnr_db", number(layer.alone));
      json.attribute("without_sqnr_db", number(layer.without));
      json.attribute("noise_share", number(layer.noiseShare));
    });
}

static void writeCalibration(OStream &json, const CalibrationReport &calibration) {
  json.attributeArray("data", [&] {
    for (const DataSource &source : calibration.data)
      json.object([&] {
        json.attribute("file", text(source.file));
        json.attribute("sha256", source.sha256);
        json.attribute("asked", source.samplesAsked);
        json.attribute("used", source.samplesUsed);
        json.attribute("held_out", source.samplesHeldOut);
        json.attribute("seed", static_cast<int64_t>(source.seed));
      });
  });
  json.attribute("calibration_samples", calibration.calibrationSamples);
  json.attribute("held_out_samples", calibration.heldOutSamples);
  writeNames(json, "unreached", calibration.unreached);
  writeNames(json, "constant", calibration.constant);
}

static void writeDecision(OStream &json, const Decision &decision) {
  json.attribute("pass", decision.pass);
  json.attribute("layer", text(decision.layer));
  json.attribute("text", text(decision.text));
  json.attribute("sqnr_before_db", number(decision.sqnrBefore));
  json.attribute("sqnr_after_db", number(decision.sqnrAfter));
}

static void writeModel(OStream &json, const Report &report) {
  json.attribute("name", text(report.model));
  json.attribute("activation_type", report.scheme.activationType == ActivationType::U8 ? "u8" : "i8");
  json.attribute("activation_scheme",
                 report.scheme.activationScheme == ActivationScheme::Asymmetric ? "asymmetric" : "symmetric");
  json.attribute("weight_scheme",
                 report.scheme.weightScheme == WeightScheme::PerChannel ? "per-channel" : "per-tensor");
  json.attribute("float_weight_bytes", report.floatWeightBytes);
  json.attribute("stored_weight_bytes", report.storedWeightBytes);
}

void qnn::writeReportJson(const Report &report, raw_ostream &os, unsigned indent) {
  OStream json(os, indent);
  json.object([&] {
    json.attribute("version", 1);
    json.attribute("producer", ("quant-opt " + getVersion()).str());
    json.attributeObject("model", [&] { writeModel(json, report); });
    if (report.accuracy)
      json.attributeObject("accuracy", [&] {
        json.attribute("samples", report.accuracy->samples);
        json.attribute("held_out", report.accuracy->heldOut);
        json.attribute("sqnr_db", number(report.accuracy->sqnr));
        json.attribute("agreement_percent", number(report.accuracy->agreement));
        json.attribute("cross_entropy", number(report.accuracy->crossEntropy));
      });
    const LayerReport *costliest = report.getCostliest();
    json.attribute("costliest_layer", costliest ? Json(text(costliest->name)) : Json(nullptr));
    json.attributeArray("suggestions", [&] {
      for (const LayerReport *layer : report.getSuggestions())
        json.object([&] {
          json.attribute("layer", text(layer->name));
          json.attribute("sqnr_db", number(layer->without));
          json.attribute("gain_db", number(*layer->without - report.accuracy->sqnr));
        });
    });
    json.attributeArray("decisions", [&] {
      for (const Decision &decision : report.decisions)
        json.object([&] { writeDecision(json, decision); });
    });
    json.attributeObject("calibration", [&] { writeCalibration(json, report.calibration); });
    json.attributeArray("layers", [&] {
      for (const LayerReport &layer : report.layers)
        json.object([&] { writeLayer(json, layer); });
    });
    json.attributeArray("edges", [&] {
      for (const EdgeReport &edge : report.edges)
        json.object([&] { writeEdge(json, edge); });
    });
    json.attributeArray("float", [&] {
      for (const FloatReport &op : report.floats)
        json.object([&] {
          json.attribute("name", text(op.name));
          json.attribute("role", op.role);
          json.attribute("reason", op.reason);
        });
    });
  });
  os << "\n";
}
