"""What integer instructions of PTX compute, in whole numbers of Python."""

from __future__ import annotations

from collections.abc import Callable


def signed(x: int, bits: int = 32) -> int:
    return (x & (2**bits - 1) ^ 1 << bits - 1) - (1 << bits - 1)


def clip(x: int, low: int, high: int) -> int:
    return min(max(x, low), high)


def saturated(x: int) -> int:
    return clip(x, -(2**31), 2**31 - 1)


def quotient(a: int, b: int) -> int:
    """Rounded toward zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def logic(a: int, b: int, c: int, table: int) -> int:
    return sum(
        (table >> (a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1) & 1) << i for i in range(32)
    )


def permuted(a: int, b: int, c: int) -> int:
    pool, result = a | b << 32, 0
    for i in range(4):
        selector = c >> 4 * i & 15
        byte = pool >> 8 * (selector & 7) & 255
        result |= (255 * (byte >> 7) if selector & 8 else byte) << 8 * i
    return result


def permuted_as(mode: str) -> Callable[[int, int, int], int]:
    """The special modes of prmt: which bytes of b:a make up the result."""

    def model(a: int, b: int, c: int) -> int:
        i = c & 3
        chosen = {
            "f4e": [i, i + 1, i + 2, i + 3],
            "b4e": [i, i - 1, i - 2, i - 3],
            "rc8": [i] * 4,
            "ecl": [max(i, j) for j in range(4)],
            "ecr": [min(i, j) for j in range(4)],
            "rc16": [i % 2 * 2, i % 2 * 2 + 1] * 2,
        }[mode]
        pool = a | b << 32
        return sum((pool >> 8 * (byte % 8) & 255) << 8 * j for j, byte in enumerate(chosen))

    return model


def field(a: int, start: int, length: int, bits: int, is_signed: bool) -> int:
    start, length = start & 255, length & 255
    if length == 0:
        return 0
    value = (signed(a, bits) if is_signed else a) >> start  # Python's shift repeats the sign
    kept = value & (1 << min(length, bits)) - 1
    top = min(start + length, bits) - 1
    if is_signed and a >> top & 1:
        kept |= -1 << min(length, bits)
    return kept


def inserted(a: int, b: int, start: int, length: int, bits: int = 32) -> int:
    start, length = start & 255, length & 255
    mask = (1 << length) - 1 << start & 2**bits - 1
    return b & ~mask | a << start & mask


def highest(a: int, bits: int, is_signed: bool) -> int:
    if is_signed and signed(a, bits) < 0:
        a = ~a & 2**bits - 1
    return a.bit_length() - 1


def funnel(left: bool, wraps: bool) -> Callable[[int, int, int], int]:
    def model(a: int, b: int, c: int) -> int:
        shift = c & 31 if wraps else min(c, 32)
        both = b << 32 | a
        return both << shift >> 32 if left else both >> shift

    return model


def dot(a: int, b: int, c: int, kinds: str) -> int:
    def byte(x: int, i: int, kind: str) -> int:
        value = x >> 8 * i & 255
        return signed(value, 8) if kind == "s" else value

    return c + sum(byte(a, i, kinds[0]) * byte(b, i, kinds[1]) for i in range(4))
