"""The library behind the tw-* programs: captures X (Twitter) accounts without holes."""
