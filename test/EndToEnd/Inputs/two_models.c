/* Runs two models that were compiled from Tools/Inputs/affine.mlir under the names "first" and "second". */
#include "first.h"
#include "second.h"

#include <stdio.h>
#include <stdlib.h>

static void print(const char *name, const float *y) {
  printf("%s: %g %g %g %g %g %g\n", name, (double)y[0], (double)y[1], (double)y[2], (double)y[3], (double)y[4],
         (double)y[5]);
}

int main(void) {
  const float x[6] = {1, 2, 3, 4, -5, -6};
  float y[6] = {0};
  size_t bytes =
      first_workspace_bytes() > second_workspace_bytes() ? first_workspace_bytes() : second_workspace_bytes();
  char *workspace = (char *)aligned_alloc(64, (bytes / 64 + 2) * 64);
  const first_inputs inputs1 = {x};
  const first_outputs outputs1 = {y};
  const second_inputs inputs2 = {x};
  const second_outputs outputs2 = {y};
  const first_outputs nowhere = {NULL};
  if (first_info()->abi_version != QUANT_OPT_ABI_VERSION || first_run(&inputs1, &outputs1, workspace, 1))
    return 1;
  print("first", y);
  if (second_run(&inputs2, &outputs2, workspace, 2))
    return 1;
  print("second", y);
  printf("null %d, unaligned %d, threads %d\n", first_run(&inputs1, &nowhere, workspace, 1),
         first_run(&inputs1, &outputs1, workspace + 1, 1), first_run(&inputs1, &outputs1, workspace, 0));
  free(workspace);
  return 0;
}
