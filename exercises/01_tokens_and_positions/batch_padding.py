"""01.batch_padding: texts of different lengths in one array."""

import numpy as np

from attention_scratch.exercises.authoring import exercise


def pad_batch(sequences, pad):
    lengths = np.array([len(sequence) for sequence in sequences])
    ids = np.full((len(sequences), lengths.max()), pad)
    for row, sequence in zip(ids, sequences, strict=True):
        row[: len(sequence)] = sequence
    return ids, np.arange(ids.shape[1]) < lengths[:, None]


def zips_them(sequences, pad):
    ids = np.array(list(zip(*sequences, strict=False)), dtype=int).reshape(-1, len(sequences)).T
    return ids, np.ones(ids.shape, dtype=bool)


EXERCISE = exercise(
    "01.batch_padding",
    "Texts of different lengths in one array",
    teaches="how a batch is filled up, and that what is real is known from lengths, not from ids",
    right=pad_batch,  # copies: compared exactly
    cases="""
        three lengths: [[9, 2, 14], [8, 2, 15, 13, 4], [10]], 0
        another pad: [[5, 6], [7, 8, 9, 1]], 20
        one text: [[3, 1, 4]], 0
        equal lengths: [[3, 1], [4, 1], [5, 9]], 0
        an empty text among them: [[], [2, 7, 1]], 0
        a text that contains the pad: [[0, 4, 0], [6, 0]], 0
    """,
    mistakes="""
        mask-from-the-pad: np.arange(ids.shape[1]) < lengths[:, None] → ids != pad
            right until a text itself contains the pad: what is real is known from the lengths, not
            from the ids
        mask-inverted: < lengths → >= lengths
            the truth values are upside down: True means a token of the text
        mask-one-too-many: < lengths → <= lengths
            off by one: the first pad of each text counts as real. A text of 3 tokens has them at
            0, 1 and 2
        padded-on-the-left: row[: len(sequence)] → row[len(row) - len(sequence) :]
            & np.arange(ids.shape[1]) → np.arange(ids.shape[1])[::-1]
            the padding is on the left, so the texts no longer begin at place 0
        cut-to-the-shortest: lengths.max() → lengths.min()
            & = sequence\\n → = sequence[: len(row)]\\n
            long texts were cut to the shortest one's length: fill up to the longest
        cut-to-the-shortest: answer zips_them
        padded-with-zeros: lengths.max()), pad → lengths.max()), 0
            it fills up with 0; the pad that was passed may be another id
        dtype: lengths.max()), pad → lengths.max()), float(pad)
        changed-argument: row[: len(sequence)] → row[:]
            & row[:] → sequence += [pad] * (len(row) - len(sequence))\\n        row[:]
    """,
    hints="""
        How long must the array be? Fill all of it with the pad first; what is left to do then?

        lengths = the length of each text (B,). Make ids (B, longest) with np.full and write each
        text into the beginning of its row. A place is real when its number is below the text's
        length: compare np.arange (T,) with lengths (B, 1).

        lengths = np.array([len(s) for s in sequences])
        ids = np.full((len(sequences), ...), pad)
        for row, sequence in zip(ids, sequences):
            row[: ...] = sequence
        return ids, np.arange(...) < lengths[:, None]
    """,
)
