"""`cuspid doctor`: what is wrong, and how to mend it."""

import sys

import click

_COLORS = {"ok": "green", "care": "yellow", "wrong": "red"}


@click.command()
def doctor() -> None:
    """Check every setting and outside service.

    Looks at the settings, the database (and whether its login could see past the wall between practices), migrations, broker,
    workers, mail, files, payments, secret, addresses and assets, changes nothing, and says for each what is wrong and how to
    mend it. `care` is worth a look, `wrong` must be mended: then the exit code is 1, so that a deployment can stop here.
    """
    from core.doctor import examine

    wrong = 0
    for finding in examine():
        mark = click.style(f"{finding.state:<5}", fg=_COLORS[finding.state])
        click.echo(f"{mark}  {finding.subject:<11} {finding.text}")
        wrong += finding.state == "wrong"
    click.echo(f"{wrong} to be mended." if wrong else "Everything that must be right is right.")
    sys.exit(1 if wrong else 0)
