"""The indices that a command line names."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwar.archive.base import Archive
    from netwar.cli.services import Services
    from netwar.config import Settings


class IndexNames:
    """What services know of indices, by their configuration and their archive."""

    if TYPE_CHECKING:

        @property
        def settings(self) -> Settings: ...
        @property
        def archive(self) -> Archive: ...
        def for_config(self, path: Path) -> Services: ...

    def index(self, given: str | None) -> str:
        """The index to use: the one on the command line, or `index` of the configuration. Checked, lower-cased."""
        import click

        from netwar.records.documents import checked_name

        name = given or self.settings.index
        if not name:
            where = f"under [STREAM] in {self.settings.path}"
            raise click.UsageError(f"which INDEX? Name it on the command line, or write  index = NAME  {where}")
        try:
            checked = checked_name(name)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        if meant := self._meant(checked):
            raise click.UsageError(f"INDEX goes without {checked[:2]}: did you mean {meant}?")
        return checked

    def _meant(self, name: str) -> str:
        """The index whose tweets or users are called so, if there is one, and none of this name itself: it would be a second
        archive, for which everything is bought again."""
        from netwar.errors import NetwarError
        from netwar.records.documents import IndexName

        try:
            meant = IndexName.of(name)
        except ValueError:
            return ""
        with closing(self.for_config(self.settings.path)) as looking:  # these do not know yet how they are to open the archive
            looking.settings, looking.looks = self.settings, True
            try:
                there = looking.archive.indices([*IndexName(name).indices, *meant.indices])
            except NetwarError:
                return ""  # whoever uses the archive is told what is wrong with it
        return meant.name if there and not set(there) & set(IndexName(name).indices) else ""

    def indices_of(self, name: str) -> list[str]:
        """The full names behind a name: its tweets and its users; usertest has only users."""
        from netwar.records.documents import USERTEST

        if name.lower() == USERTEST:
            return [USERTEST]
        checked = self.index(name)
        return [f"tw{checked}", f"tu{checked}"]

    def recorded(self, kind: str, given: str | None) -> str:
        """The full name of an index that has been recorded into; `kind` is `tw` or `tu`. Raises NetwarError if there is none."""
        from netwar.errors import NetwarError, left_out

        if self.archive.indices([name := kind + self.index(given)]):
            return name
        unread: dict[str, NetwarError] = {}
        there = [index.removeprefix(kind) for index in self.archive.indices(left_out=unread) if index.startswith(kind)]
        hint = "no other can be read" if unread else "nothing is recorded yet"
        if there:
            hint = f"there {'is' if len(there) == 1 else 'are'}: {', '.join(there)}"
        raise left_out(f"there is no index {name.removeprefix(kind)} ({hint})", unread.values(), everything=False)

    def collection(self, given: str | None) -> str:
        """The full name of an index of users: `usertest`, recorded into or not, or `tu` and the name of one that is there."""
        return "usertest" if given in (None, "usertest") else self.recorded("tu", given)
