"""`cuspid test` itself."""

import pytest

from core.cli.test import _wants_browser


@pytest.mark.parametrize("arguments", [(), ("-k", "pay"), ("tests/journeys",), ("tests",), ("tests/core", "tests/journeys/test_pay.py::test_it")])
def test_a_run_with_journeys_wants_a_browser(arguments):
    assert _wants_browser(arguments)


@pytest.mark.parametrize("arguments", [("tests/core",), ("tests/core/cli", "-x"), ("-q", "tests/plugins")])
def test_a_run_without_journeys_installs_no_browser(arguments):
    assert not _wants_browser(arguments)
