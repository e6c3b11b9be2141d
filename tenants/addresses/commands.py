"""`cuspid domain`: the domains of practices from the command line."""

from datetime import UTC, datetime

import click

from tenants.cli import installation


@click.group()
def domain() -> None:
    """See the domains that practices have of their own, and look at one."""


@domain.command("list")
@click.argument("slug", required=False)
def list_domains(slug: str | None) -> None:
    """List the domains, of all practices or of the one called SLUG.

    One line for each: the domain, the practice, how its DNS records are, and how its certificate is. Those that need somebody stand first.
    """
    from tenants.operator.domains import line, listed

    with installation() as (registry, session):
        page, found = 1, listed(session, 1, slug)
        while found:
            for row, owner, practice in found[:50]:
                one = line(row, owner, practice, registry.portal.secure, datetime.now(UTC))
                states = "  ".join([one.state.text, *([f"certificate: {one.certificate.text}"] if one.certificate else [])])
                click.echo(f"{row.host:<40}  {owner:<20}  {states}")
            page, found = page + 1, listed(session, page + 1, slug) if len(found) > 50 else []


@domain.command()
@click.argument("host")
def check(host: str) -> None:
    """Look at a domain now, for every practice that has it or waits for it.

    Prints what should stand in the DNS and what was found. The exit code is 1 when something is not right.
    """
    from core.db import SessionFactory, bind_tenant
    from tenants.addresses import domains

    with installation() as (registry, session):
        claims = domains.claims(session, host)
        if not claims:
            raise click.ClickException(f"No practice has asked for {host!r}.")
        wrong = False
        for practice_id, domain_id in claims:
            with SessionFactory(bind=registry.engine) as there:
                bind_tenant(there, practice_id)
                wrong |= _check(registry, there, practice_id, domain_id)
                there.commit()
        if wrong:
            raise SystemExit(1)


def _check(registry, session, practice_id, domain_id) -> bool:
    """Look, settle and print; whether something is not right."""
    from tenants.addresses import domains

    row = domains.domain(session, practice_id, domain_id)
    found = domains.look(registry.names, registry.portal, row)
    domains.settle(session, domains.domain(session, practice_id, domain_id, hold=True), found, datetime.now(UTC))
    click.echo(f"{row.host} of {registry.tenants.current(practice_id).slug}: {'verified' if row.verified_at else 'not verified'}")
    for record in (found.challenge, found.target):
        click.echo(f"  {record.kind:<5}  {record.state:<10}  {record.name}  should be {record.expected[0]}{'; found ' + ', '.join(record.found) if record.found else ''}")
    if found.certificate:
        click.echo(f"  TLS    {found.certificate.state:<10}  {found.certificate.issuer} {found.certificate.ends_at or found.certificate.reason}".rstrip())
    return found.state != "ok" or row.verified_at is None
