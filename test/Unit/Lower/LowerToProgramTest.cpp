//===- LowerToProgramTest.cpp - Models lowered, compiled and run in this process ----------------------------------===//
#include "LowerTest.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qnn;

static const char *const kConvolution = R"mlir(
func.func @net(%x: tensor<1x3x8x8xf32> {qnn.name = "image", qnn.type = "float"}) -> (tensor<1x4x4x4xf32> {qnn.name = "y"}) {
  %w = arith.constant dense<0.5> : tensor<4x3x3x3xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, -40.0]> : tensor<4xf32>
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):
    tensor.yield %zero : f32
  } : tensor<1x3x8x8xf32> to tensor<1x3x10x10xf32>
  %e = tensor.empty() : tensor<1x4x8x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %c = linalg.conv_2d_nchw_fchw ins(%p, %w : tensor<1x3x10x10xf32>, tensor<4x3x3x3xf32>)
      outs(%f : tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>, affine_map<(n, c, h, w) -> (c)>,
                                        affine_map<(n, c, h, w) -> (n, c, h, w)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c, %b : tensor<1x4x8x8xf32>, tensor<4xf32>) outs(%e : tensor<1x4x8x8xf32>) {
  ^bb0(%a: f32, %bias: f32, %o: f32):
    %s = arith.addf %a, %bias : f32
    %m = arith.maximumf %s, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x4x8x8xf32>
  %low = arith.constant 0xFF800000 : f32
  %e2 = tensor.empty() : tensor<1x4x4x4xf32>
  %f2 = linalg.fill ins(%low : f32) outs(%e2 : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %mp = linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>}
      ins(%r, %window : tensor<1x4x8x8xf32>, tensor<2x2xf32>) outs(%f2 : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %mp : tensor<1x4x4x4xf32>
}
)mlir";

TEST(LowerToProgram, runsAConvolutionWithPoolingOnEveryPath) {
  std::vector<float> input(3 * 8 * 8);
  for (size_t i = 0; i < input.size(); ++i)
    input[i] = std::sin(static_cast<float>(i));
  auto padded = [&](int c, int h, int w) {
    return h < 0 || w < 0 || h > 7 || w > 7 ? 0.0f : input[(c * 8 + h) * 8 + w];
  };
  const float bias[] = {1, 2, 3, -40};
  std::vector<float> expected;
  for (float b : bias)
    for (int h = 0; h < 8; h += 2)
      for (int w = 0; w < 8; w += 2) {
        float best = -INFINITY;
        for (int i = 0; i < 4; ++i) {
          float sum = 0;
          for (int c = 0; c < 3; ++c)
            for (int kh = 0; kh < 3; ++kh)
              for (int kw = 0; kw < 3; ++kw)
                sum += 0.5f * padded(c, h + i / 2 + kh - 1, w + i % 2 + kw - 1);
          best = std::max(best, std::max(sum + b, 0.0f));
        }
        expected.push_back(best);
      }
  for (CpuPath path : getRunnablePaths()) {
    Program program = lower(kConvolution, {path});
    ASSERT_EQ(program.inputs.size(), 1u);
    EXPECT_EQ(program.inputs[0].name, "image");
    EXPECT_EQ(program.outputs[0].type, "float");
    EXPECT_EQ(program.outputs[0].shape, (std::vector<int64_t>{1, 4, 4, 4}));
    std::unique_ptr<JitModel> model = compile(std::move(program));
    ASSERT_TRUE(model);
    std::vector<float> output(expected.size());
    model->run({input.data()}, {output.data()});
    for (size_t i = 0; i < output.size(); ++i)
      ASSERT_NEAR(output[i], expected[i], 1e-5f) << getCpuPathName(path).str() << " at " << i;
  }
}

TEST(LowerToProgram, tellsTheObserverWhatAnEdgeHolds) {
  Program program = lower(R"mlir(
func.func @net(%x: tensor<4xf32>) -> tensor<2x2xf32> {
  %a = qnn.observe %x as "in" : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %n = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %d = arith.addf %v, %v : f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %b = qnn.observe %n as "twice" : tensor<4xf32>
  %r = tensor.expand_shape %b [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  return %r : tensor<2x2xf32>
})mlir");
  ASSERT_EQ(program.observedEdges, (std::vector<std::string>{"in", "twice"}));
  std::unique_ptr<JitModel> model = compile(std::move(program));
  ASSERT_TRUE(model);
  const float input[] = {1, 2, 3, 4};
  float output[4];
  std::vector<std::vector<float>> seen(2);
  model->run({input}, {output}, &seen, [](void *observer, int32_t edge, const float *data, int64_t count) {
    std::vector<float> &values = (*static_cast<std::vector<std::vector<float>> *>(observer))[edge];
    values.insert(values.end(), data, data + count);
  });
  EXPECT_EQ(seen[0], (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(seen[1], (std::vector<float>{2, 4, 6, 8}));
  EXPECT_EQ(output[3], 8);
}
