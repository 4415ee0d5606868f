"""Chapter 10: plausible wrong answers, each with the diagnosis it must get."""

import numpy as np

from attention_scratch.exercises import mutant

# ------------------------------------------------------------------ 10.rms_norm


@mutant("10.rms_norm", diagnosis="mean-subtracted")
def layer_norm_from_memory(x, weight, eps):
    centered = x - x.mean(axis=-1, keepdims=True)
    return weight * centered / np.sqrt(centered.var(axis=-1, keepdims=True) + eps)


@mutant("10.rms_norm", diagnosis="epsilon-outside-the-root")
def epsilon_added_to_the_rms(x, weight, eps):
    rms = np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True))
    return x / (rms + eps) * weight


@mutant("10.rms_norm", diagnosis="sum-instead-of-mean")
def divided_by_the_length(x, weight, eps):
    return weight * x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True) + eps)


@mutant("10.rms_norm", diagnosis="over-the-whole-array")
def axis_forgotten(x, weight, eps):
    return weight * x / np.sqrt(np.mean(x**2) + eps)


@mutant("10.rms_norm", diagnosis="weight-forgotten")
def never_scaled(x, weight, eps):
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)


@mutant("10.rms_norm", diagnosis="one-plus-weight")
def scaled_as_gemma_does(x, weight, eps):
    normed = x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    return normed + normed * weight


@mutant("10.rms_norm", diagnosis="raised")
def keepdims_forgotten(x, weight, eps):
    return weight * x / np.sqrt(np.mean(x**2, axis=-1) + eps)


# ------------------------------------------------------------------ 10.rope


def _angles(x, theta):
    length, width = x.shape
    frequencies = 1.0 / theta ** (np.arange(0, width, 2) / width)
    return np.outer(np.arange(length), frequencies)


@mutant("10.rope", diagnosis="interleaved-pairs")
def neighbors_are_paired(x, theta):
    angle = _angles(x, theta)
    out = np.empty_like(x)
    out[:, 0::2] = x[:, 0::2] * np.cos(angle) - x[:, 1::2] * np.sin(angle)
    out[:, 1::2] = x[:, 1::2] * np.cos(angle) + x[:, 0::2] * np.sin(angle)
    return out


@mutant("10.rope", diagnosis="turned-backward")
def minus_in_the_wrong_half(x, theta):
    angle, half = _angles(x, theta), x.shape[1] // 2
    cos, sin = np.tile(np.cos(angle), 2), np.tile(np.sin(angle), 2)
    turned = np.concatenate([x[:, half:], -x[:, :half]], axis=1)
    return x * cos + turned * sin


@mutant("10.rope", diagnosis="angles-repeated-next-to-each-other")
def repeat_instead_of_concatenate(x, theta):
    angle, half = np.repeat(_angles(x, theta), 2, axis=-1), x.shape[1] // 2
    turned = np.concatenate([-x[:, half:], x[:, :half]], axis=1)
    return x * np.cos(angle) + turned * np.sin(angle)


@mutant("10.rope", diagnosis="positions-from-one")
def counted_from_one(x, theta):
    width = x.shape[1]
    frequencies = theta ** (-np.arange(0, width, 2) / width)
    angle = np.arange(1, len(x) + 1)[:, None] * frequencies
    first, second = np.split(x, 2, axis=1)
    return np.hstack(
        [
            first * np.cos(angle) - second * np.sin(angle),
            second * np.cos(angle) + first * np.sin(angle),
        ]
    )


@mutant("10.rope", diagnosis="exponent-halved")
def exponent_without_the_two(x, theta):
    half = x.shape[1] // 2
    frequencies = [theta ** -(i / x.shape[1]) for i in range(half)]
    angle = np.outer(np.arange(len(x)), frequencies)
    first, second = x[:, :half], x[:, half:]
    return np.hstack(
        [
            first * np.cos(angle) - second * np.sin(angle),
            second * np.cos(angle) + first * np.sin(angle),
        ]
    )


# ------------------------------------------------------------------ 10.query_heads


def _normed(x, weight, eps):
    return weight * x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)


@mutant("10.query_heads", diagnosis="normed-per-head")
def split_first_then_norm(h, projection, norm_weight, num_heads, eps):
    q = (h @ projection.T).reshape(len(h), num_heads, -1)
    return _normed(q, norm_weight.reshape(num_heads, -1), eps).transpose(1, 0, 2)


