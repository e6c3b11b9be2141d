"""`cuspid practice close`, `reopen` and `erase`."""

import os
from datetime import UTC, datetime

import click


@click.command()
@click.argument("slug")
@click.option("--days", default=30, show_default=True, type=click.IntRange(0, 3650), help="How long the office has to take everything along.")
def close(slug: str, days: int) -> None:
    """Begin to close a practice.

    Patients and staff do not get in any more. An export of everything is made at once; the office admins get a mail when it is ready, sign in
    and download it, for 30 days. After the waiting time the practice can be erased; until then it can be opened again.
    """
    from tenants import closing

    after = _decide(slug, lambda session, practice_id, now: closing.close(session, practice_id, now, days), "operator.practice.change")
    click.echo(f"{slug} is being closed. It may be erased from {after:%Y-%m-%d} on.")


@click.command()
@click.argument("slug")
def reopen(slug: str) -> None:
    """Open a practice again that is being closed.

    Until it is being erased nothing is lost.
    """
    from tenants import closing

    _decide(slug, closing.reopen, "operator.practice.change")
    click.echo(f"{slug} is open again.")


def _decide(slug: str, act, action: str):
    from core.db import bind_tenant
    from tenants.cli import installation
    from tenants.closing import CannotClose, note_at_operators_place
    from tenants.practices import find

    with installation() as (registry, session):
        practice_id, now = find(session, slug), datetime.now(UTC)
        bind_tenant(session, practice_id)
        try:
            answer = act(session, practice_id, now)
        except CannotClose as refusal:
            raise click.ClickException(str(refusal)) from None
        session.commit()
        note_at_operators_place(registry.engine, action, practice_id, now)
        return answer


@click.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--due", "all_due", is_flag=True, help="Every practice whose waiting time is over, or whose erasing broke off; for a timetable.")
@click.option("--now", "name", metavar="NAME", default="", help="Do not wait: the practice's name, typed in full.")
def erase(slugs: tuple[str, ...], all_due: bool, name: str) -> None:
    """Erase closed practices for good.

    Every row and every file of each; its address stays taken. Needs CUSPID_MIGRATE_URL. Refused before the waiting time is over, and while
    there is no export for the office, unless its name is typed. It may be broken off at any point: say it again, and it goes on.
    """
    from tenants import closing
    from tenants.cli import installation
    from tenants.closing import CannotClose
    from tenants.erasing import erase as erase_practice
    from tenants.practices import find

    url = os.environ.get("CUSPID_MIGRATE_URL")
    if not url:
        raise click.ClickException("Name the login that migrates in CUSPID_MIGRATE_URL: the application's own may not delete the audit log.")
    if bool(slugs) is all_due or (name and len(slugs) != 1):
        raise click.UsageError("Name practices, or give --due; with --now name one.")
    with installation() as (registry, session):
        now, failed = datetime.now(UTC), 0
        for slug in slugs or closing.due(session, now):
            practice_id = find(session, slug)
            session.commit()
            try:
                rows = erase_practice(registry, url, practice_id, now, name)
                click.echo(f"{slug} is erased: {rows:,} rows and all files.")
            except CannotClose as refusal:
                click.echo(f"{slug}: {refusal}", err=True)
                failed += 1
    if failed:
        raise click.exceptions.Exit(1)
