/*===- Frame.h - What a compiled step sees: shared by generated code and the runtime
 * ----------------------------------===*/
#ifndef QUANT_OPT_RUNTIME_FRAME_H
#define QUANT_OPT_RUNTIME_FRAME_H

#include "quant-opt/Runtime/quant_opt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The memory of one call. Generated code reads the fields by position: keep the order. */
typedef struct {
  const void *const *inputs;    /* one pointer per model input */
  void *const *outputs;         /* one pointer per model output */
  char *workspace;              /* 64-byte aligned arena */
  const char *weights;          /* 64-byte aligned blob */
  void *observer;               /* what `observe` is called with */
  quant_opt_observe_fn observe; /* only steps of observed builds call it */
} quant_opt_frame;

/* Does the iterations [begin, end) of one fused layer. */
typedef void (*quant_opt_step_fn)(const quant_opt_frame *frame, int64_t begin, int64_t end);

typedef struct {
  quant_opt_step_fn run;
  int64_t count;  /* independent iterations; 1 for a serial step */
  int64_t shared; /* the fastest of them, which threads share out; 0 if one thread does the step */
} quant_opt_step;

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OPT_RUNTIME_FRAME_H */