@mutant("10.query_heads", diagnosis="reshaped-without-transposing")
def straight_to_the_final_shape(h, projection, norm_weight, num_heads, eps):
    q = _normed(h @ projection.T, norm_weight, eps)
    return q.reshape(num_heads, h.shape[0], q.shape[1] // num_heads)


@mutant("10.query_heads", diagnosis="norm-forgotten")
def projected_and_split(h, projection, norm_weight, num_heads, eps):
    return np.stack(np.split(h @ projection.T, num_heads, axis=1))


@mutant("10.query_heads", diagnosis="projection-not-transposed")
def multiplied_as_stored(h, projection, norm_weight, num_heads, eps):
    q = _normed(h @ projection, norm_weight, eps)
    return q.reshape(len(h), num_heads, -1).transpose(1, 0, 2)


# ------------------------------------------------------------------ 10.decoder_layer


@mutant("10.decoder_layer", diagnosis="norm-before-the-sublayer")
def as_llama_does(h, attend, feed_forward, attention_norm, feedforward_norm):
    middle = h + attend(attention_norm(h))
    return middle + feed_forward(feedforward_norm(middle))


@mutant("10.decoder_layer", diagnosis="norm-after-the-addition")
def as_in_2017(h, attend, feed_forward, attention_norm, feedforward_norm):
    middle = attention_norm(h + attend(h))
    return feedforward_norm(middle + feed_forward(middle))


@mutant("10.decoder_layer", diagnosis="feed-forward-reads-the-old-stream")
def both_parts_read_the_input(h, attend, feed_forward, attention_norm, feedforward_norm):
    attended = attention_norm(attend(h))
    widened = feedforward_norm(feed_forward(h))
    return h + attended + widened


@mutant("10.decoder_layer", diagnosis="residual-forgotten")
def a_chain_without_the_stream(h, attend, feed_forward, attention_norm, feedforward_norm):
    h = attention_norm(attend(h))
    return feedforward_norm(feed_forward(h))


@mutant("10.decoder_layer", diagnosis="norms-forgotten")
def added_raw(h, attend, feed_forward, attention_norm, feedforward_norm):
    h = attend(h) + h
    return feed_forward(h) + h


# ------------------------------------------------------------------ 10.swiglu


def _silu(x):
    return x / (1 + np.exp(-x))


@mutant("10.swiglu", diagnosis="silu-on-up")
def gate_and_up_exchanged(h, gate, up, down):
    return (h @ gate.T * _silu(h @ up.T)) @ down.T


@mutant("10.swiglu", diagnosis="sigmoid-instead-of-silu")
def gated_by_a_sigmoid(h, gate, up, down):
    return ((h @ up.T) / (1 + np.exp(-h @ gate.T))) @ down.T


@mutant("10.swiglu", diagnosis="added-instead-of-multiplied")
def summed(h, gate, up, down):
    return (_silu(h @ gate.T) + h @ up.T) @ down.T


@mutant("10.swiglu", diagnosis="no-gate")
def a_plain_feed_forward(h, gate, up, down):
    return _silu(h @ up.T) @ down.T


# ------------------------------------------------------------------ 10.decode


@mutant("10.decode", diagnosis="cache-made-anew")
def a_new_cache_each_step(model, prompt, count):
    ids, written = list(prompt), []
    for _ in range(count):
        logits = model.step([ids], model.new_cache())
        written.append(int(np.argmax(logits[0])))
        ids = written[-1:]
    return written


@mutant("10.decode", diagnosis="prompt-read-twice")
def whole_text_into_the_same_cache(model, prompt, count):
    cache, text = model.new_cache(), list(prompt)
    while len(text) < len(prompt) + count:
        logits = model.step([text], cache)
        text.append(int(logits.argmax()))
    return text[len(prompt) :]


@mutant("10.decode", diagnosis="prompt-returned-too")
def returns_all_the_text(model, prompt, count):
    cache = model.new_cache()
    logits, text = model.step([prompt], cache), list(prompt)
    text.append(int(logits.argmax()))
    for _ in range(count - 1):
        logits = model.step([text[-1:]], cache)
        text.append(int(logits.argmax()))
    return text


@mutant("10.decode", diagnosis="one-token-too-many")
def counts_only_the_loop(model, prompt, count):
    cache = model.new_cache()
    token = int(model.step([prompt], cache).argmax())
    written = [token]
    for _ in range(count):
        token = int(model.step([[token]], cache).argmax())
        written.append(token)
    return written


@mutant("10.decode", diagnosis="reads-everything-again")
def without_a_cache(model, prompt, count):
    text = list(prompt)
    for _ in range(count):
        text.append(int(model.logits([text])[0, -1].argmax()))
    return text[len(prompt) :]
