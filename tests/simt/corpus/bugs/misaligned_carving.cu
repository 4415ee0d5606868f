// Dynamic shared memory cut into flags, a byte a thread, and floats right after them.
// Launch: 33 threads and 5 bytes of shared memory for each.
extern "C" __global__ void keep_positive(const float* x, float* out) {
  extern __shared__ unsigned char smem[];
  unsigned char* flags = smem;
  float* values = reinterpret_cast<float*>(smem + blockDim.x);
  flags[threadIdx.x] = x[threadIdx.x] > 0.0f;
  values[threadIdx.x] = x[threadIdx.x];  // bug
  __syncthreads();
  out[threadIdx.x] = flags[threadIdx.x] ? values[threadIdx.x] : 0.0f;
}
