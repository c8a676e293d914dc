//===- onednn.cpp - A chain of quantized layers as oneDNN primitives, behind a C interface for ctypes -------------===//
#include <dnnl.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

/// Of the OpenMP that oneDNN brings, whose header need not be here.
extern "C" void omp_set_num_threads(int threads);

using namespace dnnl;
using Type = memory::data_type;
using Tag = memory::format_tag;

namespace {

/// Activations and weights stay in the layouts that each primitive prefers; all memory and primitives are made before
/// the first run.
struct Chain {
  engine cpu{engine::kind::cpu, 0};
  stream order{cpu};
  struct Call {
    primitive run;
    std::unordered_map<int, memory> arguments;
  };
  std::vector<Call> calls;
  memory last;
  float scale = 1;
  int32_t zero = 0;
  std::string kinds;

  explicit Chain(const memory &input) : last(input) {}

  template <typename T> memory constant(const memory::desc &desc, const T *data) {
    memory result(desc, cpu);
    std::copy(data, data + desc.get_size() / sizeof(T), static_cast<T *>(result.get_data_handle()));
    return result;
  }
  memory value(float x) { return constant({{1}, Type::f32, Tag::x}, &x); }
  memory value(int32_t x) { return constant({{1}, Type::s32, Tag::x}, &x); }

  void reorderNow(memory from, memory to) {
    reorder(from, to).execute(order, from, to);
    order.wait();
  }

  /// Converts what the last call left to `desc`.
  void convert(const memory::desc &desc, const primitive_attr &attr, std::unordered_map<int, memory> arguments) {
    memory to(desc, cpu);
    arguments[DNNL_ARG_FROM] = last;
    arguments[DNNL_ARG_TO] = to;
    calls.push_back({reorder(reorder::primitive_desc(cpu, last.get_desc(), cpu, desc, attr)), arguments});
    last = to;
  }

  void toLayout(const memory::desc &desc) {
    if (last.get_desc() != desc)
      convert(desc, {}, {});
  }

  /// f32 to u8, in the layout that `desc` of the first layer asks for.
  void quantize(const memory::desc &desc) {
    primitive_attr attr;
    attr.set_scales_mask(DNNL_ARG_DST, 0);
    attr.set_zero_points_mask(DNNL_ARG_DST, 0);
    convert(
        desc, attr,
        {{DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, value(scale)}, {DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_DST, value(zero)}});
  }

  template <typename Description>
  void addProduct(const Description &description, memory weights, memory scales, memory bias, float dstScale) {
    memory::desc src = description.src_desc(), packed = description.weights_desc();
    last.get_desc().get_data_type() == Type::f32 ? quantize(src) : toLayout(src);
    memory ready(packed, cpu), dst(description.dst_desc(), cpu);
    reorderNow(weights, ready);
    calls.push_back({primitive(description),
                     {{DNNL_ARG_SRC, last},
                      {DNNL_ARG_WEIGHTS, ready},
                      {DNNL_ARG_BIAS, bias},
                      {DNNL_ARG_DST, dst},
                      {DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, value(scale)},
                      {DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, value(zero)},
                      {DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, scales},
                      {DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, value(dstScale)}}});
    kinds += std::string(description.impl_info_str()) + " ";
    last = dst, scale = dstScale, zero = 0;
  }

  primitive_attr productAttributes(int weightMask) {
    primitive_attr attr;
    attr.set_scales_mask(DNNL_ARG_SRC, 0);
    attr.set_scales_mask(DNNL_ARG_WEIGHTS, weightMask);
    attr.set_scales_mask(DNNL_ARG_DST, 0);
    if (zero)
      attr.set_zero_points_mask(DNNL_ARG_SRC, 0);
    return attr;
  }
};

/// Runs `work`; false if oneDNN refuses.
template <typename Work> int attempt(Work work) {
  try {
    work();
    return 1;
  } catch (const error &) {
    return 0;
  }
}

} // namespace

