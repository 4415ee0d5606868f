// Integer intrinsics: population count, leading zeros, reversal, funnel shift, byte permutation,
// sums of absolute differences, high products; a Hamming distance per pair of words. Launch: 1-D.
extern "C" __global__ void bit_tricks(const unsigned* a, const unsigned* b, int* out,  // (n, 10)
                                      int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned x = a[i], y = b[i];
  int* o = out + 10 * i;
  o[0] = __popc(x ^ y);
  o[1] = __clz(x);
  o[2] = __ffs(x);
  o[3] = __brev(x);
  o[4] = __funnelshift_l(x, y, y & 31);
  o[5] = __byte_perm(x, y, 0x3715);
  o[6] = __usad(x, y, 7);
  o[7] = __umulhi(x, y);
  o[8] = __popcll((unsigned long long)x << 32 | y) + __clzll((long long)y) +
         __ffsll((long long)x << 20);
  o[9] = __mul24(x, 3) + __hadd((int)x, (int)y);
}
