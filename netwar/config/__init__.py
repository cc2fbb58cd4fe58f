"""The configuration: who we are at X, what may be spent, where things are kept.

Two files are read, and every fault of both is told at once:

    /etc/netwar/netwar.conf     services that all the accounts of a host share
    ~/.twitter                  one account; `--config FILE` or NETWAR_CONF names another file in its place

The second wins where both speak. What the keys mean stands in example.conf. A file that is not there is empty.
"""

from netwar.config.file import write
from netwar.config.settings import SECTIONS, Settings, load, short

__all__ = ["SECTIONS", "Settings", "load", "short", "write"]