extern "C" {
void onednn_threads(int threads) { omp_set_num_threads(threads); }

int onednn_version(void) { return dnnl_version()->major * 100 + dnnl_version()->minor; }

/// A chain that begins with the f32 at `input`, row-major, to be quantized with that scale and zero point.
Chain *onednn_create(float *input, const int64_t *dims, int rank, float scale, int zero) {
  engine cpu(engine::kind::cpu, 0);
  memory::dims shape(dims, dims + rank);
  auto *chain = new Chain(memory({shape, Type::f32, rank == 4 ? Tag::nchw : Tag::ab}, cpu, input));
  chain->scale = scale, chain->zero = zero;
  return chain;
}

/// Rounded to u8 with zero point 0, which is a ReLU. weights: [channels, of a group, height, width].
int onednn_convolution(Chain *chain, const int64_t *outShape, const int64_t *weightShape, int64_t stride, int64_t pad,
                       int64_t groups, const int8_t *weights, const float *scales, const float *bias, float dstScale) {
  return attempt([&] {
    int64_t channels = weightShape[0], inside = weightShape[1], height = weightShape[2], width = weightShape[3];
    memory::dims out(outShape, outShape + 4), in = chain->last.get_desc().get_dims();
    memory::dims dims = groups == 1 ? memory::dims{channels, inside, height, width}
                                    : memory::dims{groups, channels / groups, inside, height, width};
    auto any = [](const memory::dims &shape, Type type) { return memory::desc(shape, type, Tag::any); };
    memory::desc plain(dims, Type::s8, groups == 1 ? Tag::oihw : Tag::goihw);
    convolution_forward::primitive_desc description(
        chain->cpu, prop_kind::forward_inference, algorithm::convolution_direct, any(in, Type::u8), any(dims, Type::s8),
        memory::desc({channels}, Type::f32, Tag::x), any(out, Type::u8), {stride, stride}, {pad, pad}, {pad, pad},
        chain->productAttributes(groups == 1 ? 1 : 3));
    chain->addProduct(description, chain->constant(plain, weights),
                      chain->constant({{channels}, Type::f32, Tag::x}, scales),
                      chain->constant({{channels}, Type::f32, Tag::x}, bias), dstScale);
  });
}

/// weights: [k, n].
int onednn_product(Chain *chain, const int64_t *weightShape, const int8_t *weights, const float *scales,
                   const float *bias, float dstScale) {
  return attempt([&] {
    int64_t k = weightShape[0], n = weightShape[1], rows = chain->last.get_desc().get_dims()[0];
    matmul::primitive_desc description(chain->cpu, memory::desc({rows, k}, Type::u8, Tag::any),
                                       memory::desc({k, n}, Type::s8, Tag::any),
                                       memory::desc({1, n}, Type::f32, Tag::ab),
                                       memory::desc({rows, n}, Type::u8, Tag::any), chain->productAttributes(2));
    chain->addProduct(description, chain->constant({{k, n}, Type::s8, Tag::ab}, weights),
                      chain->constant({{n}, Type::f32, Tag::x}, scales),
                      chain->constant({{1, n}, Type::f32, Tag::ab}, bias), dstScale);
  });
}

/// The mean over the image, still in u8.
int onednn_mean(Chain *chain) {
  return attempt([&] {
    memory::desc src = chain->last.get_desc();
    memory::dims dims = src.get_dims(), none = {0, 0}, window = {dims[2], dims[3]};
    pooling_forward::primitive_desc description(
        chain->cpu, prop_kind::forward_inference, algorithm::pooling_avg_exclude_padding, src,
        memory::desc({dims[0], dims[1], 1, 1}, Type::u8, Tag::any), window, window, none, none, none);
    memory dst(description.dst_desc(), chain->cpu);
    chain->calls.push_back({primitive(description), {{DNNL_ARG_SRC, chain->last}, {DNNL_ARG_DST, dst}}});
    chain->kinds += std::string(description.impl_info_str()) + " ";
    chain->last = dst;
  });
}

/// The result as f32, row-major, at `output`.
int onednn_finish(Chain *chain, float *output) {
  return attempt([&] {
    memory::dims dims = chain->last.get_desc().get_dims();
    memory::desc desc(dims, Type::f32, dims.size() == 4 ? Tag::nchw : Tag::ab);
    primitive_attr attr;
    attr.set_scales_mask(DNNL_ARG_SRC, 0);
    chain->convert(desc, attr, {{DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, chain->value(chain->scale)}});
    chain->calls.back().arguments[DNNL_ARG_TO] = memory(desc, chain->cpu, output);
  });
}

/// What oneDNN chose for each layer.
const char *onednn_kinds(const Chain *chain) { return chain->kinds.c_str(); }

void onednn_run(Chain *chain) {
  for (Chain::Call &call : chain->calls)
    call.run.execute(chain->order, call.arguments);
  chain->order.wait();
}
}
