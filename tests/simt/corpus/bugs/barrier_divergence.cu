// Two halves of a block fill and use a table; each branch has a barrier of its own.
extern "C" __global__ void two_halves(const float* x, float* out) {
  __shared__ float table[64];
  int t = threadIdx.x;
  if (t < 32) {
    table[t] = x[t];
    __syncthreads();  // bug
    out[t] = table[t + 32];
  } else {
    table[t] = -x[t];
    __syncthreads();  // other
    out[t] = table[t - 32];
  }
}
