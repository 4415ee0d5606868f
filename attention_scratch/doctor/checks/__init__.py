"""All checks, by the section of the report they stand in."""

from __future__ import annotations

from attention_scratch.doctor.checks import computer, cuda, gpu, models, packages, tools

SECTIONS = {
    "Computer": computer.CHECKS,
    "Python": packages.CHECKS,
    "Tools": tools.CHECKS,
    "Models": models.CHECKS,
    "GPU": (*gpu.CHECKS, *cuda.CHECKS),
}
