/*===- Gpu.c - Runs a compiled model on an NVIDIA GPU, through the driver found when it runs ---------------------===*/
#include "quant-opt/Runtime/Gpu.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { kMaxThreads = 1024, kMaxBuffers = 61 };
/* The driver's own numbers. */
enum { kMajor = 75, kMinor = 76, kNonBlocking = 1, kCaptureThreadLocal = 1 };

typedef unsigned long long DevicePointer;

/* The functions of the driver that are used, by the names under which it exports them. */
typedef struct {
  int (*cuInit)(unsigned);
  int (*cuDeviceGetCount)(int *);
  int (*cuDeviceGet)(int *, int);
  int (*cuDeviceGetAttribute)(int *, int, int);
  int (*cuDevicePrimaryCtxRetain)(void **, int);
  int (*cuCtxSetCurrent)(void *);
  int (*cuModuleLoadData)(void **, const void *);
  int (*cuModuleGetFunction)(void **, void *, const char *);
  int (*cuMemAlloc)(DevicePointer *, size_t);
  int (*cuStreamCreate)(void **, unsigned);
  int (*cuMemcpyHtoDAsync)(DevicePointer, const void *, size_t, void *);
  int (*cuMemcpyDtoHAsync)(void *, DevicePointer, size_t, void *);
  int (*cuStreamBeginCapture)(void *, int);
  int (*cuStreamEndCapture)(void *, void **);
  int (*cuGraphInstantiate)(void **, void *, unsigned long long);
  int (*cuGraphLaunch)(void *, void *);
  int (*cuStreamSynchronize)(void *);
  int (*cuLaunchKernel)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **,
                        void **);
} Driver;

static const char *const kNames[] = {"cuInit",
                                     "cuDeviceGetCount",
                                     "cuDeviceGet",
                                     "cuDeviceGetAttribute",
                                     "cuDevicePrimaryCtxRetain",
                                     "cuCtxSetCurrent",
                                     "cuModuleLoadData",
                                     "cuModuleGetFunction",
                                     "cuMemAlloc_v2",
                                     "cuStreamCreate",
                                     "cuMemcpyHtoDAsync_v2",
                                     "cuMemcpyDtoHAsync_v2",
                                     "cuStreamBeginCapture_v2",
                                     "cuStreamEndCapture",
                                     "cuGraphInstantiateWithFlags",
                                     "cuGraphLaunch",
                                     "cuStreamSynchronize",
                                     "cuLaunchKernel"};

/* One pointer for each name, so that they can be filled in a loop. */
_Static_assert(sizeof(Driver) == sizeof(kNames), "a function without a name");

/* What the first call makes and the library keeps: one context, one stream, all memory, the model as a graph. */
typedef struct {
  Driver driver;
  void *context, *module, *stream, *graph;
  DevicePointer weights, workspace;
  DevicePointer *inputs, *outputs;
} Device;

static int openDriver(Driver *driver) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return QUANT_OPT_ERROR_GPU_DRIVER;
  void *functions[sizeof(kNames) / sizeof(kNames[0])];
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); ++i)
    if (!(functions[i] = dlsym(library, kNames[i])))
      return QUANT_OPT_ERROR_GPU_DRIVER;
  memcpy(driver, functions, sizeof(functions));
  return driver->cuInit(0) ? QUANT_OPT_ERROR_GPU_DRIVER : QUANT_OPT_OK;
}

/* The first image that the GPU can run and the driver takes. */
static int loadModule(const quant_opt_gpu_model *model, Device *device, int major, int minor) {
  int tried = 0;
  for (int64_t i = 0; i < model->num_images; ++i) {
    const quant_opt_gpu_image *image = &model->images[i];
    int imageMajor = image->version / 10, imageMinor = image->version % 10;
    int runs = image->is_cubin ? major == imageMajor && minor >= imageMinor
                               : major > imageMajor || (major == imageMajor && minor >= imageMinor);
    if (!runs)
      continue;
    tried = 1;
    if (!device->driver.cuModuleLoadData(&device->module, image->data))
      return QUANT_OPT_OK;
  }
  return tried ? QUANT_OPT_ERROR_GPU_FAILED : QUANT_OPT_ERROR_GPU_ABSENT;
}

