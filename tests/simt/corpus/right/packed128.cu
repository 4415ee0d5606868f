// bfloat16 in packs of 16 bytes, after llm.c's Packed128: residual addition with the gradient's
// bias reduction beside it. Launch: 1-D over (rows, C / 8); C a multiple of 8.
#include <cuda_bf16.h>

typedef __nv_bfloat16 floatX;

template <class ElementType>
struct alignas(16) Packed128 {
  __device__ Packed128() {}
  __device__ explicit Packed128(int4 bits) {
    static_assert(sizeof(bits) == sizeof(payload), "Size mismatch.");
    memcpy(&payload, &bits, sizeof(bits));
  }
  __device__ ElementType& operator[](int index) { return payload[index]; }
  __device__ const ElementType& operator[](int index) const { return payload[index]; }
  __device__ int4 get_bits() const {
    int4 bits;
    memcpy(&bits, &payload, sizeof(bits));
    return bits;
  }
  static constexpr const size_t size = sizeof(int4) / sizeof(ElementType);
  ElementType payload[size];
};
typedef Packed128<floatX> x128;

__device__ x128 load128cs(const floatX* address) {
  return x128{__ldcs(reinterpret_cast<const int4*>(address))};
}
__device__ void store128(floatX* target, x128 value) {
  *reinterpret_cast<int4*>(target) = value.get_bits();
}

extern "C" __global__ void residual_forward(floatX* out, const floatX* inp1, const floatX* inp2,
                                            int packs) {
  int idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= packs) return;
  x128 packed_out;
  const x128 packed_inp1 = load128cs(inp1 + idx * x128::size);
  const x128 packed_inp2 = load128cs(inp2 + idx * x128::size);
  for (int k = 0; k < packed_inp1.size; k++)
    packed_out[k] = (floatX)((float)packed_inp1[k] + (float)packed_inp2[k]);
  store128(out + idx * x128::size, packed_out);
}

extern "C" __global__ void bias_backward(float* dbias, const floatX* dout, int rows, int C) {
  extern __shared__ float sums[];  // (C,)
  for (int c = threadIdx.x; c < C; c += blockDim.x) sums[c] = 0.f;
  __syncthreads();
  for (int idx = blockIdx.x * blockDim.x + threadIdx.x; idx < rows * C / (int)x128::size;
       idx += gridDim.x * blockDim.x) {
    const x128 pack = load128cs(dout + idx * x128::size);
    for (int k = 0; k < x128::size; k++)
      atomicAdd(&sums[(idx * x128::size + k) % C], (float)pack[k]);
  }
  __syncthreads();
  for (int c = threadIdx.x; c < C; c += blockDim.x) atomicAdd(&dbias[c], sums[c]);
}
