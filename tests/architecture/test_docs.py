"""What the documentation says is there is there, and what is there is told: commands, options, settings, links, who can sign in."""

import hashlib
import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from core import config, tasks
from core.cli import cuspid
from core.config import Settings
from core.plugins import PluginHost, find_plugins
from tenants import demo
from tenants.demo.operator import ANN

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"node_modules", "build", "dist"}
PAGES = sorted(
    path for path in ROOT.rglob("*.md") if not any(part in ELSEWHERE or part.startswith(".") for part in path.relative_to(ROOT).parts)
)
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""The SHA-256 of the license's text as its authors publish it."""

each_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def told() -> str:
    """All that README and docs say."""
    return read("README.md") + "".join(path.read_text() for path in PAGES if path.parent.name == "docs")


def commands(command: click.Command = cuspid, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it: ours, and those that entry points add."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*words, name))


COMMANDS = dict(commands())


def code(text: str) -> list[str]:
    """Lines of fenced code, and what stands between back quotes."""
    fenced = re.findall(r"^```.*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in fenced for line in block.splitlines()] + re.findall(r"`([^`]+)`", without_fences(text))


def without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def called(line: str) -> tuple[tuple[str, ...], str] | None:
    """The command that a line of code calls, and what follows its words; None when it calls none of ours."""
    found = re.search(r"(?:.*[\s/]|^)cuspid +([a-z].*)", line.split("#")[0])
    if not found:
        return None
    rest = found[1].split()
    words: list[str] = []
    while rest and any(known[: len(words) + 1] == (*words, rest[0]) for known in COMMANDS):
        words.append(rest.pop(0))
    return tuple(words), " ".join(rest)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_is_told(words):
    assert re.search(r"cuspid\s+" + r"\s+".join(words) + r"\b", told()), f"neither README nor docs name `cuspid {' '.join(words)}`"


def test_the_commands_of_other_packages_are_among_them():
    assert {point.name for point in entry_points(group="cuspid.commands")} <= {words[0] for words in COMMANDS}


@each_page
def test_every_command_and_option_that_is_told_exists(page):
    for words, rest in filter(None, map(called, code(page.read_text()))):
        if words and any(known[: len(words)] == words and len(known) > len(words) for known in COMMANDS):
            continue  # a group of commands, named as such
        assert words in COMMANDS, f"there is no command `cuspid {' '.join((*words, rest))}`"
        options = {option for parameter in COMMANDS[words].params for option in parameter.opts} | {"--help"}
        unknown = set(re.findall(r"(?<!\S)--[a-z-]+", rest)) - options
        assert not unknown or words == ("test",), f"`cuspid {' '.join(words)}` has no {unknown}"


def test_readme_names_both_commands():
    lines = read("README.md").splitlines()
    assert {"./cuspid demo", "./cuspid test"} <= set(lines)


@pytest.mark.parametrize("story", demo.STORIES, ids=lambda story: story.slug)
def test_readme_says_where_the_demo_is_and_who_can_sign_in(story):
    readme = read("README.md")
    for path, everybody in (("", story.people), ("/office", story.staff)):
        line = next(line for line in readme.splitlines() if f"http://{story.slug}.localhost:8080{path} |" in line)
        assert story.name in line
        assert {one.user_name for one in everybody} == set(re.findall(r"`(\w+)`", line))
    assert f"`{demo.PASSWORD}`" in readme


def test_readme_says_where_the_operator_of_the_demo_is():
    line = next(line for line in read("README.md").splitlines() if "| http://localhost:8080 |" in line)
    assert re.findall(r"`(\w+)`", line) == [ANN.user_name]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_table_with_its_default(name):
    field = Settings.model_fields[name]
    row = next((line for line in read("docs/operators.md").splitlines() if line.startswith(f"| `CUSPID_{name.upper()}` |")), None)
    assert row, f"docs/operators.md has no row for CUSPID_{name.upper()}"
    without = row.split("|")[2].strip()
    if field.is_required():
        assert without == "required"
    elif field.default is None:
        assert "`" not in without
        assert without != "required"
    else:
        assert without == f"`{field.default}`"


def known_variables() -> set[str]:
    sources = [path for room in ("core", "tenants", "plugins", "tests") for path in (ROOT / room).rglob("*.py")]
    in_code = {name for path in sources for name in re.findall(r"\bCUSPID_[A-Z_0-9]+\b", path.read_text())}
    return in_code | {f"CUSPID_{name.upper()}" for name in Settings.model_fields}


def test_no_variable_is_told_that_the_code_does_not_know():
    named = {name for path in PAGES for name in re.findall(r"\bCUSPID_[A-Z_0-9]+\b", path.read_text())}
    assert named <= known_variables()


def test_every_setting_of_the_portal_and_of_a_tab_is_told_to_offices_and_no_other():
    schemas = PluginHost(find_plugins()).settings
    declared = {f"{plugin}.{field}" for plugin, schema in schemas.items() if schema for field in schema.model_fields}
    ours = {name for name in declared if name.partition(".")[0] in {"portal", *(path.name for path in (ROOT / "plugins").iterdir())}}
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", read("docs/offices.md"), re.MULTILINE)) == ours


def anchors(path: Path) -> set[str]:
    """The marks of a page's headings, as the sites make them that show such pages."""
    headings = re.findall(r"^#+ (.+)$", without_fences(path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_link_leads_somewhere(page):
    text = re.sub(r"`[^`]*`", "", without_fences(page.read_text()))
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]
    for link in links:
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{path or page.name} has no heading for #{anchor}"


def test_the_license_is_the_apache_license_word_for_word():
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def test_the_operators_script_does_what_it_says(practice, portal_settings, registry, monkeypatch, web, capsys):
    """Run as it stands, for a practice as `practice create` leaves it."""
    script = next(block for block in re.findall(r"```python\n(.*?)```", read("docs/operators.md"), re.DOTALL) if "runs.receive" in block)
    monkeypatch.setattr(config, "load", lambda: portal_settings)
    timetable = tasks.celery.conf.beat_schedule
    try:
        names: dict = {}
        exec(compile(script.replace('"maple"', repr(practice.slug)), "docs/operators.md", "exec"), names)
        names["registry"].engine.dispose()
    finally:
        # Celery knows one application of a process: from here on again that of the other tests.
        tasks.celery.registry, tasks.celery.conf.beat_schedule = registry, timetable
    assert "refused" not in capsys.readouterr().out
    tenant = registry.tenants.current(practice.id)
    assert tenant.settings["appointments.confirm_days"] == 21
    assert tenant.theme.radius == "round"
    assert [clinic.phone for clinic in tenant.clinics] == ["303-555-0100"]
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = "robin", "a long first password"
    assert "Robin" in form.submit().follow().text
