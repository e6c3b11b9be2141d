"""`cuspid practice`: practices from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from tenants import closing_commands

BY = "command line"


@click.group()
def practice() -> None:
    """Make practices, list them, switch their tabs."""


def _check_slug(context: click.Context, parameter: click.Parameter, value: str) -> str:
    from tenants.addresses.slugs import RULE, SLUG

    if not SLUG.fullmatch(value):
        raise click.BadParameter(f"{RULE[:1].lower()}{RULE[1:]}")
    return value


@practice.command()
@click.argument("slug", callback=_check_slug)
@click.argument("name")
@click.option("--clinic", "clinics", multiple=True, metavar="NAME", help="A location; give it once for each. Without it there is one, named like the practice.")
@click.option("--time-zone", required=True, metavar="ZONE", help="Such as America/Denver; for the practice and these clinics.")
def create(slug: str, name: str, clinics: tuple[str, ...], time_zone: str) -> None:
    """Make a practice with its clinics.

    SLUG is the first part of its address, NAME is what patients read. The practice is reachable at once. The clinics are known to
    records that are taken in as clinic-1, clinic-2 and so on.
    """
    from tenants.practices import add_clinics
    from tenants.practices import create as create_practice

    with installation() as (registry, session):
        made = create_practice(session, slug, name, time_zone, datetime.now(UTC))
        add_clinics(session, clinics or (name,), time_zone)
        session.commit()
        click.echo(f"{made.name} is at {_address(registry, slug)}")


@practice.command("list")
def list_practices() -> None:
    """List the practices and their addresses."""
    from sqlalchemy import select

    from tenants.models import Practice
    from tenants.practices import ERASED, OFFICE, OPEN

    with installation() as (registry, session):
        kept = select(Practice.slug, Practice.name, Practice.state).where(Practice.kind == OFFICE, Practice.state != ERASED)
        for slug, name, state in session.execute(kept.order_by(Practice.slug)):
            click.echo(f"{_address(registry, slug)}  {name}{'' if state == OPEN else f' ({state})'}")


@practice.command()
@click.argument("slug")
@click.argument("plugin")
@click.argument("state", type=click.Choice(["on", "off", "inherit"]))
@click.option("--clinic", metavar="NAME", help="For this clinic only, whatever the practice has.")
def switch(slug: str, plugin: str, state: str, clinic: str | None) -> None:
    """Switch a tab on or off.

    For the whole practice, or for one clinic; `inherit` takes the switch away, so that the clinic follows the practice again,
    and the practice the plugin's default. It counts from the next request on, keeps the tab's data, and can be undone.
    """
    from core.db import bind_tenant
    from tenants import settings
    from tenants.practices import find

    with installation() as (registry, session):
        _check_plugin(registry, plugin)
        practice_id = find(session, slug)
        tenant = registry.tenants.current(practice_id, _clinic(registry, practice_id, clinic))
        on = {"on": True, "off": False, "inherit": None}[state]
        bind_tenant(session, practice_id)
        settings.switch_plugin(session, registry.plugins, tenant, plugin, on, BY, datetime.now(UTC))
        session.commit()
        now = registry.tenants.current(practice_id, tenant.clinic_id)
        click.echo(f"{plugin} is {'on' if plugin in now.plugins else 'off'} at {now.name}.")


@practice.command("plan")
@click.argument("slug")
@click.argument("name", required=False)
def show_or_book(slug: str, name: str | None) -> None:
    """Show or set the plan of a practice.

    Without NAME it says which plan the practice has, and how much of it is used. A limit refuses what is new; whoever has access keeps it.
    The plans are those of CUSPID_PLANS; a changed one counts for a practice once it is set again.
    """
    from core import audit
    from core.allowance import plan_of
    from core.db import bind_tenant
    from core.plans import read_plans
    from tenants.practices import book, find

    with installation() as (registry, session):
        practice_id = find(session, slug)
        bind_tenant(session, practice_id)
        if name and book(session, practice_id, read_plans(registry.portal.plans), name):
            audit.record(session, practice_id, "office.practice.plan", datetime.now(UTC))
            session.commit()
        plan = plan_of(session, practice_id)
        click.echo(plan.name)
        for use in plan.uses:
            click.echo(f"{use.used_words:>9} of {use.limit_words or 'any number of'} {use.words}")


@practice.command()
@click.argument("slug")
def recount(slug: str) -> None:
    """Count anew what a practice stores.

    Asks the file store itself, as the workers do once a day. Files that are stored meanwhile are counted the next time.
    """
    from core.db import bind_tenant
    from core.files.storage import recount as count_anew
    from core.web.formats import file_size
    from tenants.practices import find

    with installation() as (registry, session):
        practice_id = find(session, slug)
        bind_tenant(session, practice_id)
        click.echo(f"{slug} stores {file_size(count_anew(session, registry.files, practice_id, datetime.now(UTC)))}.")


@practice.command()
@click.argument("slug")
def suspend(slug: str) -> None:
    """Let nobody into a practice, and let its work wait.

    Patients and staff read that the portal is closed for the moment, with the office's phone number. Nothing is lost: mails and schedules
    wait until it is resumed.
    """
    _suspend(slug, True)


@practice.command()
@click.argument("slug")
def resume(slug: str) -> None:
    """Open a suspended practice again; what waited is done now."""
    _suspend(slug, False)


def _suspend(slug: str, suspended: bool) -> None:
    from core import audit
    from core.db import bind_tenant
    from tenants.practices import find
    from tenants.practices import suspend as suspend_practice

    with installation() as (_, session):
        practice_id = find(session, slug)
        bind_tenant(session, practice_id)
        if suspend_practice(session, practice_id, suspended):
            audit.record(session, practice_id, "office.practice.suspend" if suspended else "office.practice.resume", datetime.now(UTC))
        session.commit()
        click.echo(f"{slug} is {'suspended' if suspended else 'open'}.")


@practice.command()
@click.argument("slug")
@click.argument("plugins", nargs=-1)
def withhold(slug: str, plugins: tuple[str, ...]) -> None:
    """Withhold tabs from a practice: exactly those that are named, none to offer all.

    A tab that is withheld is off whatever the practice has set; its data stays.
    """
    from core import audit
    from core.db import bind_tenant
    from tenants.practices import find
    from tenants.practices import withhold as withhold_tabs

    with installation() as (registry, session):
        for plugin in plugins:
            _check_plugin(registry, plugin)
        practice_id = find(session, slug)
        bind_tenant(session, practice_id)
        if withhold_tabs(session, registry.plugins, practice_id, plugins):
            audit.record(session, practice_id, "office.practice.withhold", datetime.now(UTC))
        session.commit()
        click.echo(f"Withheld from {slug}: {', '.join(sorted(plugins)) or 'nothing'}.")


@practice.command()
@click.argument("slug")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--show", is_flag=True, help="Print the notice that is in force, and change nothing.")
def notice(slug: str, file: Path | None, show: bool) -> None:
    """Publish the practice's notice of privacy practices.

    FILE is text in UTF-8; headings (#), lists (-) and strong words (**) may be marked as in Markdown. It is shown at /privacy, and everybody
    is asked to accept it at the next sign-in. Earlier versions are kept; the text that is in force already changes nothing.
    """
    from core.auth.welcome import notice_in_force
    from core.db import bind_tenant
    from tenants.practices import find
    from tenants.privacy import publish

    if (file is None) != show:
        raise click.UsageError("Name a FILE to publish, or give --show.")
    with installation() as (registry, session):
        practice_id = find(session, slug)
        bind_tenant(session, practice_id)
        if file is None:
            in_force = notice_in_force(session, practice_id)
            click.echo(in_force.body if in_force else f"{slug} has no notice.")
            return
        published, is_new = publish(session, practice_id, _read_text(file), datetime.now(UTC))
        session.commit()
        click.echo(f"Version {published.version} is {'now' if is_new else 'already'} in force: {_address(registry, slug)}/privacy")


def _read_text(file: Path) -> str:
    from tenants.privacy import LONGEST

    with file.open("rb") as opened:
        content = opened.read(4 * LONGEST + 1)  # a character has four bytes at most
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not text in UTF-8. Save it as plain text and try again.") from None


def _check_plugin(registry, plugin: str) -> None:
    if plugin not in registry.plugins.plugins:
        raise click.ClickException(f"No tab called {plugin!r} is installed; there are {', '.join(registry.plugins.plugins)}.")


def _clinic(registry, practice_id: UUID, name: str | None) -> UUID | None:
    if name is None:
        return None
    clinics = registry.tenants.current(practice_id).clinics
    found = [clinic.id for clinic in clinics if clinic.name == name]
    if not found:
        raise click.ClickException(f"There is no clinic called {name!r}; there are {', '.join(clinic.name for clinic in clinics)}.")
    return found[0]


def _address(registry, slug: str) -> str:
    settings = registry.portal
    return settings.address(f"{slug}.{settings.base_domain}")


@contextmanager
def installation() -> Iterator[tuple]:
    """The registry of the installation in the environment, and a session; a wrong wish is said in one sentence."""
    from core import config
    from core.app import configure
    from core.auth.staff_rules import CannotChangeStaff
    from core.db import SessionFactory
    from tenants.practices import CannotMakePractice
    from tenants.privacy import WrongNotice
    from tenants.settings import WrongValue

    registry = configure(config.load()).make_wsgi_app().registry
    try:
        with SessionFactory(bind=registry.engine) as session:
            yield registry, session
    except (CannotChangeStaff, CannotMakePractice, WrongNotice, WrongValue) as error:
        raise click.ClickException(str(error)) from None
    finally:
        registry.engine.dispose()


for command in (closing_commands.close, closing_commands.reopen, closing_commands.erase):
    practice.add_command(command)
