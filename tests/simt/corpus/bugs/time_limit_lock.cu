// A list's length under a spin lock; a thread that finds the list full keeps the lock.
extern "C" __global__ void append(const int* x, int* list, int* length, int* lock, int room) {
  while (atomicCAS(lock, 0, 1) != 0) {  // bug
  }
  __threadfence();
  if (*length == room) return;
  list[*length] = x[blockIdx.x * blockDim.x + threadIdx.x];
  *length += 1;
  __threadfence();
  atomicExch(lock, 0);
}
