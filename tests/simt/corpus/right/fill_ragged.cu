// memset for ints that may start anywhere: single stores up to the first 16-byte boundary, int4
// stores in the middle, single stores for the rest. Launch: 1-D, any size.
extern "C" __global__ void fill_ragged(int* out, int begin, int end, int value) {
  int* first = out + begin;
  int* last = out + end;
  const size_t tid = blockIdx.x * (size_t)blockDim.x + threadIdx.x;
  const size_t stride = gridDim.x * (size_t)blockDim.x;

  int head = (16 - (reinterpret_cast<size_t>(first) & 15)) / sizeof(int) % 4;
  if (head > last - first) head = last - first;
  if (tid < head) first[tid] = value;

  int4* body = reinterpret_cast<int4*>(first + head);
  const size_t vectors = (last - (first + head)) / 4;
  const int4 four = make_int4(value, value, value, value);
  for (size_t i = tid; i < vectors; i += stride) __stcs(&body[i], four);

  int* tail = first + head + 4 * vectors;
  if (tid < last - tail) tail[tid] = value;
}
