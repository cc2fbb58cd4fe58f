"""Captures: what an app's one stream connection records, who holds it, and the rules that stand at X for it."""
