// Cross entropy of logits against target classes, fused with its gradient, which replaces the
// logits. Launch: one block of 128 threads a row.
#include <math_constants.h>

extern "C" __global__ void cross_entropy(float* logits,  // (rows, V), becomes the gradient
                                         float* losses,  // (rows,)
                                         const int* targets, float dloss, int V) {
  __shared__ float shared_max[4], shared_sum[4];
  float* row = logits + (size_t)blockIdx.x * V;
  const int target = targets[blockIdx.x];
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;

  float thread_max = -CUDART_INF_F, thread_sum = 0.0f;
  for (int i = threadIdx.x; i < V; i += blockDim.x) {
    const float v = row[i], old_max = thread_max;
    thread_max = fmaxf(thread_max, v);
    thread_sum = thread_sum * expf(old_max - thread_max) + expf(v - thread_max);
  }
  float warp_max = thread_max;
  for (int o = 16; o > 0; o >>= 1) warp_max = fmaxf(warp_max, __shfl_xor_sync(~0u, warp_max, o));
  // a thread without an element has the sum 0 and must not meet exp(-inf - -inf)
  thread_sum = thread_max == -CUDART_INF_F ? 0.0f : thread_sum * expf(thread_max - warp_max);
  for (int o = 16; o > 0; o >>= 1) thread_sum += __shfl_xor_sync(~0u, thread_sum, o);
  if (lane == 0) {
    shared_max[warp] = warp_max;
    shared_sum[warp] = thread_sum;
  }
  __syncthreads();
  float block_max = fmaxf(fmaxf(shared_max[0], shared_max[1]), fmaxf(shared_max[2], shared_max[3]));
  float block_sum = 0.0f;
  for (int w = 0; w < 4; w++)
    if (shared_max[w] > -CUDART_INF_F) block_sum += shared_sum[w] * expf(shared_max[w] - block_max);
  const float log_sum = logf(block_sum) + block_max;

  if (threadIdx.x == 0) losses[blockIdx.x] = log_sum - row[target];
  __syncthreads();  // the target's logit has been read
  for (int i = threadIdx.x; i < V; i += blockDim.x) {
    float prob = expf(row[i] - log_sum);
    row[i] = (prob - (i == target ? 1.0f : 0.0f)) * dloss;
  }
}
