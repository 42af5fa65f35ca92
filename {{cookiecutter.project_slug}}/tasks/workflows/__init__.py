"""Runs that wait for each other: one after the other, and side by side."""

from tasks.step import Step
from tasks.workflows.results import ChainResult, GroupResult, Progress
from tasks.workflows.shapes import Chain, Group, Shape, chain, group

__all__ = [
    "Chain",
    "ChainResult",
    "Group",
    "GroupResult",
    "Progress",
    "Shape",
    "Step",
    "chain",
    "group",
]