static int allocate(const Driver *driver, DevicePointer *pointer, int64_t bytes) {
  return driver->cuMemAlloc(pointer, bytes > 0 ? (size_t)bytes : 1) ? QUANT_OPT_ERROR_GPU_FAILED : QUANT_OPT_OK;
}

static int allocateAll(const Driver *driver, DevicePointer **pointers, const int64_t *bytes, int64_t count) {
  *pointers = calloc((size_t)count + 1, sizeof(DevicePointer));
  int status = *pointers ? QUANT_OPT_OK : QUANT_OPT_ERROR_GPU_FAILED;
  for (int64_t i = 0; i < count && !status; ++i)
    status = allocate(driver, &(*pointers)[i], bytes[i]);
  return status;
}

static int launch(const Device *device, const quant_opt_gpu_launch *step) {
  DevicePointer pointers[kMaxBuffers];
  void *arguments[kMaxBuffers + 2];
  int32_t count = (int32_t)step->count;
  void *function;
  if (step->num_buffers > kMaxBuffers || device->driver.cuModuleGetFunction(&function, device->module, step->kernel))
    return QUANT_OPT_ERROR_GPU_FAILED;
  for (int64_t i = 0; i < step->num_buffers; ++i) {
    const quant_opt_gpu_buffer *buffer = &step->buffers[i];
    pointers[i] = buffer->kind == 0   ? device->inputs[buffer->position]
                  : buffer->kind == 1 ? device->outputs[buffer->position]
                  : buffer->kind == 2 ? device->workspace + (DevicePointer)buffer->position
                                      : device->weights + (DevicePointer)buffer->position;
    arguments[i] = &pointers[i];
  }
  arguments[step->num_buffers] = &count;
  arguments[step->num_buffers + 1] = NULL;
  return device->driver.cuLaunchKernel(function, (unsigned)step->grid, 1, 1, (unsigned)step->block, 1, 1, 0,
                                       device->stream, arguments, NULL)
             ? QUANT_OPT_ERROR_GPU_FAILED
             : QUANT_OPT_OK;
}

/* The steps in order, as one graph. */
static int capture(const quant_opt_gpu_model *model, Device *device) {
  const Driver *driver = &device->driver;
  void *graph = NULL;
  if (driver->cuStreamBeginCapture(device->stream, kCaptureThreadLocal))
    return QUANT_OPT_ERROR_GPU_FAILED;
  int status = QUANT_OPT_OK;
  for (int64_t i = 0; i < model->num_launches && !status; ++i)
    status = launch(device, &model->launches[i]);
  if (driver->cuStreamEndCapture(device->stream, &graph) || status)
    return QUANT_OPT_ERROR_GPU_FAILED;
  return driver->cuGraphInstantiate(&device->graph, graph, 0) ? QUANT_OPT_ERROR_GPU_FAILED : QUANT_OPT_OK;
}

static int create(const quant_opt_gpu_model *model, Device *device) {
  Driver *driver = &device->driver;
  int status = openDriver(driver), count = 0, number = 0, major = 0, minor = 0;
  if (status)
    return status;
  if (driver->cuDeviceGetCount(&count) || count < 1 || driver->cuDeviceGet(&number, 0))
    return QUANT_OPT_ERROR_GPU_ABSENT;
  if (driver->cuDeviceGetAttribute(&major, kMajor, number) || driver->cuDeviceGetAttribute(&minor, kMinor, number) ||
      driver->cuDevicePrimaryCtxRetain(&device->context, number) || driver->cuCtxSetCurrent(device->context))
    return QUANT_OPT_ERROR_GPU_FAILED;
  if ((status = loadModule(model, device, major, minor)))
    return status;
  if (driver->cuStreamCreate(&device->stream, kNonBlocking))
    return QUANT_OPT_ERROR_GPU_FAILED;
  if ((status = allocate(driver, &device->weights, model->weights_bytes)) ||
      (status = allocate(driver, &device->workspace, model->workspace_bytes)) ||
      (status = allocateAll(driver, &device->inputs, model->input_bytes, model->info.num_inputs)) ||
      (status = allocateAll(driver, &device->outputs, model->output_bytes, model->info.num_outputs)))
    return status;
  if (model->weights_bytes > 0 &&
      (driver->cuMemcpyHtoDAsync(device->weights, model->weights, (size_t)model->weights_bytes, device->stream) ||
       driver->cuStreamSynchronize(device->stream)))
    return QUANT_OPT_ERROR_GPU_FAILED;
  return capture(model, device);
}

