"""Which parts of a profile make it another version of itself when they change."""

from __future__ import annotations

from netwar.records.dialects import Object

# Counts change with every look; these change when the user changes them, or X does.
TRACKED = ("username", "name", "description", "location", "url", "profile_image_url", "protected", "verified")


def tracked(profile: Object) -> Object:
    """The tracked fields that X sent."""
    return {name: profile[name] for name in TRACKED if name in profile}


def replaced(old: Object, new: Object) -> Object:
    """The old values of the tracked fields that differ; empty when nothing has changed.

    A field that one of the two lacks says nothing: X sends only what was asked for, and leaves out at times what was.
    """
    return {name: old[name] for name in TRACKED if name in old and name in new and old[name] != new[name]}
