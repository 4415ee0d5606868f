"""Figures: functions that take arrays and labels, or a trace, and return what a cell shows."""

from attention_scratch.viz import style
from attention_scratch.viz.accuracy import accuracy_by, confusion, confusion_counts
from attention_scratch.viz.attention_explorer import Explorer, explore
from attention_scratch.viz.curves import Curve, curves, power_law
from attention_scratch.viz.embeddings import embedding_map, project
from attention_scratch.viz.forest import Effect, forest
from attention_scratch.viz.histograms import histograms
from attention_scratch.viz.landscape import Slice, landscape, random_direction, slice_losses
from attention_scratch.viz.maps import Map, attention_heads, attention_map, heatmap, heatmaps
from attention_scratch.viz.trace_player import Player, play
from attention_scratch.viz.training import Runs, gradient_norms, learning_curves, weight_evolution
from attention_scratch.viz.tree import Branch, token_tree

__all__ = [
    "Branch",
    "Curve",
    "Effect",
    "Explorer",
    "Map",
    "Player",
    "Runs",
    "Slice",
    "accuracy_by",
    "attention_heads",
    "attention_map",
    "confusion",
    "confusion_counts",
    "curves",
    "embedding_map",
    "explore",
    "forest",
    "gradient_norms",
    "heatmap",
    "heatmaps",
    "histograms",
    "landscape",
    "learning_curves",
    "play",
    "power_law",
    "project",
    "random_direction",
    "slice_losses",
    "style",
    "token_tree",
    "weight_evolution",
]
