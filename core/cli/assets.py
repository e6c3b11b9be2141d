"""`cuspid assets`: what the browser loads."""

import click


@click.command()
@click.option("--force", is_flag=True, help="Build even when nothing has changed.")
def assets(force: bool) -> None:
    """Build the styles, the script and the icons.

    `cuspid demo` and `cuspid test` do this by themselves; it is needed by hand before a wheel is made, or to see a change of a
    style sheet in a portal that is running. Needs npm with Node 20.19 or newer; where it is missing, Node is brought in from
    PyPI by a hashed lock.
    """
    from core.web.assets import build

    click.echo("The assets were built." if build(force) else "The assets are up to date.")
