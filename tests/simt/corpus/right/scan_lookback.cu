// Inclusive scan in one launch by decoupled look-back (Merrill and Garland): a block publishes its
// sum, then adds what the blocks before it have published. Value and state travel in one 64-bit
// word. Blocks take their number from a counter, so that one waits only for blocks that have begun.
// Launch: 1-D, 128 threads; status (gridDim.x,) and counter (1,) zeroed before.
#define EMPTY 0u
#define PARTIAL 1u
#define COMPLETE 2u

__device__ void publish(volatile unsigned long long* word, unsigned state, unsigned value) {
  *word = (unsigned long long)state << 32 | value;
}

extern "C" __global__ void scan_lookback(const unsigned* in, unsigned* out,
                                         volatile unsigned long long* status, unsigned* counter,
                                         int n) {
  __shared__ unsigned tile, exclusive;
  __shared__ unsigned s[128];
  const int t = threadIdx.x;
  if (t == 0) tile = atomicAdd(counter, 1);
  __syncthreads();

  const int i = tile * 128 + t;
  s[t] = i < n ? in[i] : 0;
  __syncthreads();
  for (int d = 1; d < 128; d *= 2) {
    unsigned v = t >= d ? s[t - d] : 0;
    __syncthreads();
    s[t] += v;
    __syncthreads();
  }

  if (t == 0) {
    unsigned before = 0;
    if (tile > 0) {
      publish(&status[tile], PARTIAL, s[127]);
      for (int back = tile - 1; back >= 0; back--) {
        unsigned long long word;
        do {
          word = status[back];
        } while (word >> 32 == EMPTY);
        before += (unsigned)word;
        if (word >> 32 == COMPLETE) break;
      }
    }
    publish(&status[tile], COMPLETE, before + s[127]);
    exclusive = before;
  }
  __syncthreads();
  if (i < n) out[i] = exclusive + s[t];
}
