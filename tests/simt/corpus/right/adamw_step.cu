// One step of AdamW; hyperparameters travel in a struct passed by value. Launch: 1-D, one thread a
// parameter.
struct AdamW {
  float learning_rate, beta1, beta2, epsilon, weight_decay;
  float correction1, correction2;  // 1 - beta^step
};

__device__ inline float lerp(float from, float to, float weight) {
  return fmaf(weight, to, fmaf(-weight, from, from));
}

extern "C" __global__ void __launch_bounds__(256)
    adamw_step(float* __restrict__ parameters,       // (n,) in place
               const float* __restrict__ gradients,  // (n,)
               float* __restrict__ m,                // (n,) first moment, in place
               float* __restrict__ v,                // (n,) second moment, in place
               const AdamW options, long long n) {
  const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float g = gradients[i];
  const float m_i = lerp(g, m[i], options.beta1);
  const float v_i = lerp(g * g, v[i], options.beta2);
  m[i] = m_i;
  v[i] = v_i;
  const float m_hat = m_i / options.correction1;
  const float v_hat = v_i / options.correction2;
  const float p = parameters[i];
  parameters[i] = p - options.learning_rate *
                          (m_hat / (sqrtf(v_hat) + options.epsilon) + options.weight_decay * p);
}
