"""`cuspid operator`, and how the place of operators is treated by what goes through all practices."""

import secrets
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core import audit, sealing, tasks
from core.audit import AuditEvent, AuditSeal
from core.cli import audit as audit_command
from core.testing import fresh_database, with_database
from tenants import cli
from tenants.models import Practice
from tenants.operator import commands


@pytest.fixture
def run(command_line):
    """`run("list")`: a command in the installation under test."""
    return lambda *words, group=commands.operator: command_line(group, *words)


@pytest.fixture
def address():
    return f"ann{secrets.token_hex(4)}@example.test"


def test_an_operator_is_invited_listed_and_closed(run, base, address):
    answer = run("invite", address, "Ann Ode")
    assert answer.output == "The invitation of Ann Ode to http://localhost is on its way.\n"
    line = next(line for line in run("list").output.splitlines() if address in line)
    assert line.split() == ["Ann", "Ode", address, "invited"]
    assert run("close", address.upper()).output == f"{address.upper()} has no access any more.\n"
    assert run("list").output.count("closed") >= 1
    assert run("close", address).exit_code == 0, "say it again should it have stopped halfway"


def test_the_mail_leads_to_the_base_domain_and_names_no_office(run, base, address, mails, work_off):
    run("invite", address, "Ann Ode")
    work_off(base)
    [mail] = mails.to(address)
    text = mail.get_body(("plain",)).get_content()
    assert "http://localhost/office/invitation/" in text
    assert "the pages of those who run its portals" in text
    assert "office" not in mail["Subject"]


@pytest.mark.parametrize("words, said", [
    (("invite", "nonsense", "Ann"), "e-mail"), (("invite", "ann@example.test", ""), "name"), (("close", "nobody@example.test"), "Nobody here"),
    (("invite", "ann@example.test", "Ann", "--time-zone", "Mars/Base"), "not a time zone"),
    (("invite", "ann@example.test", "Ann", "--installation", " "), "up to 100 characters"),
])  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(run, base, words, said):
    answer = run(*words)
    assert answer.exit_code == 1
    assert said in answer.output
    assert "Traceback" not in answer.output


def test_closing_ends_what_the_operator_has_open_in_every_practice(run, make_operator, entered, practice, other_practice):
    operator, other = make_operator("Ann Ode"), make_operator("Ben Low")
    apps, stays = [entered(office=office, operator=operator) for office in (practice, other_practice)], entered(operator=other)
    run("close", operator.email)
    assert [app.get("/office", status="*").status_int for app in apps] == [303, 303]
    stays.get("/office", status=200)


def test_the_first_invitation_makes_the_place_and_only_the_first(portal_settings, worker_id, monkeypatch, run):
    """In a database of its own: the installation under test has its place already."""
    with fresh_database(f"place_{worker_id}") as name:
        own = portal_settings.model_copy(update={"database_url": with_database(portal_settings.database_url, name)})
        monkeypatch.setattr("core.config.load", lambda: own)
        assert "Nobody runs this installation yet" in run("list").output
        with cli.installation() as (here, _):
            assert here.tenants.practice_at("localhost") is None, "until then the base domain is an address that nobody has"
        assert "kept for those who run the portal" in run("create", "operator", "Oak", "--time-zone", "UTC", group=cli.practice).output
        assert run("invite", "ann@example.test", "Ann Ode", "--installation", "Bright Hosting", "--time-zone", "America/Denver").exit_code == 0
        assert run("invite", "ben@example.test", "Ben Low").exit_code == 0
        assert len(run("list").output.splitlines()) == 2
        assert run("list", group=cli.practice).output == ""
        with cli.installation() as (here, session):
            [place] = session.scalars(select(Practice)).all()
            assert here.tenants.practice_at("localhost") == place.id
            tenant = here.tenants.current(place.id)
            assert (tenant.name, tenant.time_zone.key, tenant.host, tenant.plugins, tenant.is_operator) == (
                "Bright Hosting", "America/Denver", "localhost", frozenset(), True,
            )  # fmt: skip
            assert tenant.theme.logo


def test_it_is_no_practice_to_commands_that_work_in_one(run, base):
    assert "operator" not in [line.split()[0].split("//")[1].split(".")[0] for line in run("list", group=cli.practice).output.splitlines()]
    answer = run("switch", "operator", "images", "off", group=cli.practice)
    assert answer.output == "Error: There is no practice called 'operator'.\n"


def test_its_audit_is_sealed_and_verified_like_that_of_a_practice(run, base, registry, practice, monkeypatch):
    monkeypatch.setattr(type(registry.tenants), "practice_ids", lambda _: [practice.id, base.id])
    with base.session() as session:
        audit.record(session, base.id, "operator.enter", datetime.now(UTC))
        session.commit()
    tasks.go_round("audit.seal")
    with base.session() as session:
        unsealed = select(func.count()).select_from(AuditEvent).where(
            AuditEvent.practice_id == base.id, AuditEvent.id.not_in(select(AuditSeal.event_id).where(AuditSeal.practice_id == base.id))
        )
        assert session.scalar(unsealed) == 0
        assert sealing.verify(session, base.id, datetime.now(UTC)).found == 0
    assert "operator: " in run("verify", "operator", group=audit_command.audit).output


def test_no_schedule_of_a_tab_and_no_switch_reaches_it(registry, base):
    assert base.id in registry.tenants.practice_ids()
    assert not [name for name in registry.plugins.plugins if registry.tenants.on_somewhere(base.id, name)]
