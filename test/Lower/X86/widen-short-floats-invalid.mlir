// RUN: quant-opt %s --qnn-widen-short-floats=path=avx1024 --verify-diagnostics

// expected-error@+1 {{unknown CPU path 'avx1024'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64}}
module {
}
