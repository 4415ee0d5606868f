"""14.global_index: where am I?"""

from attention_scratch.exercises.authoring import exercise


def locate(block, thread, block_dim, width):
    column = block[0] * block_dim[0] + thread[0]
    row = block[1] * block_dim[1] + thread[1]
    linear = thread[1] * block_dim[0] + thread[0]
    return row * width + column, linear // 32, linear % 32


def forgot_the_rows_of_the_block(block, thread, block_dim, width):
    x = block[0] * block_dim[0] + thread[0]
    y = block[1] * block_dim[1] + thread[1]
    return y * width + x, *divmod(thread[0], 32)


EXERCISE = exercise(
    "14.global_index",
    "Where am I?",
    teaches="how block and thread numbers become an address, a warp and a lane",
    right=locate,
    cases="""
        the very first thread: (0, 0), (0, 0), (8, 4), 100
        one row of blocks: (3, 0), (5, 0), (128, 1), 1000
        blocks of 16 × 16: (2, 5), (7, 9), (16, 16), 640
        blocks of 8 × 4: (1, 2), (6, 3), (8, 4), 64
        blocks of 48 × 3, warps across rows: (4, 1), (40, 2), (48, 3), 333
    """,
    mistakes=r"""
        block-size-forgotten: block[0] * block_dim[0] → block[0]
            & block[1] * block_dim[1] → block[1]
            the offset counts blocks as if each were one element wide and high: block b begins at b
            times the block's size
        x-and-y-swapped: return row * width + column → return column * width + row
            rows and columns changed places: x runs along a row, y from row to row
        warp-from-x-only: linear = thread[1] * block_dim[0] + thread[0] → linear = thread[0]
            warp and lane are right only for blocks of one row: number all the threads of the block
            first
        warp-from-x-only: answer forgot_the_rows_of_the_block
        y-runs-first: thread[1] * block_dim[0] + thread[0] → thread[0] * block_dim[1] + thread[1]
            the threads of a block are numbered along x first, then row by row; yours run along y
            first
    """,
    hints="""
        Three questions, one after the other: which column, which row, and the how-many-th thread of
        its block?

        The column is the block's first column plus threadIdx.x; a block's first column is the
        number of blocks before it times their width. Rows likewise. Threads of a block are numbered
        along x, row after row, and cut into warps of 32.

        column = block[0] * block_dim[0] + thread[0]
        linear = thread[1] * block_dim[0] + thread[0]
        return row * width + column, …
    """,
)
