"""Copies of an index from one archive into another: documents, what profiles said before, coverage, notes."""

from netwar.copying.copy import Copy, Outcome, Place
from netwar.copying.state import Holder

__all__ = ["Copy", "Holder", "Outcome", "Place"]
