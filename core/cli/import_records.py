"""`cuspid import records`: a file of a practice's system, by the door through which all records come."""

from pathlib import Path

import click

from core.cli import importing
from core.cli.importing import chosen_at, opened, reader_at, take_in, tell
from core.cli.practice import at_practice
from core.records.importing.readers import JSON_LINES


@click.command("records")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--practice", "slug", required=True, help="The practice whose records they are, such as sunrise.")
@click.option("--source", default="file", show_default=True, help="What the office reads as their source.")
@importing.other_system
@click.option("--dry-run", is_flag=True, help="Say what would become of them, and change nothing.")
def import_records(file: Path, slug: str, source: str, other_system: bool, dry_run: bool) -> None:
    """Take in records of a practice's system.

    FILE has one record on each line, as JSON: its kind, its external_id, and its fields. What a record names, such as its patient, is in the
    portal already or stands further up. Each five hundred are one transaction; a refused record leaves the others as they are, and the office reads
    under Records in which it was and why. Taking the same file in again changes nothing. Ends with 1 when any was refused.
    """
    with at_practice(slug) as at:
        reader = reader_at(at, JSON_LINES.name)
        with opened(reader, file) as files:
            report = take_in(at, source, dry_run, reader.read(files.handles[0], chosen_at(at, source, other_system)), files.show, other_system)
    tell(report, dry_run)
