"""The meter in Redis, shared by every host that reaches it."""

from netwar.meter.redis_apps import RedisApps
from netwar.meter.redis_money import RedisMoney
from netwar.meter.redis_windows import RedisWindows

__all__ = ["RedisApps", "RedisMoney", "RedisWindows"]
