// Greatest float and its place, three ways: atomicMax on the float's bits (which order as signed
// ints from 0 up, and backward as unsigned ints below), a loop of atomicCAS, and a 64-bit key of
// value and index that makes the first place win.
__device__ __forceinline__ float atomicMaxFloat(float* addr, float value) {
  return (value >= 0) ? __int_as_float(atomicMax((int*)addr, __float_as_int(value)))
                      : __uint_as_float(atomicMin((unsigned int*)addr, __float_as_uint(value)));
}

__device__ float atomicMaxByCas(float* addr, float value) {
  int* address_as_i = (int*)addr;
  int old = *address_as_i, assumed;
  do {
    assumed = old;
    old = atomicCAS(address_as_i, assumed, __float_as_int(fmaxf(value, __int_as_float(assumed))));
  } while (assumed != old);
  return __int_as_float(old);
}

__device__ unsigned long long int ordered_key(float value, unsigned int index) {
  unsigned int bits = __float_as_uint(value);
  bits = (bits & 0x80000000u) ? ~bits : bits | 0x80000000u;
  return ((unsigned long long int)bits << 32) | (0xffffffffu - index);
}

extern "C" __global__ void extremes_atomic(const float* x,
                                           float* greatest,              // (2,) -inf before
                                           unsigned long long int* key,  // (1,) 0 before
                                           int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    atomicMaxFloat(&greatest[0], x[i]);
    atomicMaxByCas(&greatest[1], x[i]);
    atomicMax(key, ordered_key(x[i], i));
  }
}
