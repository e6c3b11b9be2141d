"""`cuspid migrate` and `cuspid revision`: the tables of the database."""

import os

import click

from core.local import Problem


@click.command()
@click.option("--plan", is_flag=True, help="Only say what would be done.")
@click.option("--roles", is_flag=True, help="First make the database roles, as the administrator named in CUSPID_ADMIN_URL.")
@click.option("--remove", metavar="PLUGIN", help="Delete a plugin's tables and all that is in them, before it is uninstalled.")
@click.option("--yes", is_flag=True, help="Do not ask before --remove.")
def migrate(plan: bool, roles: bool, remove: str | None, yes: bool) -> None:
    """Bring the database up to date.

    Makes or changes the tables of the portal and of every installed plugin. Run it before a new version is started; it can be
    run again at any time. Connects as the login in CUSPID_MIGRATE_URL.

    For a new database, once: CUSPID_ADMIN_URL=postgresql://admin:...@host/cuspid cuspid migrate --roles makes the logins that
    the portal needs (none of which can pass the wall between practices in daily work), and says their addresses.
    """
    from core import migrations

    url = _prepare() if roles else _migrate_url()
    if remove:
        _remove(url, remove, yes)
        return
    missing = migrations.behind(url)
    if not missing:
        click.echo("The database is up to date.")
    elif plan:
        click.echo("To be done: " + ", ".join(sorted(missing)))
    else:
        migrations.upgrade(url)
        click.echo(f"The database is up to date, now at {', '.join(sorted(missing))}.")


@click.command()
@click.argument("branch")
@click.argument("words", nargs=-1, required=True)
def revision(branch: str, words: tuple[str, ...]) -> None:
    """Write a migration for what the models have.

    BRANCH is `core` or a plugin's name, WORDS say what the change is for: `cuspid revision account add autopay`. Compares the
    models of that branch with the database in CUSPID_MIGRATE_URL, which must be up to date. Read what it wrote: a rename looks
    like a removal to it.
    """
    from core import migrations

    migrations.revision(_migrate_url(), branch, " ".join(words))


def _remove(url: str, plugin: str, yes: bool) -> None:
    from core import migrations

    removable = sorted(set(migrations.branches()) - {"core"})
    if plugin not in removable:
        raise Problem(f"No installed plugin called {plugin!r} has tables; there are {', '.join(removable)}. A plugin is removed while it is installed.")
    if not yes:
        click.confirm(f"Delete the tables of {plugin}, with what every practice has in them? This cannot be undone", abort=True)
    migrations.downgrade(url, plugin)
    click.echo(f"The tables of {plugin} are gone. Uninstall it before the next `cuspid migrate`, which would make them anew.")


def _migrate_url() -> str:
    url = os.environ.get("CUSPID_MIGRATE_URL")
    if not url:
        raise Problem("CUSPID_MIGRATE_URL is missing: the database login that migrates, such as postgresql://cuspid_migrate:...@host/cuspid.")
    return url


def _prepare() -> str:
    from core.database_roles import prepare_roles

    admin = os.environ.get("CUSPID_ADMIN_URL")
    if not admin:
        raise Problem("CUSPID_ADMIN_URL is missing: the login of an administrator of the new database.")
    logins = prepare_roles(admin)
    click.echo("Keep these; they hold new passwords:")
    for name, url in (("CUSPID_DATABASE_URL", logins.app_url), ("CUSPID_MIGRATE_URL", logins.migrate_url), ("for pg_dump", logins.backup_url)):
        click.echo(f"  {name}={url}")
    return logins.migrate_url
