"""Wrong answers to chapter 05 a learner plausibly gives, each with the diagnosis it must get."""

import math

import numpy as np

from attention_scratch.exercises import mutant
from attention_scratch.nn import functional as F  # noqa: N812

# --- 05.block -----------------------------------------------------------------------------------


@mutant("05.block", diagnosis="norm-on-the-stream")
def writes_the_norm_back(x, norm_1, attention, norm_2, feed_forward):
    x = norm_1(x)
    x = x + attention(x)
    x = norm_2(x)
    return x + feed_forward(x)


@mutant("05.block", diagnosis="norm-after-adding")
def the_block_of_2017(x, norm_1, attention, norm_2, feed_forward):
    x = norm_1(x + attention(x))
    return norm_2(x + feed_forward(x))


@mutant("05.block", diagnosis="norm-on-the-outputs")
def as_in_olmo_2(x, norm_1, attention, norm_2, feed_forward):
    x = x + norm_1(attention(x))
    return x + norm_2(feed_forward(x))


@mutant("05.block", diagnosis="nothing-added")
def one_after_the_other(x, norm_1, attention, norm_2, feed_forward):
    for part in (norm_1, attention, norm_2, feed_forward):
        x = part(x)
    return x


@mutant("05.block", diagnosis="attention-not-added")
def attention_replaces_the_stream(x, norm_1, attention, norm_2, feed_forward):
    x = attention(norm_1(x))
    return x + feed_forward(norm_2(x))


@mutant("05.block", diagnosis="feed-forward-not-added")
def feed_forward_replaces_the_stream(x, norm_1, attention, norm_2, feed_forward):
    x = x + attention(norm_1(x))
    return feed_forward(norm_2(x))


@mutant("05.block", diagnosis="added-to-the-start")
def forgets_what_attention_said(x, norm_1, attention, norm_2, feed_forward):
    h = x + attention(norm_1(x))
    return x + feed_forward(norm_2(h))


@mutant("05.block", diagnosis="both-read-the-start")
def side_by_side(x, norm_1, attention, norm_2, feed_forward):
    return x + attention(norm_1(x)) + feed_forward(norm_2(x))


@mutant("05.block", diagnosis="one-norm-for-both")
def copied_the_line(x, norm_1, attention, norm_2, feed_forward):
    x = x + attention(norm_1(x))
    return x + feed_forward(norm_1(x))


@mutant("05.block", diagnosis="no-norm")
def nothing_normalized(x, norm_1, attention, norm_2, feed_forward):
    x = x + attention(x)
    return x + feed_forward(x)


@mutant("05.block", diagnosis="computed-twice")
def written_in_one_line(x, norm_1, attention, norm_2, feed_forward):
    return x + attention(norm_1(x)) + feed_forward(norm_2(x + attention(norm_1(x))))


@mutant("05.block", diagnosis="changed-argument")
def adds_in_place(x, norm_1, attention, norm_2, feed_forward):
    x += attention(norm_1(x))
    x += feed_forward(norm_2(x))
    return x


# --- 05.cross_entropy ---------------------------------------------------------------------------


def surprise(logits, targets):
    logs = F.log_softmax(logits)
    return logs, -np.take_along_axis(logs, np.expand_dims(targets, -1), -1).squeeze(-1)


@mutant("05.cross_entropy", diagnosis="log-of-softmax")
def straight_from_the_formula(logits, targets, pad, smoothing=0.0):
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    logs = np.log(probabilities)
    right = -np.take_along_axis(logs, targets[..., None], -1)[..., 0]
    each = (1 - smoothing) * right - smoothing * logs.mean(-1)
    return each[targets != pad].mean()


@mutant("05.cross_entropy", diagnosis="log-of-softmax")
def logarithm_of_a_stable_softmax(logits, targets, pad, smoothing=0.0):
    logs = np.log(F.softmax(logits))
    right = -np.take_along_axis(logs, targets[..., None], -1)[..., 0]
    each = (1 - smoothing) * right - smoothing * logs.mean(-1)
    return each[targets != pad].mean()


@mutant("05.cross_entropy", diagnosis="padding-counted")
def never_looks_at_pad(logits, targets, pad, smoothing=0.0):
    logs, right = surprise(logits, targets)
    return np.mean((1 - smoothing) * right - smoothing * logs.mean(-1))


@mutant("05.cross_entropy", diagnosis="divided-by-all")
def multiplies_by_the_mask(logits, targets, pad, smoothing=0.0):
    logs, right = surprise(logits, targets)
    each = (1 - smoothing) * right - smoothing * logs.mean(-1)
    return np.mean(each * (targets != pad))


