/*===- quant_opt.h - The C ABI that every compiled model shares --------------------------------------------------===*/
#ifndef QUANT_OPT_RUNTIME_QUANT_OPT_H
#define QUANT_OPT_RUNTIME_QUANT_OPT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a field or the meaning of a call changes. quant_opt_model_info.abi_version says what a library was built
 * with. */
#define QUANT_OPT_ABI_VERSION 1

/* What NAME_run returns. Outputs are undefined unless it is QUANT_OPT_OK. */
enum quant_opt_status {
  QUANT_OPT_OK = 0,
  QUANT_OPT_ERROR_NULL = 1,        /* inputs, outputs, one of their pointers, or a needed workspace is null */
  QUANT_OPT_ERROR_ALIGNMENT = 2,   /* the workspace is not 64-byte aligned */
  QUANT_OPT_ERROR_THREADS = 3,     /* threads is not within [1, 1024] */
  QUANT_OPT_ERROR_CPU_UNKNOWN = 4, /* QUANT_OPT_CPU names no path */
  QUANT_OPT_ERROR_CPU_LACKS = 5,   /* this CPU or operating system cannot run the path that QUANT_OPT_CPU asks for */
  QUANT_OPT_ERROR_CPU_ABSENT = 6,  /* the library holds no code for the path asked for, or none that this CPU can run */
  QUANT_OPT_ERROR_GPU_DRIVER = 7,  /* libcuda.so.1 cannot be opened, is too old, or does not start */
  QUANT_OPT_ERROR_GPU_ABSENT = 8,  /* no GPU is there, or it is older than the code */
  QUANT_OPT_ERROR_GPU_FAILED = 9   /* the driver refused a call: out of memory, a kernel that failed, ... */
};

/* An input or output: dense and row-major, in the model's own layout. */
typedef struct {
  const char *name;     /* as in the source model, UTF-8 */
  const char *type;     /* ONNX element type: "float", "uint8", "int64", ...; "bool" is one byte, 0 or 1 */
  const int64_t *shape; /* `rank` dimensions */
  int64_t rank;
} quant_opt_tensor;

/* An edge that a build with observed layers gives out. */
typedef struct {
  const char *name; /* of the node that made it, UTF-8 */
  float step;       /* the scale of its grid; 0 where it is not quantized */
} quant_opt_edge;

/* Receives the `count` f32 values of the edge with that number, row-major, valid during the call. */
typedef void (*quant_opt_observe_fn)(void *observer, int32_t edge, const float *data, int64_t count);

/* A step of the program, as the chosen CPU path computes it. */
typedef struct {
  const char *layer; /* the source node's name, UTF-8 */
  const char *plan;  /* how it computes, in one line; empty if nothing is said */
  int64_t count;     /* independent iterations, which threads share */
  int64_t macs;      /* multiply-adds; 0 if not known */
} quant_opt_step_info;

typedef struct {
  uint32_t abi_version;
  int32_t status;           /* QUANT_OPT_OK, or why no CPU path could be chosen */
  const char *name;         /* NAME of the symbols */
  const char *producer;     /* compiler and version */
  const char *source_hash;  /* SHA-256 of the model file, hexadecimal */
  const char *weights_hash; /* SHA-256 of the packed weights */
  const char *cpu; /* the CPU path chosen: "avx512vnni", ..., or the GPU: "nvptx-sm_80"; null if none could be */
  const char *const *cpus; /* the CPU paths held, best first, or the one GPU */
  int64_t num_cpus;
  const quant_opt_tensor *inputs;
  int64_t num_inputs;
  const quant_opt_tensor *outputs;
  int64_t num_outputs;
  int64_t workspace_bytes;
} quant_opt_model_info;

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OPT_RUNTIME_QUANT_OPT_H */
