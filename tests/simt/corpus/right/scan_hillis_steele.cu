// Inclusive scan of each row by Hillis and Steele: log n passes over two buffers in turn.
// Launch: one block of n threads a row, 2 * n ints of dynamic shared memory, n <= 1024.
extern "C" __global__ void scan_hillis_steele(const int* in, int* out, int n) {
  extern __shared__ int temp[];
  int thid = threadIdx.x;
  int pout = 0, pin = 1;
  temp[pout * n + thid] = in[blockIdx.x * n + thid];
  __syncthreads();
  for (int offset = 1; offset < n; offset *= 2) {
    pout = 1 - pout;
    pin = 1 - pout;
    if (thid >= offset)
      temp[pout * n + thid] = temp[pin * n + thid] + temp[pin * n + thid - offset];
    else
      temp[pout * n + thid] = temp[pin * n + thid];
    __syncthreads();
  }
  out[blockIdx.x * n + thid] = temp[pout * n + thid];
}
