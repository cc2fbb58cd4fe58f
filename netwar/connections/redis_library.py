"""redis-py and walrus as they are used here, which is without asyncio: to be imported before any part of them.

redis-py imports its asyncio side with its first line. With asyncio itself that is a third of the memory that it takes, in each of
the observers of a host.
"""

from __future__ import annotations

from netwar.connections.slim import without

with without("asyncio", "redis.asyncio"):
    import walrus as walrus  # which imports redis
