"""The contract with plugin authors: every hook is declared, explained and tried, and core asks through the gates only."""

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

from core import hookspecs
from core.plugins.rules import PORTAL

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "plugins.md").read_text()

# The table of hooks in the plan of the house (section 4): what the office's question is about. `db` is the session to answer it with.
PLANNED = {
    "portal_tab": ("request",),
    "portal_action_items": ("request", "people"),
    "portal_home_card": ("request", "person"),
    "portal_entry_link": ("request",),
    "portal_permissions": (),
    "portal_office_settings": (),
    "portal_notice_kinds": (),
    "portal_notice_switches": ("practice", "patient"),
    "portal_notice_switched": ("practice", "patient", "kind", "channel", "on", "now"),
    "portal_office_waiting": (),
    "portal_insurance_carriers": ("practice", "now"),
    "portal_planned": ("practice", "patient", "since", "now"),
    "portal_record_kinds": (),
    "portal_change_kinds": (),
    "portal_readers": (),
    "portal_periodic_tasks": (),
    "portal_switched": ("practice", "clinic", "on"),
    "portal_export": ("practice", "person"),
    "portal_erase": ("practice", "person"),
    "portal_patients_merged": ("practice", "kept", "absorbed"),
    "portal_payment_event": ("practice", "event"),
}
FIRST_RESULT_WINS = {"portal_payment_event"}

HOOKS = {name: function for name, function in vars(hookspecs).items() if inspect.isfunction(function)}


def _sections() -> dict[str, str]:
    """What the guide says below each heading of a hook, by the heading."""
    parts = re.split(r"^### (portal_.*)$", GUIDE, flags=re.MULTILINE)[1:]
    return {heading: body.split("\n## ")[0] for heading, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def _tests() -> set[str]:
    """The names of all test functions."""
    trees = (ast.parse(path.read_text()) for path in (ROOT / "tests").rglob("test_*.py"))
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_hooks_are_those_of_the_plan():
    asked = {
        name: tuple(argument.removesuffix("_id") for argument in inspect.signature(function).parameters if argument != "db")
        for name, function in HOOKS.items()
    }
    assert asked == PLANNED


def test_hookspecs_holds_hooks_and_nothing_else():
    assert {name for name in vars(hookspecs) if not name.startswith("__")} - set(HOOKS) == {"pluggy", "hookspec"}
    assert {name for name, function in HOOKS.items() if function.cuspid_spec["firstresult"]} == FIRST_RESULT_WINS


def test_the_guide_has_a_heading_for_each_hook_and_for_no_other():
    assert sorted(_sections()) == sorted(f"{name}{inspect.signature(function)}" for name, function in HOOKS.items())


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_is_explained_with_an_example(name):
    body = _sections()[f"{name}{inspect.signature(HOOKS[name])}"]
    assert "*When:*" in body
    [example] = re.findall(r"```python\n(.*?)```", body, flags=re.DOTALL)
    [function] = ast.parse(example).body
    assert function.name == name
    assert [decorator.id for decorator in function.decorator_list] == ["hookimpl"]
    assert set(inspect.signature(HOOKS[name]).parameters) >= {argument.arg for argument in function.args.args} - {"self"}
    assert HOOKS[name].__doc__


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_has_a_test_of_its_name(name):
    assert f"test_hook_{name}" in _tests()


def test_nothing_but_the_host_asks_plugins_past_the_gates():
    sources = [path for room in ("core", "tenants", "plugins") for path in (ROOT / room).rglob("*.py") if "core/plugins/" not in path.as_posix()]
    past = re.compile(r"\.manager\b|\.hook\.|get_hookimpls|subset_hook_caller")
    assert [path.as_posix() for path in sources if past.search(path.read_text())] == []


def test_no_plugin_can_take_the_first_word_of_a_table_or_an_address_of_the_portal(migrate_url, registry):
    from core.db import Base
    from core.migrations import load_models

    load_models()
    names = set(registry.plugins.plugins)
    tables = {table.partition("_")[0] for table in Base.metadata.tables if "_" in table}
    routes = {item["introspectable"]["pattern"].strip("/").partition("/")[0] for item in registry.introspector.get_category("routes")}
    first_words = {re.split(r"[^a-z]", word)[0] for word in tables | routes} - {""}
    assert first_words - names <= PORTAL
    assert not names & PORTAL
