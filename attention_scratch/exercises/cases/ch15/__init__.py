"""Exercises of chapter 15: when kernels go wrong."""

from attention_scratch.exercises.cases.ch15 import tiles, traffic, warps

__all__ = ["tiles", "traffic", "warps"]
