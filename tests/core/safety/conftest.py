"""Files from outside, for every test of this folder."""

import pytest

from core.safety import testing


@pytest.fixture(scope="session")
def corpus():
    """The makers of good, broken and hostile files."""
    return testing