/* With the lock held: makes everything once. */
static int getStatus(quant_opt_gpu_model *model) {
  if (!model->status) {
    Device *device = calloc(1, sizeof(Device));
    int status = device ? create(model, device) : QUANT_OPT_ERROR_GPU_FAILED;
    model->device = device;
    model->status = status ? -status : 1;
    __atomic_store_n(&model->info.status, status, __ATOMIC_RELAXED);
    if (status)
      __atomic_store_n(&model->info.cpu, NULL, __ATOMIC_RELAXED);
  }
  return model->status < 0 ? -model->status : QUANT_OPT_OK;
}

static void lock(quant_opt_gpu_model *model) {
  while (__atomic_exchange_n(&model->lock, 1, __ATOMIC_ACQUIRE))
    sched_yield();
}

static void unlock(quant_opt_gpu_model *model) { __atomic_store_n(&model->lock, 0, __ATOMIC_RELEASE); }

const quant_opt_model_info *quant_opt_gpu_model_get_info(quant_opt_gpu_model *model) {
  lock(model);
  getStatus(model);
  unlock(model);
  return &model->info;
}

static int anyNull(const void *const *pointers, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    if (!pointers[i])
      return 1;
  return 0;
}

static int runLocked(quant_opt_gpu_model *model, const void *const *inputs, void *const *outputs) {
  int status = getStatus(model);
  if (status)
    return status;
  const Device *device = model->device;
  const Driver *driver = &device->driver;
  /* The caller may come from another thread than the first one did. */
  if (driver->cuCtxSetCurrent(device->context))
    return QUANT_OPT_ERROR_GPU_FAILED;
  int failed = 0;
  for (int64_t i = 0; i < model->info.num_inputs && !failed; ++i)
    if (model->input_bytes[i] > 0)
      failed = driver->cuMemcpyHtoDAsync(device->inputs[i], inputs[i], (size_t)model->input_bytes[i], device->stream);
  failed = failed || driver->cuGraphLaunch(device->graph, device->stream);
  for (int64_t i = 0; i < model->info.num_outputs && !failed; ++i)
    if (model->output_bytes[i] > 0)
      failed =
          driver->cuMemcpyDtoHAsync(outputs[i], device->outputs[i], (size_t)model->output_bytes[i], device->stream);
  failed = failed || driver->cuStreamSynchronize(device->stream);
  return failed ? QUANT_OPT_ERROR_GPU_FAILED : QUANT_OPT_OK;
}

int quant_opt_gpu_model_run(quant_opt_gpu_model *model, const void *const *inputs, void *const *outputs,
                            void *workspace, int threads) {
  const quant_opt_model_info *info = &model->info;
  (void)workspace; /* lies on the device */
  if ((!inputs && info->num_inputs) || (!outputs && info->num_outputs) || anyNull(inputs, info->num_inputs) ||
      anyNull((const void *const *)outputs, info->num_outputs))
    return QUANT_OPT_ERROR_NULL;
  if (threads < 1 || threads > kMaxThreads)
    return QUANT_OPT_ERROR_THREADS;
  lock(model);
  int status = runLocked(model, inputs, outputs);
  unlock(model);
  return status;
}
