"""The tests. What Python has compiled is kept, also where the environment asks for none of it: a worker of pytest takes five
seconds of processor time to compile them all, and each of a thousand short programs would compile what it imports.
"""

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
