"""`cuspid operator`: who runs the installation."""

from datetime import UTC, datetime

import click

from tenants.cli import installation


@click.group()
def operator() -> None:
    """Let people who run the installation in.

    They sign in at the base domain itself, with a password and a second step, see the practices, and may enter one with a reason. EMAIL
    is the mail address of the person.
    """


@operator.command()
@click.argument("email")
@click.argument("name")
@click.option("--installation", "called", metavar="NAME", help="What the installation is called, on its pages and by the practices; Cuspid at first.")
@click.option("--time-zone", metavar="ZONE", help="The clock of its pages, such as America/Denver; UTC at first.")
def invite(email: str, name: str, called: str | None, time_zone: str | None) -> None:
    """Send somebody an invitation to the operator's pages.

    The mail holds a link that can be used once, within seven days. Inviting again lets somebody choose a new password who has lost it,
    and opens access again that was closed.
    """
    from core.auth.realms import OPERATOR
    from core.auth.staff import Wish
    from core.auth.staff import invite as invite_member
    from tenants.operator import place

    with installation() as (registry, session):
        now = datetime.now(UTC)
        made = place.find_or_make(session, now)
        place.change(session, made, called, time_zone)
        invite_member(session, made.id, Wish(name, email, ""), now, kind=OPERATOR)
        session.commit()
        click.echo(f"The invitation of {name} to {registry.portal.address(registry.portal.base_domain)} is on its way.")


@operator.command()
@click.argument("email")
def close(email: str) -> None:
    """Take somebody's access away.

    What is open ends at once, at the operator's pages and in every practice. Say it again should it have stopped halfway.
    """
    from core.auth.realms import OPERATOR
    from core.auth.staff import close as close_member
    from core.auth.staff import find
    from tenants.operator import place

    with installation() as (registry, session):
        now, at = datetime.now(UTC), _place(session)
        account = find(session, at.id, email, OPERATOR)
        if account.closed_at is None:
            close_member(session, at.id, account.id, now, kind=OPERATOR)
            session.commit()  # first: from here on nobody enters anew
        place.shut_out(registry.engine, registry.tenants.practice_ids(), account.id, now)
        click.echo(f"{email} has no access any more.")


@operator.command("list")
def list_operators() -> None:
    """List who runs the installation.

    One line for each: the name, the mail address, how things stand (open, invited, second step to come, closed), and the day of the last
    sign-in.
    """
    from core.auth.realms import OPERATOR
    from core.auth.staff import members

    with installation() as (_, session):
        for member in members(session, _place(session).id, OPERATOR):
            last = f"{member.signed_in_at:%Y-%m-%d}" if member.signed_in_at else ""
            click.echo(f"{member.name:<26}  {member.email:<32}  {member.state:<20}  {last}".rstrip())


def _place(session):
    from tenants.operator import place

    found = place.find(session)
    if found is None:
        raise click.ClickException("Nobody runs this installation yet: invite somebody with `cuspid operator invite`.")
    return found
