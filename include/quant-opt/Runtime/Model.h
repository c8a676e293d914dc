/*===- Model.h - The tables of one compiled model, and the functions that run them -------------------------------===*/
#ifndef QUANT_OPT_RUNTIME_MODEL_H
#define QUANT_OPT_RUNTIME_MODEL_H

#include "quant-opt/Runtime/Frame.h"
#include "quant-opt/Runtime/quant_opt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The steps of one CPU path. Emit fills these structures by position: keep the order. */
typedef struct {
  const char *cpu;
  const quant_opt_step *steps;
  const quant_opt_step_info *infos; /* one per step */
  int64_t num_steps;
} quant_opt_code;

typedef struct {
  quant_opt_model_info info;   /* cpu and status are set by the first call */
  const quant_opt_code *codes; /* one per info.cpus, in the same order */
  const char *weights;
  int32_t choice; /* 0 before the first call, then 1 + the index of the code chosen, or minus a quant_opt_status */
} quant_opt_model;

/* Behind NAME_run. */
int quant_opt_model_run(quant_opt_model *model, const void *const *inputs, void *const *outputs, void *workspace,
                        int threads);

/* Behind NAME_run_observed: one thread, and every observed edge goes to `observe`. */
int quant_opt_model_run_observed(quant_opt_model *model, const void *const *inputs, void *const *outputs,
                                 void *workspace, void *observer, quant_opt_observe_fn observe);

/* Behind NAME_run_profiled: as NAME_run; step i took nanoseconds[i], from the end of the step before it. */
int quant_opt_model_run_profiled(quant_opt_model *model, const void *const *inputs, void *const *outputs,
                                 void *workspace, int threads, int64_t *nanoseconds);

/* Behind NAME_steps: null and a count of 0 if no CPU path could be chosen. */
const quant_opt_step_info *quant_opt_model_get_steps(quant_opt_model *model, int64_t *count);

/* Behind NAME_info: chooses the CPU path if no call did so before. */
const quant_opt_model_info *quant_opt_model_get_info(quant_opt_model *model);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OPT_RUNTIME_MODEL_H */
