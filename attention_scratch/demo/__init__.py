"""The live demo: the trained operations model answers in the browser, without a kernel."""

from attention_scratch.demo.figure import Demo, demo
from attention_scratch.demo.server import page, serve

__all__ = ["Demo", "demo", "page", "serve"]
