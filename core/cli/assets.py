"""`cuspid assets`: what the browser loads."""

import click

from core.local.folder import alone


@click.command()
@click.option("--force", is_flag=True, help="Build even when nothing has changed.")
def assets(force: bool) -> None:
    """Build the styles, the script and the icons.

    `cuspid demo` and `cuspid test` do this by themselves; it is needed by hand before a wheel is made, or to see a change of a
    style sheet in a portal that is running. Needs npm with Node 20.19 or newer; where it is missing, Node is brought in from
    PyPI by a hashed lock.
    """
    click.echo("The assets were built." if build_alone(force) else "The assets are up to date.")


def build_alone(force: bool = False) -> bool:
    """Build the assets if they are stale, one process at a time; says whether it built. Raises AssetsNotBuilt."""
    from core.web.assets import ROOT, build

    if not (ROOT / "setup.cfg").is_file():
        return False  # an installed package carries them, and its folder is nobody's to write to
    with alone(ROOT / ".cuspid" / "assets.lock"):
        return build(force)
