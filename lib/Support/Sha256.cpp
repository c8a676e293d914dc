//===- Sha256.cpp - SHA-256 by the CPU's own instructions where it has them ---------------------------------------===//
#include "quant-opt/Support/Sha256.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Endian.h"
#include "llvm/TargetParser/Host.h"
#include <immintrin.h>

using namespace mlir::qnn;
using llvm::StringRef;

static constexpr size_t kBlock = 64;

/// The first 32 bits of the fractions of the square roots of the first 8 primes.
static constexpr std::array<uint32_t, 8> kStart = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// The first 32 bits of the fractions of the cube roots of the first 64 primes.
alignas(16) static constexpr uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static bool hasInstructions() {
  static const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  return host.lookup("sha") && host.lookup("sse4.1");
}

/// FIPS 180-4, section 6.2.2, four rounds at a time.
__attribute__((target("sha,sse4.1"))) static void addNatively(std::array<uint32_t, 8> &state, StringRef blocks) {
  auto at = [](auto *memory, size_t i) {
    return reinterpret_cast<__m128i *>(const_cast<char *>(reinterpret_cast<const char *>(memory))) + i;
  };
  const __m128i bigEndian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  // The instructions take the eight words as a, b, e, f and c, d, g, h, the first in the highest lane.
  __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(at(state.data(), 0)), 0xb1);
  __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(at(state.data(), 1)), 0x1b);
  __m128i abef = _mm_alignr_epi8(badc, efgh, 8), cdgh = _mm_blend_epi16(efgh, badc, 0xf0);
  for (; !blocks.empty(); blocks = blocks.drop_front(kBlock)) {
    const __m128i abefBefore = abef, cdghBefore = cdgh;
    __m128i words[4];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 16; ++i) {
      __m128i &next = words[i % 4];
      if (i < 4) {
        next = _mm_shuffle_epi8(_mm_loadu_si128(at(blocks.data(), i)), bigEndian);
      } else {
        const __m128i last = words[(i + 3) % 4];
        const __m128i sevenBefore = _mm_alignr_epi8(last, words[(i + 2) % 4], 4);
        next = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(next, words[(i + 1) % 4]), sevenBefore), last);
      }
      const __m128i sum = _mm_add_epi32(next, _mm_load_si128(at(kRounds, i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
    }
    abef = _mm_add_epi32(abef, abefBefore);
    cdgh = _mm_add_epi32(cdgh, cdghBefore);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(at(state.data(), 0), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(at(state.data(), 1), _mm_alignr_epi8(dchg, feba, 8));
}

Sha256::Sha256() : isNative(hasInstructions()), state(kStart) {}

void Sha256::update(StringRef bytes) {
  if (!isNative)
    return portable.update(bytes);
  const size_t held = length % kBlock;
  length += bytes.size();
  if (held != 0) {
    const StringRef head = bytes.take_front(kBlock - held);
    llvm::copy(head, begun.begin() + held);
    bytes = bytes.drop_front(head.size());
    if (held + head.size() < kBlock)
      return;
    addNatively(state, StringRef(begun.data(), kBlock));
  }
  const StringRef whole = bytes.take_front(bytes.size() / kBlock * kBlock);
  addNatively(state, whole);
  llvm::copy(bytes.drop_front(whole.size()), begun.begin());
}

std::string Sha256::finish() {
  if (!isNative)
    return llvm::toHex(portable.final(), /*LowerCase=*/true);
  // One bit that is set, zeros, and the number of bits, so that blocks are whole.
  char bits[8];
  llvm::support::endian::write64be(bits, 8 * length);
  std::string end(1 + (2 * kBlock - 9 - length % kBlock) % kBlock, '\0');
  end.front() = '\x80';
  update(end + std::string(bits, sizeof(bits)));
  std::string digest;
  for (uint32_t word : state)
    for (int shift = 24; shift >= 0; shift -= 8)
      digest.push_back(static_cast<char>(word >> shift));
  return llvm::toHex(digest, /*LowerCase=*/true);
}

std::string Sha256::hash(StringRef bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}
