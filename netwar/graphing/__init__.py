"""Graphing: the graph of interactions, fed from what is recorded, made again from it, held against it."""
