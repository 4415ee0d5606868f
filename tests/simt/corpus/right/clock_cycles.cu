// Times a dependent chain of operations with clock64, as microbenchmarks do. Launch: 1-D.
extern "C" __global__ void clock_cycles(float* out, long long* cycles, int* order, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float v = i;
  const long long start = clock64();
  for (int k = 0; k < 100; k++) v = v * 0.5f + 1.0f;
  const long long stop = clock64();
  const clock_t short_clock = clock();
  out[i] = v;
  cycles[i] = stop - start;
  order[i] = start <= stop && (short_clock != 0 || start != 0);
}
