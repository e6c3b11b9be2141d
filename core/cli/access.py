"""`cuspid access`: how patients get in."""

import os
from pathlib import Path

import click

from core.cli.practice import at_practice


@click.group()
def access() -> None:
    """Let patients in, and take access away.

    PRACTICE is the first part of the practice's address, PATIENT the number that the practice system sends for a chart. Credentials
    are printed once and never again: what is kept cannot be read back.
    """


@access.command()
@click.argument("practice")
@click.argument("patient")
@click.option(
    "--sheet", type=click.Path(dir_okay=False, path_type=Path), help="Also write a sheet to hand over, as HTML that any browser prints."
)
def give(practice: str, patient: str, sheet: Path | None) -> None:
    """Give a patient a user name and a one-time password.

    At the first sign-in the patient chooses a password. Calling it again makes a new one-time password for the same account: the old one,
    its sessions and its links end, and access that was closed is open again.
    """
    from core.auth.access import give as give_access
    from core.auth.sheet import make_sheet

    with at_practice(practice) as at:
        credentials = give_access(at.session, at.id, patient, at.now)
        tenant = at.registry.tenants.current(at.id)
        if sheet:
            _write(sheet, make_sheet(at.registry, tenant, credentials))
        at.session.commit()
        click.echo(f"Address            {at.registry.portal.address(tenant.host)}")
        click.echo(f"User name          {credentials.user_name}")
        click.echo(f"One-time password  {credentials.password}")
        if credentials.last_day:
            click.echo(f"Can be used until  {credentials.last_day}")
        if sheet:
            click.echo(f"The sheet is {sheet}. Delete it once it is printed: it holds the password.")


@access.command()
@click.argument("practice")
@click.argument("patient")
def invite(practice: str, patient: str) -> None:
    """Send a patient an invitation by e-mail.

    The mail holds a link that can be used once, for as many days as the office has set; the patient gives the birthdate and chooses a
    password. Inviting again makes a new link, and the earlier one opens nothing any more.
    """
    from core.auth.access import invite as invite_patient

    with at_practice(practice) as at:
        invite_patient(at.session, at.id, patient, at.now)
        at.session.commit()
        click.echo(f"The invitation of patient {patient} is on its way.")


@access.command()
@click.argument("practice")
@click.argument("patient")
def close(practice: str, patient: str) -> None:
    """Take a patient's access away.

    Sessions end at once, open links and an invitation open nothing any more. The chart and what the patient did here stay;
    `cuspid access give` opens the same account again.
    """
    from core.auth.access import close as close_access

    with at_practice(practice) as at:
        close_access(at.session, at.id, patient, at.now)
        at.session.commit()
        click.echo(f"Patient {patient} has no access any more.")


@access.command("list")
@click.argument("practice")
def list_access(practice: str) -> None:
    """List who has access, and who was invited.

    One line for each: the number of the chart, the user name, how things stand (open, first sign-in to come, password ended, closed,
    invited), the day of the last sign-in, and the language that the patient asks for in the portal.
    """
    from core.auth.access import entries
    from core.people.languages import english_name

    with at_practice(practice) as at:
        for entry in entries(at.session, at.id, at.now):
            last = f"{entry.signed_in_at:%Y-%m-%d}" if entry.signed_in_at else ""
            language = english_name(entry.language)
            click.echo(f"{entry.patient:<16}  {entry.user_name:<26}  {entry.state:<22}  {last:<10}  {language}".rstrip())


@access.command()
@click.argument("practice")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="Fifty a page.")
def unmatched(practice: str, page: int) -> None:
    """List those who asked for access and did not get it by themselves.

    Two lines for each, the newest first: number, day, and what was typed (names, birthdate, e-mail address or phone); then why there is no
    account, and the chart that fits, if exactly one does. The list holds health information: keep it where charts are kept.
    """
    from core.auth.unmatched import entries

    with at_practice(practice) as at:
        found, more = entries(at.session, at.id, at.now, page)
        for entry in found:
            typed = f"{entry.first_name} {entry.last_name}, {entry.birthdate}, {entry.contact}"
            click.echo(f"{entry.number:>5}  {entry.asked_at:%Y-%m-%d}  {typed}")
            click.echo(f"       {entry.why}" + (f" Chart: {entry.chart}" if entry.chart else ""))
        if more:
            click.echo(f"There are more: --page {page + 1}")


@access.command()
@click.argument("practice")
@click.argument("number", type=int)
@click.option("--done", is_flag=True, help="Access was given; without it the request is dismissed.")
def dismiss(practice: str, number: int, done: bool) -> None:
    """Take a request off the list of those who could not be matched.

    NUMBER is what the list shows. Nobody is told.
    """
    from core.auth.unmatched import DISMISSED, DONE, settle

    with at_practice(practice) as at:
        settle(at.session, at.id, number, DONE if done else DISMISSED, at.now)
        at.session.commit()
        click.echo(f"Request {number} is off the list.")


def _write(path: Path, text: str) -> None:
    # For its owner's eyes only, and never into a file that others can read already.
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
