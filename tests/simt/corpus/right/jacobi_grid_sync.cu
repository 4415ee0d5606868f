// Jacobi iteration for A x = b in one cooperative launch: the whole grid meets after every sweep.
// Launch: cooperative, any 1-D shape that is resident at once.
#include <cooperative_groups.h>
namespace cg = cooperative_groups;

extern "C" __global__ void jacobi_grid_sync(const float* __restrict__ A,  // (n, n)
                                            const float* __restrict__ b, float* x, float* x_new,
                                            float* residual, int n, int sweeps) {
  cg::grid_group grid = cg::this_grid();
  for (int sweep = 0; sweep < sweeps; sweep++) {
    for (int row = grid.thread_rank(); row < n; row += grid.size()) {
      float sum = b[row];
      for (int col = 0; col < n; col++)
        if (col != row) sum -= A[row * n + col] * x[col];
      x_new[row] = sum / A[row * n + row];
    }
    grid.sync();
    for (int row = grid.thread_rank(); row < n; row += grid.size()) {
      if (sweep == sweeps - 1) atomicAdd(residual, fabsf(x_new[row] - x[row]));
      x[row] = x_new[row];
    }
    grid.sync();
  }
}
