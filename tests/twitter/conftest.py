"""An operator with a sandbox, as the tests of the capture have it."""

from tests.timelines.conftest import operator

__all__ = ["operator"]
