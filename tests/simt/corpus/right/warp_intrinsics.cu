// The warp's instructions on one page: shuffles with a width, rotations by a variable lane, votes,
// matches, the integer reductions of sm_80. Launch: one block of 32 threads a row of 32 numbers.
extern "C" __global__ void warp_intrinsics(const int* x, int* out, unsigned* masks) {
  const unsigned FULL = 0xffffffff;
  const int lane = threadIdx.x;
  const int v = x[blockIdx.x * 32 + lane];
  int* o = out + blockIdx.x * 32 * 8;
  o[0 * 32 + lane] = __shfl_sync(FULL, v, (lane + 5) % 32);
  o[1 * 32 + lane] = __shfl_sync(FULL, v, lane + 3, 8);
  o[2 * 32 + lane] = __shfl_up_sync(FULL, v, 2, 16);
  o[3 * 32 + lane] = __shfl_down_sync(FULL, v, 3, 4);
  o[4 * 32 + lane] = __shfl_xor_sync(FULL, v, 9);
  o[5 * 32 + lane] = __reduce_add_sync(FULL, v);
  o[6 * 32 + lane] = __reduce_min_sync(FULL, v);
  unsigned* m = masks + blockIdx.x * 32 * 4;
  m[0 * 32 + lane] = __match_any_sync(FULL, v & 3);
  int all_same;
  m[1 * 32 + lane] = __match_all_sync(FULL, lane / 32, &all_same);
  m[2 * 32 + lane] = __ballot_sync(FULL, v > 0);
  if (lane % 3 == 0) {  // a part of the warp by itself
    const unsigned part = 0x49249249;
    o[7 * 32 + lane] = __reduce_max_sync(part, v) + all_same;
    m[3 * 32 + lane] = __reduce_xor_sync(part, (unsigned)v);
  } else {
    o[7 * 32 + lane] = -1;
    m[3 * 32 + lane] = __activemask() != 0;
  }
}
