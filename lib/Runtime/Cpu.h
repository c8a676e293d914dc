/*===- Cpu.h - Which CPU paths this machine can run --------------------------------------------------------------===*/
#ifndef QUANT_OPT_LIB_RUNTIME_CPU_H
#define QUANT_OPT_LIB_RUNTIME_CPU_H

/* 1 if CPU and operating system can run the path, 0 if not, -1 if no path has this name. */
int quant_opt_cpu_supports(const char *path);

#endif /* QUANT_OPT_LIB_RUNTIME_CPU_H */
