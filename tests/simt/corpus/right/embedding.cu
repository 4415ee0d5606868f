// Token and position embedding, float4 a thread, and the backward pass that scatters gradients back
// with atomics. Launch: 1-D over (T, C / 4) forward, over (T, C) backward.
extern "C" __global__ void embedding_forward(float4* __restrict__ out,        // (T, C / 4)
                                             const int* __restrict__ tokens,  // (T,)
                                             const float4* __restrict__ wte,  // (V, C / 4)
                                             const float4* __restrict__ wpe,  // (T, C / 4)
                                             int T, int C4) {
  int idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= T * C4) return;
  int t = idx / C4, c = idx % C4;
  float4 a = wte[tokens[t] * C4 + c], b = __ldg(&wpe[t * C4 + c]);
  out[idx] = make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

extern "C" __global__ void embedding_backward(float* dwte,  // (V, C) zeroed before
                                              const float* dout, const int* tokens, int T, int C) {
  int idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= T * C) return;
  int t = idx / C, c = idx % C;
  atomicAdd(dwte + tokens[t] * C + c, dout[idx]);
}
