// A stack of fixed depth in local memory guards itself with a trap. Launch: a thread a tree.
extern "C" __global__ void count_nodes(const int2* children, const int* roots, int* counts) {
  int stack[8], depth = 0, count = 0;
  stack[depth++] = roots[threadIdx.x];
  while (depth > 0) {
    int2 next = children[stack[--depth]];
    count++;
    if (depth > 6) __trap();  // bug
    if (next.x >= 0) stack[depth++] = next.x;
    if (next.y >= 0) stack[depth++] = next.y;
  }
  counts[threadIdx.x] = count;
}
