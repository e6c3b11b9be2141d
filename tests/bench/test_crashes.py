"""The crash test itself: its steps are steps of the portal, and whoever is to die at one does, before it goes on."""

import random
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import sqlalchemy

from bench.crashes import points
from bench.crashes.killer import Killer
from bench.crashes.servers import VICTIMS

AT_DOOR = "import sys; from bench.crashes import points; points.at(sys.argv[1], 'paying'); print('went on', flush=True)"


def test_what_is_counted_is_there(registry, monkeypatch):
    found, heard = [], []
    monkeypatch.setattr(points, "around", lambda owner, name, before, after: found.append((owner, name)))
    monkeypatch.setattr(sqlalchemy.event, "listen", lambda target, name, *more, **options: heard.append(name))
    points.set_in_portal()
    assert [name for owner, name in found if not callable(getattr(owner, name, None))] == []
    assert len(found) > 15
    assert heard == ["before_commit", "after_commit"]


def test_the_pages_that_are_counted_have_addresses(registry):
    from pyramid.interfaces import IRoutesMapper

    patterns = ["/" + re.sub(r"\{[^}]*\}", "x", route.pattern).lstrip("/") for route in registry.getUtility(IRoutesMapper).get_routes()]
    assert [path for _, path, _ in points.PAGES if not any(re.fullmatch(path, pattern) for pattern in patterns)] == []


@pytest.fixture
def door(tmp_path):
    """A killer at a door, and a process that comes to it."""
    scene = SimpleNamespace(processes={}, killed=[])

    def kill(victim):
        scene.killed.append(victim)
        scene.processes[victim].send_signal(signal.SIGKILL)
        scene.processes[victim].wait()

    scene.killer = Killer(tmp_path / "door", SimpleNamespace(kill=kill), random.Random(3))

    def come(step: str) -> str:
        environment = {points.DOOR: str(tmp_path / "door"), "PYTHONPATH": ":".join(filter(None, sys.path))}
        with subprocess.Popen([sys.executable, "-W", "ignore", "-c", AT_DOOR, step], stdout=subprocess.PIPE, text=True, env=environment) as process:
            scene.processes |= dict.fromkeys(VICTIMS, process)
            return process.communicate(timeout=60)[0]

    scene.come = come
    return scene


def test_nobody_dies_before_it_is_armed_and_then_one_at_a_step(door, monkeypatch):
    assert door.come("the first step") == "went on\n"
    monkeypatch.setattr("bench.crashes.killer.OFTEN", 1.0)
    door.killer.arm()
    assert door.come("the second step") == ""
    assert door.killer.is_done()
    assert door.killer.hits == {"paying: the first step": 1, "paying: the second step": 1}
    assert [step for step, _ in door.killer.kills] == ["paying: the second step"]
    assert door.killed == [victim for _, victim in door.killer.kills]


def test_at_a_step_each_victim_has_its_turn():
    killer = SimpleNamespace(kills=dict.fromkeys([("paying", victim) for victim in VICTIMS], 0), hits={}, _choosy=False, _chance=random.Random(5))
    died = []
    while len(died) < len(VICTIMS):
        victim = Killer._victim(killer, "paying")
        if victim:
            killer.kills["paying", victim] += 1
            died.append(victim)
    assert sorted(died) == sorted(VICTIMS)


def test_at_rest_only_steps_at_which_nobody_has_died_are_chosen_while_there_are_any(door, monkeypatch):
    for chance in ("OFTEN", "AT_TIMES", "SELDOM"):
        monkeypatch.setattr(f"bench.crashes.killer.{chance}", 1.0)
    killer = door.killer
    killer.hits.update(["paying: known", "paying: fresh"])
    killer.kills["paying: known", "web"] = 1
    killer.arm(choosy=True)
    assert (killer._victim("paying: known"), killer._victim("paying: fresh") is not None) == (None, True)
    killer.kills["paying: fresh", "web"] = 1
    assert killer._victim("paying: known") is not None, "once all have been somebody's last, any may be again"
