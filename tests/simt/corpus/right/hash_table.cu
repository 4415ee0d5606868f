// Open addressing with atomicCAS: insert (key, value) pairs, adding up values of equal keys, and
// look keys up again. Launch: 1-D; keys all EMPTY and values 0 before; capacity a power of two.
#define EMPTY 0xffffffffu

__device__ unsigned hash(unsigned k) {  // the finalizer of MurmurHash3
  k ^= k >> 16;
  k *= 0x85ebca6b;
  k ^= k >> 13;
  k *= 0xc2b2ae35;
  k ^= k >> 16;
  return k;
}

extern "C" __global__ void hash_insert(unsigned* table_keys, int* table_values, unsigned capacity,
                                       const unsigned* keys, const int* values, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned slot = hash(keys[i]) & (capacity - 1);
  while (true) {
    unsigned previous = atomicCAS(&table_keys[slot], EMPTY, keys[i]);
    if (previous == EMPTY || previous == keys[i]) {
      atomicAdd(&table_values[slot], values[i]);
      return;
    }
    slot = (slot + 1) & (capacity - 1);
  }
}

extern "C" __global__ void hash_lookup(const unsigned* table_keys, const int* table_values,
                                       unsigned capacity, const unsigned* queries, int* found,
                                       int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned slot = hash(queries[i]) & (capacity - 1);
  for (; table_keys[slot] != EMPTY; slot = (slot + 1) & (capacity - 1)) {
    if (table_keys[slot] == queries[i]) {
      found[i] = table_values[slot];
      return;
    }
  }
  found[i] = -1;
}
