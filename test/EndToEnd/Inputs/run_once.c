/* Runs a compiled model once on zeros: run_once LIBRARY NAME INPUT_BYTES OUTPUT_BYTES */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *zeros(size_t bytes) { return calloc(1, bytes ? bytes : 1); }

int main(int argc, char **argv) {
  char symbol[256];
  void *library = argc == 5 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!library)
    return 2;
  snprintf(symbol, sizeof(symbol), "%s_run", argv[2]);
  int (*run)(const void *const *, void *const *, void *, int) = dlsym(library, symbol);
  snprintf(symbol, sizeof(symbol), "%s_workspace_bytes", argv[2]);
  size_t bytes = ((size_t (*)(void))dlsym(library, symbol))();
  const void *inputs[] = {zeros(strtoul(argv[3], NULL, 10))};
  void *outputs[] = {zeros(strtoul(argv[4], NULL, 10))};
  return run(inputs, outputs, aligned_alloc(64, (bytes / 64 + 1) * 64), 1);
}
