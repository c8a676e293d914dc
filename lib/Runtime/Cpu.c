/*===- Cpu.c - Which CPU paths this machine can run, by cpuid and xgetbv -----------------------------------------===*/
#include "Cpu.h"

#include <cpuid.h>
#include <stdint.h>
#include <string.h>

enum { kAvx2 = 1, kAvx512 = 2, kAvx512Vnni = 4, kAvxVnni = 8, kAvx512Bf16 = 16, kAvx512Vbmi = 32 };

static int hasAll(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

/* The groups of features that a path may need. Each implies that the operating system saves the registers. */
static int detect(void) {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
    return 0;
  const uint32_t leaf1 = bit_SSE42 | bit_POPCNT | bit_AVX | bit_FMA | bit_F16C | bit_OSXSAVE;
  if (!hasAll(ecx, leaf1))
    return 0;
  uint32_t xcr0, xcr0High;
  __asm__("xgetbv" : "=a"(xcr0), "=d"(xcr0High) : "c"(0));
  if (!hasAll(xcr0, 0x6)) /* xmm, ymm */
    return 0;
  if (!__get_cpuid(0x80000001u, &eax, &ebx, &ecx, &edx) || !hasAll(ecx, bit_LZCNT))
    return 0;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !hasAll(ebx, bit_AVX2 | bit_BMI | bit_BMI2))
    return 0;
  const uint32_t subleaves = eax;
  int groups = kAvx2;
  const uint32_t avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL | bit_AVX512CD;
  if (hasAll(ebx, avx512) && hasAll(xcr0, 0xe6)) { /* and opmask, zmm0-15, zmm16-31 */
    groups |= kAvx512;
    if (hasAll(ecx, bit_AVX512VNNI))
      groups |= kAvx512Vnni;
    if (hasAll(ecx, bit_AVX512VBMI))
      groups |= kAvx512Vbmi;
  }
  if (subleaves >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) {
    if (hasAll(eax, 1u << 4))
      groups |= kAvxVnni;
    if ((groups & kAvx512) && hasAll(eax, 1u << 5))
      groups |= kAvx512Bf16;
  }
  return groups;
}

int quant_opt_cpu_supports(const char *path) {
  static const struct {
    const char *name;
    int groups;
  } paths[] = {{"avx512bf16", kAvx2 | kAvx512 | kAvx512Vnni | kAvx512Vbmi | kAvx512Bf16},
               {"avx512vbmi", kAvx2 | kAvx512 | kAvx512Vnni | kAvx512Vbmi},
               {"avx512vnni", kAvx2 | kAvx512 | kAvx512Vnni},
               {"avxvnni", kAvx2 | kAvxVnni},
               {"avx512", kAvx2 | kAvx512},
               {"avx2", kAvx2},
               {"x86-64", 0}};
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); ++i)
    if (!strcmp(path, paths[i].name))
      return hasAll(detect(), paths[i].groups);
  return -1;
}
