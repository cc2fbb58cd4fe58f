"""A desk where something was recorded, as the programs have that only show it."""

from tests.bin.conftest import recorded as recorded
