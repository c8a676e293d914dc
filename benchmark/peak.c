/* The most multiply-adds that this CPU does in its widest byte dot product: twelve independent accumulators in registers. */
#include <immintrin.h>
#include <stdint.h>

__attribute__((target("avx512f,avx512vnni"))) static int64_t wide(int64_t rounds) {
  __m512i sums[12], a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(1);
  for (int i = 0; i < 12; ++i)
    sums[i] = _mm512_set1_epi32(i);
  for (int64_t r = 0; r < rounds; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; ++i) {
      sums[i] = _mm512_dpbusd_epi32(sums[i], a, b);
      __asm__ volatile("" : "+v"(sums[i]));
    }
  int64_t total = 0;
  for (int i = 0; i < 12; ++i)
    total += _mm512_reduce_add_epi32(sums[i]);
  return total;
}

__attribute__((target("avx2,avxvnni"))) static int64_t narrow(int64_t rounds) {
  __m256i sums[12], a = _mm256_set1_epi8(1), b = _mm256_set1_epi8(1);
  for (int i = 0; i < 12; ++i)
    sums[i] = _mm256_set1_epi32(i);
  for (int64_t r = 0; r < rounds; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; ++i) {
      sums[i] = _mm256_dpbusd_avx_epi32(sums[i], a, b);
      __asm__ volatile("" : "+x"(sums[i]));
    }
  int64_t total = 0;
  for (int i = 0; i < 12; ++i)
    total += _mm256_extract_epi32(sums[i], 0);
  return total;
}

/* Multiply-adds in a round: 0 where the CPU has no such instruction. */
int64_t peak_macs_per_round(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512vnni") ? 12 * 64 : __builtin_cpu_supports("avxvnni") ? 12 * 32 : 0;
}

int64_t peak_run(int64_t rounds) { return __builtin_cpu_supports("avx512vnni") ? wide(rounds) : narrow(rounds); }