@mutant("05.cross_entropy", diagnosis="mean-of-means")
def a_loss_for_each_sequence(logits, targets, pad, smoothing=0.0):
    logs, right = surprise(logits, targets)
    each = (1 - smoothing) * right - smoothing * logs.mean(-1)
    if each.ndim == 1:
        return each[targets != pad].mean()
    return np.mean([row[t != pad].mean() for row, t in zip(each, targets, strict=True)])


@mutant("05.cross_entropy", diagnosis="summed")
def adds_them_up(logits, targets, pad, smoothing=0.0):
    logs, right = surprise(logits, targets)
    each = (1 - smoothing) * right - smoothing * logs.mean(-1)
    return each[targets != pad].sum()


@mutant("05.cross_entropy", diagnosis="sign-forgotten")
def the_log_probability(logits, targets, pad, smoothing=0.0):
    logs, right = surprise(logits, targets)
    each = -(1 - smoothing) * right - smoothing * logs.mean(-1)
    return each[targets != pad].mean()


@mutant("05.cross_entropy", diagnosis="smoothing-ignored")
def no_smoothing(logits, targets, pad, smoothing=0.0):
    _, right = surprise(logits, targets)
    return right[targets != pad].mean()


@mutant("05.cross_entropy", diagnosis="smoothing-over-the-others")
def smooths_over_the_others(logits, targets, pad, smoothing=0.0):
    logs, _ = surprise(logits, targets)
    V = logits.shape[-1]
    wanted = np.full(logits.shape, smoothing / (V - 1))
    np.put_along_axis(wanted, targets[..., None], 1 - smoothing, -1)
    return -(wanted * logs).sum(-1)[targets != pad].mean()


@mutant("05.cross_entropy", diagnosis="smoothing-reversed")
def weights_exchanged(logits, targets, pad, smoothing=0.0):
    logs, right = surprise(logits, targets)
    each = smoothing * right - (1 - smoothing) * logs.mean(-1)
    return each[targets != pad].mean()


@mutant("05.cross_entropy", diagnosis="smoothing-summed")
def forgot_the_share(logits, targets, pad, smoothing=0.0):
    logs, right = surprise(logits, targets)
    each = (1 - smoothing) * right - smoothing * logs.sum(-1)
    return each[targets != pad].mean()


# --- 05.adamw_step ------------------------------------------------------------------------------


def means(gradient, mean, square, betas):
    return (
        betas[0] * mean + (1 - betas[0]) * gradient,
        betas[1] * square + (1 - betas[1]) * gradient**2,
    )


def corrected(mean, square, number, betas):
    return mean / (1 - betas[0] ** number), square / (1 - betas[1] ** number)


