"""The library behind the tw-* programs: captures X (Twitter) accounts without holes."""

__version__ = "0.1.0"
