// Depth of a linked list by recursion; the list bites its own tail.
__device__ __noinline__ int depth(const int* next, int node, int* seen) {  // other
  int path[32];
  for (int i = 0; i < 32; i++) path[i] = seen[i % 4] + node;  // other
  if (next[node] < 0) return path[node % 32];                 // other
  return depth(next, next[node], path) + path[node % 32];     // bug
}

extern "C" __global__ void depths(const int* next, int* out) {
  int seen[4] = {0, 0, 0, 0};
  out[threadIdx.x] = depth(next, threadIdx.x, seen);
}
