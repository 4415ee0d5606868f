// Two steps with a barrier of the whole grid in between, launched like any other kernel.
#include <cooperative_groups.h>
namespace cg = cooperative_groups;

extern "C" __global__ void two_steps(float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= 2.0f;
  cg::this_grid().sync();  // bug
  if (i < n) y[i] = x[n - 1 - i];
}
