// Bits of a vote, or their number: half of the lanes ask one thing, half another, under one mask.
extern "C" __global__ void vote(const int* x, unsigned* out) {
  int lane = threadIdx.x;
  if (lane % 2 == 0)
    out[lane] = __ballot_sync(0xffffffff, x[lane] > 0);  // bug
  else
    out[lane] = __reduce_add_sync(0xffffffff, (unsigned)(x[lane] > 0));  // other
}
