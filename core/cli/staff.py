"""`cuspid staff`: who works in an office."""

from uuid import UUID

import click

from core.cli.practice import AtPractice, at_practice


@click.group()
def staff() -> None:
    """Let people who work in an office in, and take access away.

    PRACTICE is the first part of the practice's address, EMAIL the mail address of the person, who signs in at /office of that address
    with a password and a second step.
    """


@staff.command()
@click.argument("practice")
@click.argument("email")
@click.argument("name")
@click.option("--role", default="office_admin", show_default=True, help="office_admin, front_desk, billing, clinical or read_only.")
@click.option("--clinic", "clinics", multiple=True, metavar="NAME", help="A clinic that counts; without it all do.")
def invite(practice: str, email: str, name: str, role: str, clinics: tuple[str, ...]) -> None:
    """Send somebody an invitation to the office's pages.

    The mail holds a link that can be used once, within seven days. Inviting again sets name, role and clinics anew, opens access again
    that was closed, and lets somebody choose a new password who has lost it.
    """
    from core.auth.staff import Wish
    from core.auth.staff import invite as invite_member

    with at_practice(practice) as at:
        invite_member(at.session, at.id, Wish(name, email, role, _clinics(at, clinics)), at.now)
        at.session.commit()
        click.echo(f"The invitation of {name} is on its way.")


@staff.command()
@click.argument("practice")
@click.argument("email")
def close(practice: str, email: str) -> None:
    """Take somebody's access to the office's pages away; what is open ends at once."""
    from core.auth.staff import close as close_member
    from core.auth.staff import find

    with at_practice(practice) as at:
        close_member(at.session, at.id, find(at.session, at.id, email).id, at.now)
        at.session.commit()
        click.echo(f"{email} has no access any more.")


@staff.command("list")
@click.argument("practice")
def list_staff(practice: str) -> None:
    """List who works in an office.

    One line for each: the name, the mail address, the role, how things stand (open, invited, second step to come, closed), and the day of
    the last sign-in.
    """
    from core.auth.staff import members

    with at_practice(practice) as at:
        for member in members(at.session, at.id):
            last = f"{member.signed_in_at:%Y-%m-%d}" if member.signed_in_at else ""
            click.echo(f"{member.name:<26}  {member.email:<32}  {member.role:<12}  {member.state:<20}  {last}".rstrip())


def _clinics(at: AtPractice, names: tuple[str, ...]) -> tuple[UUID, ...]:
    known = {clinic.name: clinic.id for clinic in at.registry.tenants.current(at.id).clinics}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.ClickException(f"There is no clinic called {unknown[0]!r}; there are {', '.join(known)}.")
    return tuple(known[name] for name in names)
