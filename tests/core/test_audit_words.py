"""Actions of the audit log in words."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit_sentences import WHOLE
from core.audit_words import KINDS, VERBS, kind_of, sentence

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("account.statement.download", "Downloaded a statement"),
        ("appointments.visit.confirm", "Confirmed a visit"),
        ("portal.home.view", "Opened the home page"),
        ("rewards.golden_star.view", "Opened golden star"),
        ("rewards.golden_star.polish", "Used: golden star polish"),
        ("rewards", "Used the portal"),
    ],
)
def test_an_action_is_a_sentence(action, words):
    assert sentence(action) == words


@given(st.text(max_size=80))
def test_whatever_the_action_there_are_words(action):
    assert sentence(action).strip()


def _actions() -> set[str]:
    """Every action that stands in the code as such."""
    pattern = r"(?:audit|audit_of|record|_record|_end)\((?:[^()]|\([^()]*\))*?\"([a-z_]+\.[a-z_.]+)\""
    sources = [path for room in ("core", "tenants", "plugins") for path in (ROOT / room).rglob("*.py")]
    return {action for path in sources for action in re.findall(pattern, path.read_text())}


def test_every_action_of_ours_is_said_in_words():
    actions = _actions()
    assert {"office.view_as.begin", "auth.sign_in.failed", "access.given", "plan.plan.view"} <= actions
    assert {action for action in actions if action not in WHOLE and action.rpartition(".")[2] not in VERBS} == set()


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("auth.sign_in", "sign_in"), ("auth.sign_in.second", "sign_in"), ("auth.sign_out", "sign_in"), ("auth.second.app", "sign_in"),
        ("auth.sign_in.failed", "failure"), ("auth.sign_in.refused", "failure"), ("auth.password.reset_failed", "failure"),
        ("images.image.view", "view"), ("office.patients.find", "view"), ("portal.switch_person", "view"), ("office.staff.view", "view"),
        ("images.image.download", "download"), ("office.audit.export", "download"), ("office.sheet.print", "download"),
        ("appointments.visit.confirm", "change"), ("auth.password.change", "change"), ("auth.passkey.rename", "change"),
        ("access.given", "grant"), ("office.staff.invite", "staff"), ("office.view_as.begin", "change"), ("whatever", "change"),
    ],
)  # fmt: skip
def test_an_action_is_of_a_kind(action, kind):
    assert kind_of(action) == kind


@given(st.text(max_size=60))
def test_whatever_the_action_it_is_of_a_kind(action):
    assert kind_of(action) in KINDS
