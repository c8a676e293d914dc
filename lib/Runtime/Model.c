/*===- Model.c - Runs a compiled model's steps on the CPU path chosen --------------------------------------------===*/
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "quant-opt/Runtime/Model.h"

#include "Cpu.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kMaxThreads = 1024, kSpins = 64 };

/* 1 + the index of the code to run, or minus a status. */
static int32_t choose(const quant_opt_model *model) {
  const char *forced = getenv("QUANT_OPT_CPU");
  if (forced && *forced) {
    int supported = quant_opt_cpu_supports(forced);
    if (supported <= 0)
      return supported < 0 ? -QUANT_OPT_ERROR_CPU_UNKNOWN : -QUANT_OPT_ERROR_CPU_LACKS;
    for (int64_t i = 0; i < model->info.num_cpus; ++i)
      if (!strcmp(model->codes[i].cpu, forced))
        return (int32_t)i + 1;
    return -QUANT_OPT_ERROR_CPU_ABSENT;
  }
  for (int64_t i = 0; i < model->info.num_cpus; ++i)
    if (quant_opt_cpu_supports(model->codes[i].cpu) > 0)
      return (int32_t)i + 1;
  return -QUANT_OPT_ERROR_CPU_ABSENT;
}

/* Calls that race for the first choice all make the same one. */
static int32_t getChoice(quant_opt_model *model) {
  int32_t choice = __atomic_load_n(&model->choice, __ATOMIC_ACQUIRE);
  if (choice)
    return choice;
  choice = choose(model);
  __atomic_store_n(&model->info.cpu, choice > 0 ? model->codes[choice - 1].cpu : NULL, __ATOMIC_RELAXED);
  __atomic_store_n(&model->info.status, choice > 0 ? QUANT_OPT_OK : -choice, __ATOMIC_RELAXED);
  __atomic_store_n(&model->choice, choice, __ATOMIC_RELEASE);
  return choice;
}

const quant_opt_model_info *quant_opt_model_get_info(quant_opt_model *model) {
  getChoice(model);
  return &model->info;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* When the latest step ended, and where the times of steps go: null in an ordinary call, which reads no clock. */
typedef struct {
  int64_t last, *nanoseconds;
} quant_opt_clock;

static inline void stop(quant_opt_clock *clock, int64_t step) {
  const int64_t time = now();
  clock->nanoseconds[step] = time - clock->last;
  clock->last = time;
}

static inline __attribute__((always_inline)) void runSerially(const quant_opt_code *code, const quant_opt_frame *frame,
                                                              quant_opt_clock *clock) {
  for (int64_t i = 0; i < code->num_steps; ++i) {
    code->steps[i].run(frame, 0, code->steps[i].count);
    if (clock)
      stop(clock, i);
  }
}

/* Where the threads of a call wait for each other. The two words lie apart, so that who arrives does not disturb who
 * waits. */
typedef struct {
  _Alignas(64) int32_t arrived;
  _Alignas(64) int32_t round;
} quant_opt_barrier;

/* Waits without the system's help at first: most steps take less time than falling asleep. Later others may have the
 * core, which matters where there are more threads than cores. */
static void await(quant_opt_barrier *barrier, int32_t parts) {
  const int32_t round = __atomic_load_n(&barrier->round, __ATOMIC_RELAXED);
  if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == parts) {
    __atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
    return;
  }
  for (int spins = 0; __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round; ++spins)
    if (spins < kSpins)
      __builtin_ia32_pause();
    else
      sched_yield();
}

/* The part of a step that is one thread's: of the shared iterations, for all the others, unless a quarter of the time
 * or more would be lost because they do not divide. */
static inline void runPart(const quant_opt_step *step, const quant_opt_frame *frame, int64_t part, int64_t parts) {
  int64_t shared = step->shared;
  if ((shared + parts - 1) / parts * parts * 4 > shared * 5)
    shared = step->count;
  const int64_t size = shared / parts, rest = shared % parts;
  const int64_t begin = part * size + (part < rest ? part : rest);
  const int64_t end = begin + size + (part < rest);
  if (begin < end)
    for (int64_t base = 0; base < step->count; base += shared)
      step->run(frame, base + begin, base + end);
}

