"""`cuspid audit`: whether the audit log of each practice is as it was written."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

if TYPE_CHECKING:
    from core.sealing import Finding, Head, Verdict

_SENTENCES = {
    "content": "entry {event}, number {number}, is not as it was sealed. Compare it with a backup.",
    "link": "the chain does not hold at number {number} (entry {event}): this seal was changed, moved or forged. Compare with a backup.",
    "gap": "the numbers {number} to {until} are missing: entries were taken out together with their seals. Restore them from a backup.",
    "missing entry": "entry {event}, number {number}, is gone; only its seal is left. Restore it from a backup.",
    "truncated tail": "the numbers {number} to {until} were there when the head was noted and are gone. Restore them from a backup.",
    "rewritten": "number {number} has another hash than was noted: the chain was made anew from there or before. Compare with a backup.",
    "unsealed": "waiting for a seal: {waiting}, the oldest since {oldest}. See that a worker runs with --beat.",
}


@click.group()
def audit() -> None:
    """Check that nobody changed the audit log.

    A worker chains the entries of each practice's audit log once a minute: each seal holds a hash of its entry and of the seal
    before. Whoever changes, takes out or slips in an entry afterwards, with whatever login, breaks the chain.
    """


def _read_head(context: click.Context, parameter: click.Parameter, value: str | None) -> "Head | None":
    from core.sealing import Head

    if value is None:
        return None
    sequence, _, digest = value.partition(":")
    if not (sequence.isascii() and sequence.isdigit() and int(sequence) and len(digest) == 64):
        raise click.BadParameter("write it as `cuspid audit head` printed it: the number, a colon, and 64 characters.")
    return Head(int(sequence), digest)


@audit.command()
@click.argument("practice", required=False)
@click.option(
    "--head", "kept", metavar="SEQUENCE:HASH", callback=_read_head, help="The end of the practice's chain as it was noted earlier."
)
def verify(practice: str | None, kept: "Head | None") -> None:
    """Check the chain of a practice, or of all.

    PRACTICE is the first part of its address, or `operator` for the operator's own place. Says for each practice how many entries are
    in its chain and that it is unbroken, or what was changed, one line for each finding; then the exit code is 1. That the end of a
    chain was cut off, or a whole chain written anew, shows only against a head that was kept elsewhere: give it with --head.
    """
    from core.sealing import verify as examine

    if kept and not practice:
        raise click.UsageError("A head belongs to one practice: name it.")
    broken = False
    with _practices(practice) as sessions:
        for slug, practice_id, session in sessions:
            verdict = examine(session, practice_id, datetime.now(UTC), kept)
            _tell(slug, verdict)
            broken |= verdict.found > 0
    sys.exit(1 if broken else 0)


@audit.command()
@click.argument("practice", required=False)
def head(practice: str | None) -> None:
    """Print the end of a practice's chain, or of every one.

    One line for each practice: the first part of its address, then number and hash of its newest seal. Keep them where the
    database's administrators cannot change them; `cuspid audit verify PRACTICE --head ...` tells whether the chain still has them.
    """
    from core.sealing import head as newest

    with _practices(practice) as sessions:
        for slug, practice_id, session in sessions:
            end = newest(session, practice_id)
            if end:
                click.echo(f"{slug} {end.sequence}:{end.hash}")
            else:
                click.echo(f"{slug}: nothing is sealed yet", err=True)


def _tell(slug: str, verdict: "Verdict") -> None:
    for finding in verdict.findings:
        click.secho(f"{slug}: {_sentence(finding, verdict)}", fg="red")
    if verdict.found > len(verdict.findings):
        click.secho(f"{slug}: and {verdict.found - len(verdict.findings)} more findings.", fg="red")
    if not verdict.found:
        waiting = f"; {verdict.waiting} more waiting for a seal" if verdict.waiting else ""
        click.echo(f"{slug}: {verdict.sealed} {'entry' if verdict.sealed == 1 else 'entries'}, unbroken{waiting}")


def _sentence(finding: "Finding", verdict: "Verdict") -> str:
    oldest = f"{verdict.oldest.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if verdict.oldest else ""
    words = _SENTENCES[finding.kind].format(
        number=finding.sequence, until=finding.until, event=finding.event_id, waiting=verdict.waiting, oldest=oldest
    )
    return f"{finding.kind}: {words}"


@contextmanager
def _practices(slug: str | None) -> Iterator[Iterator[tuple]]:
    """Slug, id and a session bound to it, for one practice or for all."""
    registry = _registry()
    try:
        yield _sessions(registry, _chosen(registry, slug))
    finally:
        registry.engine.dispose()


def _registry():
    from core import config
    from core.app import configure

    return configure(config.load()).make_wsgi_app().registry


def _chosen(registry, slug: str | None) -> list[UUID]:
    from core.auth.realms import OPERATOR

    if slug is None:
        return registry.tenants.practice_ids()
    base_domain = registry.portal.base_domain
    practice_id = registry.tenants.practice_at(base_domain if slug == OPERATOR else f"{slug}.{base_domain}")
    if practice_id is None:
        raise click.ClickException(f"There is no practice called {slug!r}.")
    return [practice_id]


def _sessions(registry, practice_ids: list[UUID]) -> Iterator[tuple]:
    from core.db import SessionFactory, bind_tenant

    for practice_id in practice_ids:
        with SessionFactory(bind=registry.engine) as session:
            bind_tenant(session, practice_id)
            yield registry.tenants.current(practice_id).slug, practice_id, session
