/*===- Driver.c - The part of the CUDA driver API that compiled models use, on the CPU ---------------------------===*/
/* Stands in for libcuda.so.1 where there is no GPU. Kernels come from the library that QUANT_OPT_EMULATION names, which
 * `quant-compile --emit=emulation` made; QUANT_OPT_EMULATED_CHIP (sm_90) is the GPU that the program sees, or `none`.
 * QUANT_OPT_EMULATION_LOG names a file that receives a line for each call. */
#include "Block.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* The numbers are the driver's. */
enum {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNoDevice = 100,
  kInvalidImage = 200,
  kNoBinary = 209,
  kNotFound = 500,
  kIllegalAddress = 700
};
enum { kMajor = 75, kMinor = 76 };

typedef struct {
  quant_opt_emulated_kernel kernel;
  int32_t grid, block;
  void *values[64]; /* the arguments, each in eight bytes */
  void *parameters[64];
} Launch;

/* A graph is the launches that were captured, in order. */
typedef struct {
  Launch *launches;
  int64_t count, capacity;
} Graph;

static Graph *capturing;

static void logCall(const char *format, ...) {
  const char *path = getenv("QUANT_OPT_EMULATION_LOG");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (!file)
    return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(file, format, arguments);
  va_end(arguments);
  fputc('\n', file);
  fclose(file);
}

static int getChip(void) {
  const char *chip = getenv("QUANT_OPT_EMULATED_CHIP");
  if (!chip)
    return 90;
  return strncmp(chip, "sm_", 3) ? 0 : atoi(chip + 3);
}

EXPORT int cuInit(unsigned flags) {
  (void)flags;
  return kSuccess;
}

EXPORT int cuDeviceGetCount(int *count) {
  *count = getChip() ? 1 : 0;
  return kSuccess;
}

EXPORT int cuDeviceGet(int *device, int ordinal) {
  *device = 0;
  return ordinal == 0 && getChip() ? kSuccess : kNoDevice;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  *value = attribute == kMajor ? getChip() / 10 : attribute == kMinor ? getChip() % 10 : 0;
  return attribute == kMajor || attribute == kMinor ? kSuccess : kInvalidValue;
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
  (void)device;
  *context = &capturing;
  return kSuccess;
}

EXPORT int cuCtxSetCurrent(void *context) { return context == &capturing ? kSuccess : kInvalidValue; }

EXPORT int cuModuleLoadData(void **module, const void *image) {
  const char *path = getenv("QUANT_OPT_EMULATION");
  int isPtx = !strncmp(image, "//", 2), isCubin = !strncmp(image, "\177ELF", 4);
  logCall("load %s", isPtx ? "ptx" : isCubin ? "cubin" : "?");
  if (!isPtx && !isCubin)
    return kInvalidImage;
  *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!*module)
    fprintf(stderr, "emulated GPU: QUANT_OPT_EMULATION: %s\n", path ? dlerror() : "not set");
  return *module ? kSuccess : kNoBinary;
}

EXPORT int cuModuleGetFunction(void **function, void *module, const char *name) {
  *function = dlsym(module, name);
  return *function ? kSuccess : kNotFound;
}

EXPORT int cuMemAlloc_v2(unsigned long long *pointer, size_t bytes) {
  logCall("allocate %zu", bytes);
  if (!bytes)
    return kInvalidValue;
  size_t rounded = (bytes + 255) / 256 * 256;
  void *memory = aligned_alloc(256, rounded);
  if (!memory)
    return kOutOfMemory;
  memset(memory, 0xA5, rounded);
  *pointer = (unsigned long long)(size_t)memory;
  return kSuccess;
}

EXPORT int cuMemFree_v2(unsigned long long pointer) {
  free((void *)(size_t)pointer);
  return kSuccess;
}

EXPORT int cuStreamCreate(void **stream, unsigned flags) {
  (void)flags;
  *stream = &capturing;
  return kSuccess;
}

EXPORT int cuMemcpyHtoDAsync_v2(unsigned long long to, const void *from, size_t bytes, void *stream) {
  (void)stream;
  logCall("to device %zu", bytes);
  memcpy((void *)(size_t)to, from, bytes);
  return kSuccess;
}

EXPORT int cuMemcpyDtoHAsync_v2(void *to, unsigned long long from, size_t bytes, void *stream) {
  (void)stream;
  logCall("to host %zu", bytes);
  memcpy(to, (void *)(size_t)from, bytes);
  return kSuccess;
}

EXPORT int cuStreamBeginCapture_v2(void *stream, int mode) {
  (void)stream, (void)mode;
  capturing = calloc(1, sizeof(Graph));
  return capturing ? kSuccess : kOutOfMemory;
}

EXPORT int cuStreamEndCapture(void *stream, void **graph) {
  (void)stream;
  logCall("captured %lld launches", capturing ? (long long)capturing->count : -1);
  *graph = capturing;
  capturing = NULL;
  return *graph ? kSuccess : kInvalidValue;
}

EXPORT int cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long flags) {
  (void)flags;
  *executable = graph;
  return kSuccess;
}

EXPORT int cuGraphDestroy(void *graph) {
  (void)graph; /* shared with what was made of it */
  return kSuccess;
}

/* The number of arguments is not told: they end with a null pointer, which our loader adds. */
EXPORT int cuLaunchKernel(void *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                          unsigned blockY, unsigned blockZ, unsigned shared, void *stream, void **parameters,
                          void **extra) {
  (void)stream, (void)extra;
  if (gridY != 1 || gridZ != 1 || blockY != 1 || blockZ != 1 || shared || !gridX || !blockX ||
      blockX > kMaxBlockThreads || !capturing)
    return kInvalidValue;
  if (capturing->count == capturing->capacity) {
    capturing->capacity = capturing->capacity ? 2 * capturing->capacity : 64;
    capturing->launches = realloc(capturing->launches, capturing->capacity * sizeof(Launch));
    if (!capturing->launches)
      return kOutOfMemory;
  }
  Launch *launch = &capturing->launches[capturing->count++];
  *launch = (Launch){(quant_opt_emulated_kernel)function, (int32_t)gridX, (int32_t)blockX, {0}, {0}};
  for (int i = 0; parameters[i]; ++i) {
    if (i == 64)
      return kInvalidValue;
    /* The last argument is a count of four bytes, the others are pointers. */
    memcpy(&launch->values[i], parameters[i], parameters[i + 1] ? 8 : 4);
  }
  logCall("launch grid %u block %u", gridX, blockX);
  return kSuccess;
}

EXPORT int cuGraphLaunch(void *executable, void *stream) {
  (void)stream;
  const Graph *graph = executable;
  logCall("run graph");
  for (int64_t i = 0; i < graph->count; ++i) {
    Launch *launch = &graph->launches[i];
    for (int k = 0; k < 64; ++k)
      launch->parameters[k] = &launch->values[k];
    for (int32_t block = launch->grid; block-- > 0;)
      quant_opt_run_block(launch->kernel, launch->parameters, block, launch->block);
  }
  return kSuccess;
}

EXPORT int cuStreamSynchronize(void *stream) {
  (void)stream;
  return kSuccess;
}
