/*===- Gpu.h - The tables of one model compiled for an NVIDIA GPU, and the functions that run them ---------------===*/
#ifndef QUANT_OPT_RUNTIME_GPU_H
#define QUANT_OPT_RUNTIME_GPU_H

#include "quant-opt/Runtime/quant_opt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Emit fills these structures by position: keep the order. */

/* Code for the driver: PTX, which it compiles for any GPU from `version` (75 is sm_75) on, or a cubin, which runs on
 * GPUs of the same generation that are no older. */
typedef struct {
  const char *data;
  int32_t version;
  int32_t is_cubin;
} quant_opt_gpu_image;

/* A place in the memory of a call, as in the compiler: kind 0 is an input, 1 an output, 2 workspace, 3 weights. */
typedef struct {
  int64_t kind;
  int64_t position; /* the number of the input or output, or bytes */
} quant_opt_gpu_buffer;

typedef struct {
  const char *kernel;
  const char *layer; /* the source node's name */
  int64_t grid, block, count;
  const quant_opt_gpu_buffer *buffers;
  int64_t num_buffers;
} quant_opt_gpu_launch;

typedef struct {
  quant_opt_model_info info;         /* status is set by the first call */
  const quant_opt_gpu_image *images; /* best first */
  int64_t num_images;
  const quant_opt_gpu_launch *launches;
  int64_t num_launches;
  const char *weights;
  int64_t weights_bytes;
  int64_t workspace_bytes; /* on the device */
  const int64_t *input_bytes;
  const int64_t *output_bytes;
  int32_t lock;   /* 1 while a call runs */
  int32_t status; /* 0 before the first call, then 1, or minus a quant_opt_status */
  void *device;   /* what the first call made: driver, memory, graph */
} quant_opt_gpu_model;

/* Behind NAME_run: copies the inputs to the device, runs the model as one graph, copies the outputs back. Calls wait
 * for each other. */
int quant_opt_gpu_model_run(quant_opt_gpu_model *model, const void *const *inputs, void *const *outputs,
                            void *workspace, int threads);

/* Behind NAME_info: opens the driver if no call did so before. */
const quant_opt_model_info *quant_opt_gpu_model_get_info(quant_opt_gpu_model *model);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OPT_RUNTIME_GPU_H */
