"""What programs import, imported once: all of netwar, and the libraries behind it, also those that functions import.

And what is the same in each of them: what the scripts of databases make, and of which class click's values are.
"""

import gc
import pkgutil
from importlib import import_module

import click

import netwar
from netwar.cli import A_ROUND
from netwar.connections import sqlite_files, sqlite_new, sqlite_schema
from tests import left_open

IN_FUNCTIONS = "_strptime click._textwrap configparser difflib encodings.ascii encodings.utf_8_sig psutil resource"

for name in IN_FUNCTIONS.split():
    import_module(name)
for module in pkgutil.walk_packages(netwar.__path__, "netwar."):
    scripts = getattr(import_module(module.name), "MIGRATIONS", ())
    sqlite_schema._made_by(tuple(scripts))
import_module("tests.streams.kept_clocks")  # looks through all that is loaded
sqlite_new.empty()
sqlite_files._json_is_innocent()
# An abstract class asks all below it of a value that is new to it, and keeps the answer: 2 ms of 18 in a short program.
asked = click.Command("asked", params=[click.Option(["--number"], type=int), click.Argument(["words"], nargs=-1)])
asked.main(["--number", "1", "word"], standalone_mode=False)
left_open.hold()
gc.set_threshold(A_ROUND, 10, 10)  # a fork has begun already: what programs do as they begin is done for it
gc.freeze()


def _stays() -> None:
    """What is loaded here is no garbage, ever: a program that let the collector look at it would copy all of it, as it ends."""


gc.freeze = gc.unfreeze = _stays
