"""Tracking: the members of an observer's lists, recorded for as long as they are listed."""
