// LayerNorm forward and backward after llm.c: a warp a row forward; backward also sums the
// gradients of weight and bias over the rows, first in shared memory, then with atomics.
// Launch: forward (32, 4) threads; backward 1-D, a multiple of 32, 2 * C * 4 bytes dynamic.
__device__ float warp_sum(float v) {
  for (int o = 16; o > 0; o /= 2) v += __shfl_xor_sync(0xffffffff, v, o);
  return v;
}

extern "C" __global__ void layernorm_forward(float* __restrict__ out, float* __restrict__ mean,
                                             float* __restrict__ rstd,
                                             const float* __restrict__ inp,
                                             const float* __restrict__ weight,
                                             const float* __restrict__ bias, int N, int C) {
  int idx = blockIdx.x * blockDim.y + threadIdx.y;
  if (idx >= N) return;
  const float* x = inp + idx * C;
  float sum = 0.0f;
  for (int i = threadIdx.x; i < C; i += 32) sum += x[i];
  float m = warp_sum(sum) / C;
  sum = 0.0f;
  for (int i = threadIdx.x; i < C; i += 32) {
    float diff = x[i] - m;
    sum += diff * diff;
  }
  float s = rsqrtf(warp_sum(sum) / C + 1e-5f);
  if (threadIdx.x == 0) {
    __stcs(mean + idx, m);
    __stcs(rstd + idx, s);
  }
  for (int c = threadIdx.x; c < C; c += 32) out[idx * C + c] = s * (x[c] - m) * weight[c] + bias[c];
}

extern "C" __global__ void layernorm_backward(float* dinp, float* dweight, float* dbias,
                                              const float* dout, const float* inp,
                                              const float* weight, const float* mean,
                                              const float* rstd, int N, int C) {
  extern __shared__ float shared[];
  float* dbias_shared = shared;
  float* dweight_shared = shared + C;
  for (int i = threadIdx.x; i < C; i += blockDim.x) dbias_shared[i] = dweight_shared[i] = 0.0f;
  __syncthreads();

  int warps = blockDim.x / 32, lane = threadIdx.x % 32;
  for (int idx = blockIdx.x * warps + threadIdx.x / 32; idx < N; idx += gridDim.x * warps) {
    const float *g = dout + idx * C, *x = inp + idx * C;
    float m = mean[idx], s = rstd[idx];
    float dnorm_mean = 0.0f, dnorm_norm_mean = 0.0f;
    for (int i = lane; i < C; i += 32) {
      float dnorm = weight[i] * g[i];
      dnorm_mean += dnorm;
      dnorm_norm_mean += dnorm * (x[i] - m) * s;
    }
    dnorm_mean = warp_sum(dnorm_mean) / C;
    dnorm_norm_mean = warp_sum(dnorm_norm_mean) / C;
    for (int i = lane; i < C; i += 32) {
      float norm = (x[i] - m) * s;
      atomicAdd(&dbias_shared[i], g[i]);
      atomicAdd(&dweight_shared[i], norm * g[i]);
      dinp[idx * C + i] += (weight[i] * g[i] - dnorm_mean - norm * dnorm_norm_mean) * s;
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < C; i += blockDim.x) {
    atomicAdd(&dbias[i], dbias_shared[i]);
    atomicAdd(&dweight[i], dweight_shared[i]);
  }
}