@mutant("05.adamw_step", diagnosis="no-bias-correction")
def no_correction(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    value = value - lr * decay_rate * value - lr * mean / (np.sqrt(square) + eps)
    return value, mean, square


@mutant("05.adamw_step", diagnosis="only-the-mean-corrected")
def corrects_the_mean_alone(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, _ = corrected(mean, square, number, betas)
    value = value - lr * decay_rate * value - lr * m / (np.sqrt(square) + eps)
    return value, mean, square


@mutant("05.adamw_step", diagnosis="only-the-square-corrected")
def corrects_the_square_alone(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    _, v = corrected(mean, square, number, betas)
    value = value - lr * decay_rate * value - lr * mean / (np.sqrt(v) + eps)
    return value, mean, square


@mutant("05.adamw_step", diagnosis="counted-from-zero")
def counts_from_zero(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, v = corrected(mean, square, number - 1, betas)
    value = value - lr * decay_rate * value - lr * m / (np.sqrt(v) + eps)
    return value, mean, square


@mutant("05.adamw_step", diagnosis="decay-through-the-gradient")
def adam_with_l2(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient + decay_rate * value, mean, square, betas)
    m, v = corrected(mean, square, number, betas)
    return value - lr * m / (np.sqrt(v) + eps), mean, square


@mutant("05.adamw_step", diagnosis="decay-not-times-lr")
def shrinks_by_the_rate_alone(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, v = corrected(mean, square, number, betas)
    return value * (1 - decay_rate) - lr * m / (np.sqrt(v) + eps), mean, square


@mutant("05.adamw_step", diagnosis="decay-after-the-step")
def shrinks_at_the_end(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, v = corrected(mean, square, number, betas)
    value = value - lr * m / (np.sqrt(v) + eps)
    return value - lr * decay_rate * value, mean, square


@mutant("05.adamw_step", diagnosis="decay-forgotten")
def adam_without_the_w(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, v = corrected(mean, square, number, betas)
    return value - lr * m / (np.sqrt(v) + eps), mean, square


@mutant("05.adamw_step", diagnosis="eps-inside-the-root")
def eps_under_the_root(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, v = corrected(mean, square, number, betas)
    return value - lr * decay_rate * value - lr * m / np.sqrt(v + eps), mean, square


@mutant("05.adamw_step", diagnosis="no-root")
def divides_by_the_square(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, v = corrected(mean, square, number, betas)
    return value - lr * decay_rate * value - lr * m / (v + eps), mean, square


@mutant("05.adamw_step", diagnosis="old-means-used")
def steps_first(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    m, v = corrected(mean, square, number, betas)
    value = value - lr * decay_rate * value - lr * m / (np.sqrt(v) + eps)
    return value, *means(gradient, mean, square, betas)


@mutant("05.adamw_step", diagnosis="betas-exchanged")
def betas_the_wrong_way_round(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    beta2, beta1 = betas
    mean, square = means(gradient, mean, square, (beta1, beta2))
    m, v = corrected(mean, square, number, (beta1, beta2))
    return value - lr * decay_rate * value - lr * m / (np.sqrt(v) + eps), mean, square


@mutant("05.adamw_step", diagnosis="uphill")
def adds_the_step(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean, square = means(gradient, mean, square, betas)
    m, v = corrected(mean, square, number, betas)
    return value - lr * decay_rate * value + lr * m / (np.sqrt(v) + eps), mean, square


@mutant("05.adamw_step", diagnosis="changed-argument")
def updates_in_place(value, gradient, mean, square, number, *, lr, betas, eps, decay_rate):
    mean *= betas[0]
    mean += (1 - betas[0]) * gradient
    square *= betas[1]
    square += (1 - betas[1]) * gradient**2
    m, v = corrected(mean, square, number, betas)
    return value - lr * decay_rate * value - lr * m / (np.sqrt(v) + eps), mean, square


# --- 05.warmup_cosine ---------------------------------------------------------------------------


def cosine(part, lr, floor):
    return floor + (lr - floor) * 0.5 * (1 + math.cos(math.pi * part))


@mutant("05.warmup_cosine", diagnosis="first-step-stands-still")
def starts_at_zero(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * step / warmup
    return cosine(min((step - warmup) / (steps - warmup), 1), lr, floor)


@mutant("05.warmup_cosine", diagnosis="no-warmup")
def full_speed_from_the_start(step, lr, warmup, steps, floor):
    return cosine(min(max(step - warmup, 0) / (steps - warmup), 1), lr, floor)


@mutant("05.warmup_cosine", diagnosis="cosine-from-the-start")
def cosine_of_the_whole_run(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    return cosine(min(step / steps, 1), lr, floor)


@mutant("05.warmup_cosine", diagnosis="cosine-too-long")
def never_arrives_in_time(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    return cosine(min((step - warmup) / steps, 1), lr, floor)


@mutant("05.warmup_cosine", diagnosis="rises-again")
def never_stops(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    return cosine((step - warmup) / (steps - warmup), lr, floor)


@mutant("05.warmup_cosine", diagnosis="floor-forgotten")
def down_to_zero(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    return cosine(min((step - warmup) / (steps - warmup), 1), lr, 0.0)


@mutant("05.warmup_cosine", diagnosis="floor-added")
def raised_by_the_floor(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    return floor + cosine(min((step - warmup) / (steps - warmup), 1), lr, 0.0)


@mutant("05.warmup_cosine", diagnosis="whole-wave")
def two_pi(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    part = min((step - warmup) / (steps - warmup), 1)
    return floor + (lr - floor) * (1 + math.cos(2 * math.pi * part)) / 2


@mutant("05.warmup_cosine", diagnosis="straight-down")
def a_straight_line(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    part = min((step - warmup) / (steps - warmup), 1)
    return part * floor + (1 - part) * lr


@mutant("05.warmup_cosine", diagnosis="quarter-wave")
def half_pi(step, lr, warmup, steps, floor):
    if step < warmup:
        return lr * (step + 1) / warmup
    part = min((step - warmup) / (steps - warmup), 1)
    return floor + (lr - floor) * math.cos(math.pi * part / 2)


@mutant("05.warmup_cosine", diagnosis="raised")
def divides_by_the_warmup(step, lr, warmup, steps, floor):
    rising = lr * (step + 1) / warmup
    falling = cosine(min(max(step - warmup, 0) / (steps - warmup), 1), lr, floor)
    return min(rising, falling)


# --- 05.clip_global_norm ------------------------------------------------------------------------


@mutant("05.clip_global_norm", diagnosis="each-array-alone")
def every_array_by_itself(grads, most):
    clipped = []
    for g in grads:
        norm = float(np.sqrt((g**2).sum()))
        clipped.append(g * (most / norm if norm > most else 1.0))
    return clipped, math.sqrt(sum(float((g.astype(float) ** 2).sum()) for g in grads))


@mutant("05.clip_global_norm", diagnosis="each-number-alone")
def cuts_numbers_off(grads, most):
    norm = math.sqrt(sum(float((g.astype(float) ** 2).sum()) for g in grads))
    return [np.minimum(np.maximum(g, -most), most) for g in grads], norm


@mutant("05.clip_global_norm", diagnosis="always-scaled")
def scales_whatever_comes(grads, most):
    norm = np.sqrt(sum((g.astype(float) ** 2).sum() for g in grads))
    return [g * (most / norm) for g in grads], norm


@mutant("05.clip_global_norm", diagnosis="norms-added")
def adds_the_norms(grads, most):
    norm = float(sum(np.linalg.norm(g.ravel()) for g in grads))
    return [g * min(1.0, most / max(norm, 1e-30)) for g in grads], norm


@mutant("05.clip_global_norm", diagnosis="root-forgotten")
def the_squared_norm(grads, most):
    norm = sum(float((g.astype(float) ** 2).sum()) for g in grads)
    return [g * (most / norm if norm > most else 1.0) for g in grads], norm


@mutant("05.clip_global_norm", diagnosis="mean-square")
def root_mean_square(grads, most):
    flat = np.concatenate([g.ravel() for g in grads])
    norm = float(np.sqrt(np.mean(flat**2)))
    return [g * (most / norm if norm > most else 1.0) for g in grads], norm


@mutant("05.clip_global_norm", diagnosis="absolute-values")
def sum_of_sizes(grads, most):
    norm = sum(float(np.abs(g).sum()) for g in grads)
    return [g * (most / norm if norm > most else 1.0) for g in grads], norm


@mutant("05.clip_global_norm", diagnosis="norm-after-clipping")
def reports_what_is_left(grads, most):
    norm = math.sqrt(sum(float((g.astype(float) ** 2).sum()) for g in grads))
    clipped = [g * (most / norm if norm > most else 1.0) for g in grads]
    return clipped, math.sqrt(sum(float((g.astype(float) ** 2).sum()) for g in clipped))


@mutant("05.clip_global_norm", diagnosis="dtype-not-kept")
def a_numpy_factor(grads, most):
    norm = np.sqrt(sum((g.astype(float) ** 2).sum() for g in grads))
    factor = np.float64(most) / norm if norm > most else 1.0
    return [g * factor for g in grads], norm


@mutant("05.clip_global_norm", diagnosis="changed-argument")
def scales_the_callers_arrays(grads, most):
    norm = math.sqrt(sum(float((g.astype(float) ** 2).sum()) for g in grads))
    if norm > most:
        for g in grads:
            g *= most / norm
    return grads, norm


# --- 05.accumulate ------------------------------------------------------------------------------


@mutant("05.accumulate", diagnosis="each-piece-alike")
def mean_of_means(gradient, pieces):
    total = 0.0
    for piece in pieces:
        total = total + gradient(piece)[0]
    return total / len(pieces)


@mutant("05.accumulate", diagnosis="weighted-by-rows")
def counts_the_padding(gradient, pieces):
    total, rows = 0.0, 0
    for piece in pieces:
        total = total + len(piece[1]) * gradient(piece)[0]
        rows += len(piece[1])
    return total / rows


@mutant("05.accumulate", diagnosis="never-divided")
def adds_the_means(gradient, pieces):
    return sum(gradient(piece)[0].copy() for piece in pieces)


@mutant("05.accumulate", diagnosis="divided-by-pieces")
def divides_by_how_many_pieces(gradient, pieces):
    total = 0.0
    for piece in pieces:
        grad, count = gradient(piece)
        total = total + count * grad
    return total / len(pieces)


@mutant("05.accumulate", diagnosis="sum-not-divided")
def forgot_the_division(gradient, pieces):
    total = 0.0
    for piece in pieces:
        grad, count = gradient(piece)
        total = total + count * grad
    return total


@mutant("05.accumulate", diagnosis="only-the-last")
def overwrites(gradient, pieces):
    for piece in pieces:
        total, _ = gradient(piece)
    return total


@mutant("05.accumulate", diagnosis="only-the-last")
def a_list_of_one_array(gradient, pieces):
    found = [gradient(piece) for piece in pieces]
    counts = np.array([count for _, count in found], float)
    return np.average([grad for grad, _ in found], axis=0, weights=counts)


@mutant("05.accumulate", diagnosis="computed-twice")
def counts_first(gradient, pieces):
    n = sum(gradient(piece)[1] for piece in pieces)
    total = 0.0
    for piece in pieces:
        grad, count = gradient(piece)
        total = total + grad * (count / n)
    return total
