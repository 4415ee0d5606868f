// y <- a * x + y, four elements a thread with 16-byte accesses, the last n % 4 one by one.
// Launch: 1-D, gridDim.x * blockDim.x >= ceil(n / 4); x and y 16-byte aligned.
extern "C" __global__ void saxpy_float4(float a,
                                        const float* __restrict__ x,  // (n,)
                                        float* __restrict__ y,        // (n,) in place
                                        int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n / 4) {
    float4 u = reinterpret_cast<const float4*>(x)[i];
    float4 v = reinterpret_cast<float4*>(y)[i];
    v.x = a * u.x + v.x;
    v.y = a * u.y + v.y;
    v.z = a * u.z + v.z;
    v.w = a * u.w + v.w;
    reinterpret_cast<float4*>(y)[i] = v;
  }
  if (i < n % 4) {
    int tail = n / 4 * 4 + i;
    y[tail] = a * x[tail] + y[tail];
  }
}
