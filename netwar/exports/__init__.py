"""Exports: what goes out to other tools, as files that appear whole or not at all, and the log of who got what."""
