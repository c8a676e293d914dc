//===- RangeTableTest.cpp - Range tables as JSON: exact round trips, and refusal of everything malformed
//-----------------===//
#include "quant-opt/Calibrate/RangeTable.h"

#include "gtest/gtest.h"
#include <cfloat>
#include <random>

using namespace mlir;
using namespace mlir::qnn;

namespace {

std::string write(const RangeTable &table) {
  std::string text;
  llvm::raw_string_ostream os(text);
  table.writeJson(os);
  return text;
}

RangeTable makeTable() {
  RangeTable table;
  table.model = "net";
  table.modelSha256 = "ab";
  table.data = {{"calib.npz", "cd", 100, 70, 3}};
  table.options.method = numerics::RangeMethod::Percentile;
  table.options.percentile = 99.9;
  table.edges = {{"x", {-0.1f}, {FLT_MAX}, std::nullopt}, {"conv \"1\"\n", {-1.0f, FLT_TRUE_MIN}, {0.3f, 1.0e-7f}, 3}};
  table.sketches.push_back({"x", numerics::Sketch()});
  const float values[] = {-0.1f, 0.25f, FLT_MAX, NAN, 3.0f};
  table.sketches[0].sketch.add(values, 5);
  table.sketches[0].sketch.endSample();
  return table;
}

std::string getRefusal(StringRef text) {
  llvm::Expected<RangeTable> table = RangeTable::parseJson(text);
  return table ? "" : llvm::toString(table.takeError());
}

TEST(RangeTable, IsTheSameAfterBeingWrittenAndRead) {
  const RangeTable table = makeTable();
  llvm::Expected<RangeTable> read = RangeTable::parseJson(write(table));
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(write(*read), write(table));
  for (size_t i = 0; i < table.edges.size(); ++i) {
    EXPECT_EQ(read->edges[i].name, table.edges[i].name);
    EXPECT_EQ(read->edges[i].lo, table.edges[i].lo);
    EXPECT_EQ(read->edges[i].hi, table.edges[i].hi);
  }
  EXPECT_EQ(read->sketches[0].sketch, table.sketches[0].sketch);
}

TEST(RangeTable, EveryFloatIsReadBackExactly) {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    const uint32_t bits = random();
    float x;
    std::memcpy(&x, &bits, sizeof(x));
    if (!std::isfinite(x))
      continue;
    RangeTable table;
    table.edges = {{"x", {x}, {x}, std::nullopt}};
    llvm::Expected<RangeTable> read = RangeTable::parseJson(write(table));
    ASSERT_TRUE(bool(read));
    ASSERT_EQ(read->edges[0].lo[0], x);
  }
}

TEST(RangeTable, VersionAndEdgesSuffice) {
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [{"name": "x", "lo": -1, "hi": 2.5}]})"), "");
}

TEST(RangeTable, FaultsAreNamedWithTheirPlace) {
  EXPECT_TRUE(StringRef(getRefusal("{")).starts_with("not JSON: "));
  EXPECT_EQ(getRefusal("[]"), "expected object when parsing range table");
  EXPECT_EQ(getRefusal("{}"), "missing value at range table.version");
  EXPECT_EQ(getRefusal(R"({"version": 2, "edges": []})"),
            "expected version 1: this table is newer than the program at range table.version");
  EXPECT_EQ(getRefusal(R"({"version": 1})"), "missing value at range table.edges");
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [{"name": "x", "lo": 1e39, "hi": 2}]})"),
            "expected a finite 32-bit float at range table.edges[0].lo");
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [{"name": "x", "lo": 3, "hi": 2}]})"),
            "expected lo <= hi at range table.edges[0].lo");
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [{"name": "x", "lo": [1], "hi": [2]}]})"),
            "expected arrays for lo and hi with an axis, numbers without at range table.edges[0].lo");
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [{"name": "x", "axis": 1, "lo": [1], "hi": [2, 3]}]})"),
            "expected as many upper bounds as lower bounds at range table.edges[0].hi");
  EXPECT_EQ(getRefusal(R"({"version": 1, "method": {"name": "median"}, "edges": []})"),
            "expected min-max, moving-average, percentile, entropy or mse at range table.method.name");
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [], "sketches": [{"name": "x", "state": "*"}]})"),
            "expected base64 at range table.sketches[0].state");
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [], "sketches": [{"name": "x", "state": "AAAA"}]})"),
            "expected a sketch at range table.sketches[0].state");
  EXPECT_EQ(
      getRefusal(
          R"({"version": 1, "edges": [], "data": [{"file": "f", "sha256": "0", "samples": {"asked": 1, "used": 2}}]})"),
      "expected used and held-out of at least 0, together at most asked at range table.data[0].samples");
  EXPECT_EQ(
      getRefusal(R"({"version": 1, "edges": [{"name": "x", "lo": 0, "hi": 1}, {"name": "x", "lo": 0, "hi": 1}]})"),
      "edge \"x\" appears twice");
}

TEST(RangeTable, DeepNestingIsRefusedBeforeItIsParsed) {
  EXPECT_EQ(getRefusal(std::string(1000000, '[')), "expected a range table, found JSON that nests deeper than 32");
  EXPECT_EQ(getRefusal(R"({"version": 1, "edges": [], "note": ")" + std::string(1000, '[') + R"(\"[[["})"), "");
}

TEST(RangeTable, MutantsAreReadOrRefused) {
  const std::string text = write(makeTable());
  std::mt19937 random(9);
  for (int i = 0; i < 5000; ++i) {
    std::string mutant = text;
    for (unsigned changes = 1 + random() % 3; changes; --changes) {
      if (random() % 3)
        mutant[random() % mutant.size()] = static_cast<char>(random());
      else
        mutant.resize(1 + random() % mutant.size());
    }
    llvm::Expected<RangeTable> table = RangeTable::parseJson(mutant);
    if (table)
      write(*table);
    else
      EXPECT_NE(llvm::toString(table.takeError()), "");
  }
}

} // namespace
