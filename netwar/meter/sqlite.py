"""The meter in one SQLite file, shared by every process of this machine."""

from netwar.meter.sqlite_apps import SqliteApps
from netwar.meter.sqlite_money import SqliteMoney
from netwar.meter.sqlite_windows import SqliteWindows

__all__ = ["SqliteApps", "SqliteMoney", "SqliteWindows"]
