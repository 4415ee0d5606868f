"""From CUDA C++ to a shared object in memory: read the source, rewrite its inline PTX, compile it.

What was compiled is kept under a hash of everything that decides its machine code.
"""
