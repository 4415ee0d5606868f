// Debugging aids that must not get in the way: assertions that hold and one line printed a block.
// Launch: 1-D.
extern "C" __global__ void print_and_assert(const int* x, int* out, int n) {
  assert(blockDim.x <= 1024);
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    assert(x[i] >= 0 && "only counts");
    out[i] = 3 * x[i] + 1;
  }
  if (threadIdx.x == 0)
    printf("block %d of %u: first %5.1f %s\n", blockIdx.x, gridDim.x, x[i] / 2.f, "ok");
}
