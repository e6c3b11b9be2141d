"""The log: one JSON object a line, with what is allowed and nothing else."""

import json
import logging

import structlog
from hypothesis import given
from hypothesis import strategies as st

from core.web.log import ALLOWED, keep_allowed, set_up


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=20)))
def test_only_allowed_keys_pass(entry):
    assert set(keep_allowed(None, None, dict(entry))) <= ALLOWED


def test_an_exception_leaves_its_type_and_places_only(capfd):
    set_up("INFO")
    try:
        raise RuntimeError("Robin Vale has a cavity")
    except RuntimeError:
        structlog.get_logger("test").exception("task_failed", task="webmail.send_notice", body="My tooth hurts")
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert (line["event"], line["error"], line["task"]) == ("task_failed", "RuntimeError", "webmail.send_notice")
    assert "test_log.py" in line["exception_places"][-1]
    assert "cavity" not in json.dumps(line)
    assert "hurts" not in json.dumps(line)


def test_a_librarys_words_are_not_repeated(capfd):
    set_up("INFO")
    logging.getLogger("sqlalchemy.pool").error("could not insert %s", "Robin Vale")
    line = json.loads(capfd.readouterr().err.splitlines()[-1])
    assert line["logger"] == "sqlalchemy.pool"
    assert "Robin" not in json.dumps(line)


def test_line_breaks_cannot_forge_a_line(capfd):
    set_up("INFO")
    structlog.get_logger("test").info("request", route='x"}\n{"event": "forged"')
    lines = capfd.readouterr().err.splitlines()
    assert [json.loads(line)["event"] for line in lines[-1:]] == ["request"]
