"""Measuring one thing beside another in one run, and writing down where that was."""

from attention_scratch.bench.measure import Comparison, Timing, compare
from attention_scratch.bench.provenance import Provenance, provenance
from attention_scratch.bench.report import Report, Row, load_reports, write_report

__all__ = [
    "Comparison",
    "Provenance",
    "Report",
    "Row",
    "Timing",
    "compare",
    "load_reports",
    "provenance",
    "write_report",
]