/* One region for the whole call: a region per step would cost more than many steps do. */
static inline __attribute__((always_inline)) void
runInParallel(const quant_opt_code *code, const quant_opt_frame *frame, int threads, quant_opt_clock *clock) {
  quant_opt_barrier barrier = {0, 0};
#pragma omp parallel num_threads(threads)
  {
    const int32_t parts = omp_get_num_threads();
    const int32_t part = omp_get_thread_num();
    for (int64_t i = 0; i < code->num_steps; ++i) {
      const quant_opt_step *step = &code->steps[i];
      if (step->shared)
        runPart(step, frame, part, parts);
      else if (part == 0)
        step->run(frame, 0, step->count);
      /* What one thread does after what the same one did needs no waiting, and nothing does after the last step. */
      if (i + 1 < code->num_steps && (step->shared || step[1].shared))
        await(&barrier, parts);
      if (clock && part == 0)
        stop(clock, i);
    }
  }
}

static int anyNull(const void *const *pointers, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    if (!pointers[i])
      return 1;
  return 0;
}

/* A build with observed layers runs without an observer, too. */
static void ignore(void *observer, int32_t edge, const float *data, int64_t count) {
  (void)observer, (void)edge, (void)data, (void)count;
}

static int run(quant_opt_model *model, const void *const *inputs, void *const *outputs, void *workspace, int threads,
               void *observer, quant_opt_observe_fn observe, int64_t *nanoseconds) {
  const quant_opt_model_info *info = &model->info;
  if ((!inputs && info->num_inputs) || (!outputs && info->num_outputs) || (!workspace && info->workspace_bytes) ||
      anyNull(inputs, info->num_inputs) || anyNull((const void *const *)outputs, info->num_outputs))
    return QUANT_OPT_ERROR_NULL;
  if ((uintptr_t)workspace % 64)
    return QUANT_OPT_ERROR_ALIGNMENT;
  if (threads < 1 || threads > kMaxThreads)
    return QUANT_OPT_ERROR_THREADS;
  const int32_t choice = getChoice(model);
  if (choice < 0)
    return -choice;
  const quant_opt_code *code = &model->codes[choice - 1];
  const quant_opt_frame frame = {inputs, outputs, workspace, model->weights, observer, observe};
  if (nanoseconds) {
    quant_opt_clock clock = {now(), nanoseconds};
    if (threads == 1)
      runSerially(code, &frame, &clock);
    else
      runInParallel(code, &frame, threads, &clock);
  } else if (threads == 1) {
    runSerially(code, &frame, NULL);
  } else {
    runInParallel(code, &frame, threads, NULL);
  }
  return QUANT_OPT_OK;
}

int quant_opt_model_run(quant_opt_model *model, const void *const *inputs, void *const *outputs, void *workspace,
                        int threads) {
  return run(model, inputs, outputs, workspace, threads, NULL, ignore, NULL);
}

int quant_opt_model_run_observed(quant_opt_model *model, const void *const *inputs, void *const *outputs,
                                 void *workspace, void *observer, quant_opt_observe_fn observe) {
  return run(model, inputs, outputs, workspace, 1, observer, observe ? observe : ignore, NULL);
}

int quant_opt_model_run_profiled(quant_opt_model *model, const void *const *inputs, void *const *outputs,
                                 void *workspace, int threads, int64_t *nanoseconds) {
  if (!nanoseconds)
    return QUANT_OPT_ERROR_NULL;
  return run(model, inputs, outputs, workspace, threads, NULL, ignore, nanoseconds);
}

const quant_opt_step_info *quant_opt_model_get_steps(quant_opt_model *model, int64_t *count) {
  const int32_t choice = getChoice(model);
  *count = choice > 0 ? model->codes[choice - 1].num_steps : 0;
  return choice > 0 ? model->codes[choice - 1].infos : NULL;
}
