"""Figures: functions that take arrays and labels and return matplotlib figures."""

from attention_scratch.viz import style

__all__ = ["style"]
