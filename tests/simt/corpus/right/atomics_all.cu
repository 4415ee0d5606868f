// Every integer atomic on 32 and 64 bits, in global and in shared memory, with the wrap-around of
// atomicInc and atomicDec. Launch: 1-D, any size.
extern "C" __global__ void atomics_all(unsigned* words,  // (8,)
                                       unsigned long long* longs, long long* least, int* last,
                                       const unsigned* x, int n) {
  __shared__ unsigned long long sum;
  __shared__ unsigned ored;
  if (threadIdx.x == 0) {
    sum = 0;
    ored = 0;
  }
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    unsigned v = x[i];
    atomicAdd(&words[0], v);
    atomicSub(&words[1], v);
    atomicAnd(&words[2], v | 0xff);
    atomicOr(&words[3], v);
    atomicXor(&words[4], v);
    atomicInc(&words[5], 6);
    atomicDec(&words[6], 6);
    atomicMax(&words[7], v);
    unsigned long long wide = (unsigned long long)v << 8;
    atomicAdd(&longs[0], wide);
    atomicMax(&longs[1], wide);
    atomicXor(&longs[2], wide);
    atomicMin(least, -(long long)wide);
    atomicAdd(&sum, wide);
    atomicOr_block(&ored, v);
    if (i == n - 1) atomicExch(last, i);
    atomicAdd_system(&longs[5], 1ull);
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    atomicAdd(&longs[3], sum);
    atomicOr(&longs[4], (unsigned long long)ored);
  }
}
