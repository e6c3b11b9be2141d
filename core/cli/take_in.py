"""`cuspid import`: files into a practice. Tabs add what they can read by the entry point group `cuspid.import`."""

from importlib.metadata import EntryPoint, entry_points

import click


class Importers(click.Group):
    """What the installed tabs can take in."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The name of every kind of file."""
        return sorted(_points())

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Load one."""
        return _points()[name].load() if name in _points() else None


def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="cuspid.import")}


@click.command("import", cls=Importers)
def take_in() -> None:
    """Take files into a practice.

    Each kind of file is checked before anything of it is kept: one that is broken or hostile is refused with its reason and
    leaves nothing behind. Taking the same file in again changes nothing.
    """
