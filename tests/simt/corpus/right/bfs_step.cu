// One level of breadth-first search on a CSR graph; new vertices are claimed with atomicCAS and
// appended to the next frontier. Launch: 1-D over the frontier.
extern "C" __global__ void bfs_step(const int* __restrict__ row_start,  // (vertices + 1,)
                                    const int* __restrict__ neighbors, int* level,
                                    const int* frontier, int frontier_size, int* next,
                                    int* next_size, int depth) {
  for (int f = blockIdx.x * blockDim.x + threadIdx.x; f < frontier_size;
       f += gridDim.x * blockDim.x) {
    const int v = frontier[f];
    for (int e = row_start[v]; e < row_start[v + 1]; ++e) {
      const int w = neighbors[e];
      if (atomicCAS(&level[w], -1, depth) == -1) next[atomicAdd(next_size, 1)] = w;
    }
  }
}
