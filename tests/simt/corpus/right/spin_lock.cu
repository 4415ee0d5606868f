// A lock of atomicCAS and atomicExch around an update of several words; one thread of a block takes
// it, as lanes of one warp must not wait for each other. Launch: 1-D, any size.
struct Lock {
  int* mutex;
  __device__ void lock() {
    while (atomicCAS(mutex, 0, 1) != 0) __nanosleep(20);
    __threadfence();
  }
  __device__ void unlock() {
    __threadfence();
    atomicExch(mutex, 0);
  }
};

extern "C" __global__ void spin_lock(int* mutex, const float* x, double* sum, float* greatest,
                                     int* blocks_done, int n) {
  __shared__ float s[64];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  s[threadIdx.x] = i < n ? x[i] : 0.f;
  __syncthreads();
  if (threadIdx.x == 0) {
    double mine = 0;
    float high = 0;
    for (int k = 0; k < blockDim.x; k++) {
      mine += s[k];
      high = s[k] > high ? s[k] : high;
    }
    Lock guard = {mutex};
    guard.lock();
    *sum += mine;
    if (high > *greatest) *greatest = high;
    *blocks_done += 1;
    guard.unlock();
  }
}
