"""Figures: functions that take arrays and labels, or a trace, and return what a cell shows."""

from attention_scratch.viz import style
from attention_scratch.viz.curves import Curve, curves, power_law
from attention_scratch.viz.maps import Map, attention_heads, attention_map, heatmap, heatmaps
from attention_scratch.viz.trace_player import Player, play

__all__ = [
    "Curve",
    "Map",
    "Player",
    "attention_heads",
    "attention_map",
    "curves",
    "heatmap",
    "heatmaps",
    "play",
    "power_law",
    "style",
]
