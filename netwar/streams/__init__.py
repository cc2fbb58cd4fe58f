"""Streams: captures by user ids or search terms that run for months, on the one connection of an app."""
