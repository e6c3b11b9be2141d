"""`cuspid demo`: the whole portal on this machine."""

import json
import os
import time
import webbrowser
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from core.cli.stopping import Stopped, say, stopped_by_signals
from core.local import Problem


@click.command()
@click.option("--fresh", is_flag=True, help="Start over: remove what was entered in earlier runs.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="Where the portal is, on this machine only.")
@click.option("--open", "open_browser", is_flag=True, help="Open the first practice in the browser.")
@click.option("--patients", type=click.IntRange(1, 200_000), help="Make a large practice with so many patients besides; what is there of it stays.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="The folder that keeps the data.")
def demo(fresh: bool, port: int, open_browser: bool, patients: int | None, data: Path | None) -> None:
    """Run the portal here with two made-up practices.

    Starts a real PostgreSQL, Valkey, two web processes, a worker and a mailbox, all reachable from this machine only, and
    ends them all on Ctrl-C. What is entered stays in the data folder until --fresh. To use a database or broker of your own,
    name it in CUSPID_DATABASE_URL (with a login that may make roles) or CUSPID_BROKER_URL. With --patients there is a third, large
    practice; broken off, it is gone on with at the next start.
    """
    with stopped_by_signals():
        try:
            _run(fresh, port, open_browser, patients, data)
        except Stopped:
            say("\nStopped; every process has ended.")


def _run(fresh: bool, port: int, open_browser: bool, patients: int | None, data: Path | None) -> None:
    from core.local.folder import DataFolder, default_folder
    from core.local.installation import installation

    started = time.monotonic()
    folder = DataFolder(data or default_folder("demo"))
    with installation(folder, port) as here:
        if fresh:
            _start_over(folder)
        building = here.start_building()
        settings = here.start_servers(_step)
        people = _prepare_data(here, settings) + _prepare_large(here.folder.path / "large.json", settings, patients)
        if building.running:
            _step("Building the styles and the script")
        here.start_portal(settings, building, _step)
        _introduce(here, people, time.monotonic() - started)
        if open_browser and people:
            webbrowser.open(_address(people[0]["slug"], port))
        _watch(here)


def _start_over(folder) -> None:
    from core.local.postgres import Postgres

    if os.environ.get("CUSPID_DATABASE_URL"):
        raise Problem("--fresh does not empty a database of your own: empty the one in CUSPID_DATABASE_URL yourself, or name a new one.")
    _step("Removing the data of earlier runs")
    Postgres(folder).remove()
    folder.clear()


def _step(text: str) -> None:
    say(f"  {text} ...")


def _prepare_data(here, settings: Mapping[str, str]) -> list[dict]:
    """Bring the tables up to date and, the first time, make the practices; says who can sign in."""
    from core.local.installation import is_new

    kept = here.folder.path / "people.json"
    new = is_new(settings["CUSPID_MIGRATE_URL"])
    _migrate(here.folder.path / "migrations.mark", settings["CUSPID_MIGRATE_URL"], new)
    if new or not kept.is_file():
        _step("Making two practices and their patients")
        kept.write_text(json.dumps(_make_practices(settings)))
    return json.loads(kept.read_text())


def _migrate(mark: Path, url: str, new: bool) -> None:
    """Migrate, unless nothing has changed since the last start: loading all models only to see that takes seconds."""
    from core.local.installation import migrations_mark

    now = migrations_mark(url)
    if not new and mark.is_file() and mark.read_text() == now:
        return
    _step("Making the tables" if new else "Bringing the tables up to date")
    _upgrade(url)
    mark.write_text(now)


def _upgrade(url: str) -> None:
    from alembic.util import CommandError

    from core import migrations

    try:
        migrations.upgrade(url)
    except CommandError as error:
        raise Problem(f"The tables here were made by another version of Cuspid ({error}): start over with --fresh.") from None


def _make_practices(settings: Mapping[str, str]) -> list[dict]:
    from core import config

    found = list(entry_points(group="cuspid.demo"))
    if not found:
        raise Problem("No demo is installed: no package has an entry point in the group cuspid.demo.")
    people = [person for point in found for person in point.load()(config.load(environ=settings))]
    return [dict(person) if isinstance(person, Mapping) else asdict(person) for person in people]


def _prepare_large(kept: Path, settings: Mapping[str, str], patients: int | None) -> list[dict]:
    """Make the large practice, or go on with it, when it was asked for; says who can sign in there, also when it is there from an earlier run."""
    there: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {"patients": 0, "people": []}
    if patients and patients > there["patients"]:
        _step(f"Making a practice with {patients:,} patients")
        people = _make_large(settings, patients)
        there = {"patients": patients, "people": people}
        kept.write_text(json.dumps(there))
    return there["people"]


def _make_large(settings: Mapping[str, str], patients: int) -> list[dict]:
    from core import config

    found = list(entry_points(group="cuspid.demo_large"))
    if not found:
        raise Problem("No large demo is installed: no package has an entry point in the group cuspid.demo_large.")
    with click.progressbar(length=patients, label="  Patients", show_pos=True) as bar:
        people = [person for point in found for person in point.load()(config.load(environ=settings), patients, lambda done: bar.update(done - bar.pos))]
    return [asdict(person) for person in people]


def _introduce(here, people: list[dict], seconds: float) -> None:
    say(f"\nCuspid is ready after {seconds:.0f} seconds.")
    for slug, name in dict.fromkeys((person["slug"], person["practice"]) for person in people):
        say(click.style(f"\n  {_address(slug, here.port)}", bold=True) + f"  {name}")
        for person in (person for person in people if person["slug"] == slug):
            place = "at /office: " if person.get("at_office") else ""
            say(f"      {person['user_name']:<12} {person['password']:<14} {place}{person['note']}".rstrip())
    logs = here.folder.path / "logs"
    say(f"\n  Mails    http://localhost:{here.mailbox_port}")
    say(f"  Data     {here.folder.path}")
    say(f"  Logs     {logs}/ ({', '.join(child.log.name for child in here.supervisor.children)})")
    say("\nCtrl-C ends it.")


def _address(slug: str, port: int) -> str:
    return f"http://{slug}.localhost:{port}" if slug else f"http://localhost:{port}"


def _watch(here) -> None:
    while True:
        here.supervisor.check()
        time.sleep(0.5)
