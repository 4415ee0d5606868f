// One relaxation of all pairs of shortest paths through vertex k; the row and the column of k are
// read by all and change for nobody. Launch: 2-D blocks over (n, n).
extern "C" __global__ void floyd_warshall(int* dist, int k, int n) {
  int j = blockIdx.x * blockDim.x + threadIdx.x;
  int i = blockIdx.y * blockDim.y + threadIdx.y;
  if (i >= n || j >= n) return;
  int through = dist[i * n + k] + dist[k * n + j];
  if (through < dist[i * n + j]) dist[i * n + j] = through;
}
