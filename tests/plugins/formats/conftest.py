"""Samples of our own, those that lie beside the repository, and values that should not be where they are."""

from pathlib import Path

import pytest

from core.records import door
from core.records.kinds import kinds_for

OUTSIDE = Path(__file__).parents[4] / "shared" / "ccda" / "samples"


@pytest.fixture(scope="session")
def outside() -> Path:
    """The folder of samples that nobody here wrote."""
    if not OUTSIDE.is_dir():
        pytest.skip("the folder with samples from outside is not beside the repository")
    return OUTSIDE


@pytest.fixture
def taken_in(db, registry, practice):
    """`taken_in(records)`: what the door answers, by outcome; a number stands for many."""

    def take(records: list[dict]) -> dict[str, list]:
        answers = door.take_in(db, kinds_for(registry, frozenset(registry.plugins.plugins)), records)
        found: dict[str, list] = {}
        for answer in answers:
            found.setdefault(answer.outcome, []).append(answer)
        return found

    return take
