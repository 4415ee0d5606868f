// Cross entropy from log probabilities; a target of -100 means "ignore", which nobody told it.
#ifndef __CUDACC_RTC__
#include <assert.h>
#endif

extern "C" __global__ void nll(const float* log_p, const int* targets, float* loss, int T, int V) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= T) return;
  int target = targets[t];
  assert(0 <= target && target < V);  // bug
  loss[t] = -log_p[t * V + target];
}
