"""What programs import, imported once: all of netwar, and the libraries behind it."""

import gc
import pkgutil
from importlib import import_module

import netwar

for module in pkgutil.walk_packages(netwar.__path__, "netwar."):
    import_module(module.name)
gc.freeze()
