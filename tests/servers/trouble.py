"""What can go wrong with a server, each told in a sentence."""


class NotFetched(Exception):
    """Something could not be fetched or assembled."""


class CannotBeHad(Exception):
    """This kind of server cannot run on this machine as it is."""


class CannotStart(Exception):
    """A server did not come up; with the end of what it said."""
