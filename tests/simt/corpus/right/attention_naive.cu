// Causal attention as three kernels that write the T x T matrix: scores, softmax, weighted values.
// q, k, v lie packed as in GPT-2: inp (B, T, 3, H, D). 1-D launches; softmax a thread a row.
#define MASKED -3.402823466e+38f

extern "C" __global__ void attention_scores(float* preatt, const float* inp, int B, int T, int H,
                                            int D) {
  int idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= B * H * T * T) return;
  int t2 = idx % T, t = idx / T % T, h = idx / (T * T) % H, b = idx / (T * T * H);
  if (t2 > t) {
    preatt[idx] = MASKED;  // autoregressive mask
    return;
  }
  const float* query = inp + ((b * T + t) * 3 + 0) * H * D + h * D;
  const float* key = inp + ((b * T + t2) * 3 + 1) * H * D + h * D;
  float val = 0.0f;
  for (int i = 0; i < D; i++) val += query[i] * key[i];
  preatt[idx] = val * (1.0f / sqrtf((float)D));
}

extern "C" __global__ void attention_softmax(float* att, const float* preatt, int rows, int T) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  int t = row % T;
  const float* x = preatt + row * T;
  float maxval = MASKED;
  for (int i = 0; i <= t; i++) maxval = x[i] > maxval ? x[i] : maxval;
  float expsum = 0.0f;
  for (int i = 0; i <= t; i++) {
    float e = expf(x[i] - maxval);
    expsum += e;
    att[row * T + i] = e;
  }
  for (int i = 0; i < T; i++) {
    if (i <= t)
      att[row * T + i] /= expsum;
    else
      att[row * T + i] = 0.0f;
  }
}

extern "C" __global__ void attention_values(float* out,  // (B, T, H, D)
                                            const float* att, const float* inp, int B, int T, int H,
                                            int D) {
  int idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= B * T * H * D) return;
  int d = idx % D, h = idx / D % H, t = idx / (D * H) % T, b = idx / (D * H * T);
  float sum = 0.0f;
  for (int t2 = 0; t2 <= t; t2++)
    sum += att[((b * H + h) * T + t) * T + t2] * inp[((b * T + t2) * 3 + 2) * H * D + h * D + d];
  out[idx] = sum;
}
