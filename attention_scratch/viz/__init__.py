"""Figures: functions that take arrays and labels and return matplotlib figures."""

from attention_scratch.viz import style
from attention_scratch.viz.curves import Curve, curves, power_law
from attention_scratch.viz.maps import Map, attention_heads, attention_map, heatmap, heatmaps

__all__ = [
    "Curve",
    "Map",
    "attention_heads",
    "attention_map",
    "curves",
    "heatmap",
    "heatmaps",
    "power_law",
    "style",
]
