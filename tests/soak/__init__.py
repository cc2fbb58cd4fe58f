"""A judge that never sleeps: a made-up world that lives, every program as cron would start it, and all that can go wrong.

`python -m tests.soak --seed N --minutes M` runs it; docs/testing.md says more, CONTRIBUTING how a new program joins it.
"""
