// All-pairs gravity: a block's threads load a tile of bodies together and each sums over it.
// Launch: 1-D blocks of any size, blockDim.x * 16 bytes of dynamic shared memory.
__device__ float3 pull(float4 bi, float4 bj, float3 ai) {
  float3 r = make_float3(bj.x - bi.x, bj.y - bi.y, bj.z - bi.z);
  float squared = r.x * r.x + r.y * r.y + r.z * r.z + 1e-2f;  // softened
  float inverse = rsqrtf(squared);
  float s = bj.w * inverse * inverse * inverse;
  ai.x += r.x * s;
  ai.y += r.y * s;
  ai.z += r.z * s;
  return ai;
}

extern "C" __global__ void nbody_tile(const float4* __restrict__ bodies,  // (n,) x, y, z, mass
                                      float3* __restrict__ acceleration,  // (n,)
                                      int n) {
  extern __shared__ float4 tile[];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float4 mine = i < n ? bodies[i] : make_float4(0, 0, 0, 0);
  float3 a = {0.0f, 0.0f, 0.0f};
  for (int start = 0; start < n; start += blockDim.x) {
    int j = start + threadIdx.x;
    // a body without mass pulls nobody
    tile[threadIdx.x] = j < n ? bodies[j] : make_float4(0, 0, 0, 0);
    __syncthreads();
    for (int k = 0; k < blockDim.x; k++) a = pull(mine, tile[k], a);
    __syncthreads();
  }
  if (i < n) acceleration[i] = a;
}
