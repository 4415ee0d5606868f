// Activations of a transformer: GELU by tanh, forward and backward, and SwiGLU. 1-D launches.
#define GELU_SCALING_FACTOR 0.7978845608028654f  // sqrt(2 / pi)

extern "C" __global__ void gelu_forward(float* out, const float* inp, int N) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < N) {
    float xi = inp[i];
    float cube = 0.044715f * xi * xi * xi;
    out[i] = 0.5f * xi * (1.0f + tanhf(GELU_SCALING_FACTOR * (xi + cube)));
  }
}

extern "C" __global__ void gelu_backward(float* dinp, const float* inp, const float* dout, int N) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < N) {
    float x = inp[i];
    float cube = 0.044715f * x * x * x;
    float tanh_out = tanhf(GELU_SCALING_FACTOR * (x + cube));
    float cosh_arg = coshf(GELU_SCALING_FACTOR * (x + cube));
    float sech2 = 1.0f / (cosh_arg * cosh_arg);
    float slope = 0.5f * (1.0f + tanh_out) +
                  x * 0.5f * sech2 * GELU_SCALING_FACTOR * (1.0f + 3.0f * 0.044715f * x * x);
    dinp[i] = slope * dout[i];
  }
}

// out (rows, F) = silu(gate) * up; both halves lie side by side in `both` (rows, 2, F)
extern "C" __global__ void swiglu(float* out, const float* both, int rows, int F) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < rows * F; i += gridDim.x * blockDim.x) {
    int row = i / F, col = i % F;
    float gate = both[(row * 2 + 0) * F + col];
    float up = both[(row * 2 + 1) * F + col];
    out[i] = gate / (1.0f + expf(-gate)) * up;
  }
}
