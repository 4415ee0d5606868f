// The forward pass of attention_scratch.nn.Decoder, in the numbers JavaScript has (float64), on the
// weights of a model.safetensors. Sizes as in the book: T tokens, C width, H heads, D head width.
// figure.py refuses what is not computed here, by name.

const sigmoid = x => 1 / (1 + Math.exp(-x));
const ACTIVATIONS = {
  relu: x => Math.max(x, 0),
  silu: x => x * sigmoid(x),
  swiglu: x => x * sigmoid(x),
  mish: x => x * Math.tanh(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  gelu_tanh: x => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

// Tensors by name, of the bytes of a safetensors file; all of them float32.
export function readTensors(bytes) {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  delete header.__metadata__;
  return Object.fromEntries(Object.entries(header).map(([name, { data_offsets: [from, to] }]) => (
    [name, new Float32Array(bytes.slice(start + from, start + to).buffer)])));
}

// A function of token ids: logits (T rows of V), weights (of each layer and head T rows of T).
export function decoder(config, tensors) {
  const C = config.dim, H = config.heads, K = config.kv_heads ?? H, D = C / H;
  const get = name => tensors[name];

  // y = W x + b of each row x; W is (out, in), as torch keeps it.
  function linear(rows, name) {
    const weight = get(`${name}.weight`), bias = config.bias && name !== "head" ? get(`${name}.bias`) : null;
    return rows.map(x => {
      const y = new Float64Array(weight.length / x.length);
      for (let o = 0, w = 0; o < y.length; o++) {
        let sum = bias ? bias[o] : 0;
        for (let i = 0; i < x.length; i++) sum += weight[w++] * x[i];
        y[o] = sum;
      }
      return y;
    });
  }

  function norm(rows, name, kind = config.norm) {
    if (kind === "none") return rows;
    const weight = get(`${name}.weight`), bias = kind === "layer" ? get(`${name}.bias`) : null;
    return rows.map(x => {
      const mean = bias ? x.reduce((sum, v) => sum + v, 0) / x.length : 0;
      const square = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
      const scale = 1 / Math.sqrt(square + config.eps);
      return x.map((v, i) => (v - mean) * scale * weight[i] + (bias ? bias[i] : 0));
    });
  }

  // Turns pair i of every head by t · theta^(-2i/D) at position t.
  function rotate(rows) {
    const half = D / 2, apart = config.rope_pairing === "half";
    return rows.map((x, t) => {
      const y = new Float64Array(x.length);
      for (let first = 0; first < x.length; first += D) {
        for (let pair = 0; pair < half; pair++) {
          const angle = t * config.rope_theta ** ((-2 * pair) / D);
          const cos = Math.cos(angle), sin = Math.sin(angle);
          const i = first + (apart ? pair : 2 * pair), j = apart ? i + half : i + 1;
          y[i] = x[i] * cos - x[j] * sin;
          y[j] = x[j] * cos + x[i] * sin;
        }
      }
      return y;
    });
  }

  function embed(ids) {
    const table = get("embedding.weight"), scale = config.tie ? Math.sqrt(C) : 1;
    const learned = config.positions === "learned" ? get("positions.weight") : null;
    if (learned && ids.length > learned.length / C) {
      throw new Error(`tokens: got ${ids.length}; expected at most ${learned.length / C}, the model's positions.`);
    }
    return ids.map((id, t) => Float64Array.from({ length: C }, (_, i) => {
      let x = table[id * C + i] * scale;
      if (learned) x += learned[t * C + i];
      if (config.positions === "sinusoidal") {
        const angle = t * 10000 ** (-(i - (i % 2)) / C);
        x += i % 2 ? Math.cos(angle) : Math.sin(angle);
      }
      return x;
    }));
  }

  function attention(rows, name) {
    let [query, key, value] = ["query", "key", "value"].map(part => linear(rows, `${name}.${part}`));
    if (config.qk_norm) {
      query = norm(query, `${name}.query_norm`, "rms");
      key = norm(key, `${name}.key_norm`, "rms");
    }
    if (config.positions === "rotary") [query, key] = [rotate(query), rotate(key)];
    const mixed = rows.map(() => new Float64Array(C)), weights = [];
    for (let h = 0; h < H; h++) {
      const own = h * D, shared = Math.floor((h * K) / H) * D; // where the head's numbers begin
      weights.push(rows.map((_, t) => {
        const scores = Float64Array.from({ length: t + 1 }, (_, s) => {
          let score = 0;
          for (let d = 0; d < D; d++) score += query[t][own + d] * key[s][shared + d];
          return score / Math.sqrt(D);
        });
        const row = new Float64Array(rows.length);
        row.set(softmax(scores));
        for (let s = 0; s <= t; s++) {
          for (let d = 0; d < D; d++) mixed[t][own + d] += row[s] * value[s][shared + d];
        }
        return row;
      }));
    }
    return [linear(mixed, `${name}.output`), weights];
  }

  function feedForward(rows, name) {
    const activate = ACTIVATIONS[config.activation], up = linear(rows, `${name}.up`);
    if (config.activation !== "swiglu") return linear(up.map(x => x.map(activate)), `${name}.down`);
    const gate = linear(rows, `${name}.gate`);
    return linear(up.map((x, t) => x.map((v, i) => v * activate(gate[t][i]))), `${name}.down`);
  }

  // x + f(x), with the norm where the order has it.
  function add(x, f, name) {
    const inner = f(config.order === "pre" ? norm(x, name) : x);
    const made = config.order === "olmo2" ? norm(inner, name) : inner;
    const sum = x.map((row, t) => row.map((v, i) => v + made[t][i]));
    return config.order === "post" ? norm(sum, name) : sum;
  }

  return ids => {
    let x = embed(ids);
    const weights = [];
    for (let layer = 0; layer < config.layers; layer++) {
      const block = `blocks.${layer}`;
      x = add(x, rows => {
        const [out, seen] = attention(rows, `${block}.attention`);
        weights.push(seen);
        return out;
      }, `${block}.attention_norm`);
      x = add(x, rows => feedForward(rows, `${block}.feed_forward`), `${block}.feed_forward_norm`);
    }
    x = config.order === "post" ? x : norm(x, "norm");
    if (!config.tie) return { logits: linear(x, "head"), weights };
    const table = get("embedding.weight"), V = table.length / C;
    const logits = x.map(row => Float64Array.from({ length: V }, (_, v) =>
      row.reduce((sum, value, i) => sum + value * table[v * C + i], 0)));
    return { logits, weights };
  };
}

export function softmax(scores) {
  const largest = Math.max(...scores), powers = scores.map(score => Math.exp(score - largest));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map(power => power / sum);
}
