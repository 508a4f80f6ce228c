"""A request, compiled and cut into batches, before anything is written."""

from vecgen.plan.plan import compile_plan

__all__ = ["compile_plan"]
