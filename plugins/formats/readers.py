"""What the office can import, besides records of the portal."""

from collections.abc import Iterator
from typing import BinaryIO

from core.records.importing.found import Found
from core.records.importing.readers import Chosen, Matching, Reader, WrongChoice
from plugins.formats.ccda import reading as ccda_reading
from plugins.formats.fhir import reading as fhir_reading
from plugins.formats.tables import known, matching
from plugins.formats.tables import reading as table_reading
from plugins.formats.tables.mapping import TableMapping, WrongMapping, read_mapping


def _table(handle: BinaryIO, chosen: Chosen) -> Iterator[Found]:
    if chosen.choice not in known.KINDS and (chosen.choice or chosen.mapping is None):
        raise WrongChoice("Say what the rows are, or give a mapping file that says it.")
    try:
        mapping = TableMapping(chosen.choice) if chosen.mapping is None else read_mapping(chosen.mapping)
    except WrongMapping as wrong:
        raise WrongChoice(str(wrong)) from None
    if chosen.choice not in ("", mapping.table):
        raise WrongChoice(f"The mapping file is for {mapping.table}, not for {chosen.choice}.")
    return table_reading.read(handle, chosen.zone, mapping)


FHIR = Reader(
    "fhir", "FHIR", "FHIR R4 in JSON, as most systems export charts: a bundle, or a resource on each line.", (".json", ".ndjson"),
    lambda handle, chosen: fhir_reading.read(handle, chosen.source, chosen.zone), times_read=3,
)  # fmt: skip
CARE = Reader(
    "care", "Care document", "A care document (C-CDA), as medical systems send it: it is shown as it is, and its lists become records.", (".xml",),
    lambda handle, chosen: ccda_reading.read(handle, chosen.source, chosen.zone),
)  # fmt: skip
TABLE = Reader(
    "table", "Table", "A table (CSV) whose first line names its columns.", (".csv", ".tsv", ".txt"), _table,
    {known.PEOPLE: "Patients", known.VISITS: "Appointments", known.LEDGER: "Ledger"}, takes_mapping=True, matching=Matching(matching.columns, matching.mapping), times_read=2,
)  # fmt: skip
READERS = [FHIR, CARE, TABLE]
