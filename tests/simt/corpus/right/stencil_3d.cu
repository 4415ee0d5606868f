// Seven-point stencil in three dimensions: a block marches up z with the plane in shared memory and
// the neighbors above and below in registers. Launch: 8 x 8 threads over (ny, nx).
template <typename real, int TX, int TY>
__global__ void stencil_3d(const real* __restrict__ in,  // (nz, ny, nx)
                           real* __restrict__ out, real center, real side, int nx, int ny, int nz) {
  __shared__ real plane[TY + 2][TX + 2];
  const int ix = blockIdx.x * TX + threadIdx.x, iy = blockIdx.y * TY + threadIdx.y;
  const int tx = threadIdx.x + 1, ty = threadIdx.y + 1;
  const bool inside = ix < nx && iy < ny;
  auto at = [&](int x, int y, int z) -> real {
    const bool ok = x >= 0 && x < nx && y >= 0 && y < ny && z >= 0 && z < nz;
    return ok ? in[(z * ny + y) * nx + x] : real(0);
  };
  real below = 0, here = at(ix, iy, 0);
  for (int z = 0; z < nz; ++z) {
    const real above = at(ix, iy, z + 1);
    __syncthreads();  // the plane before has been read
    plane[ty][tx] = here;
    if (threadIdx.x == 0) plane[ty][0] = at(ix - 1, iy, z);
    if (threadIdx.x == TX - 1) plane[ty][TX + 1] = at(ix + 1, iy, z);
    if (threadIdx.y == 0) plane[0][tx] = at(ix, iy - 1, z);
    if (threadIdx.y == TY - 1) plane[TY + 1][tx] = at(ix, iy + 1, z);
    __syncthreads();
    if (inside) {
      const real sum = plane[ty][tx - 1] + plane[ty][tx + 1] + plane[ty - 1][tx] +
                       plane[ty + 1][tx] + below + above;
      out[(z * ny + iy) * nx + ix] = center * here + side * sum;
    }
    below = here;
    here = above;
  }
}
