"""A Valkey of our own."""

import pytest
import redis

from core.local.folder import DataFolder
from core.local.processes import Supervisor
from core.local.valkey import Valkey


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path)


def test_what_it_was_told_survives_a_kill(folder):
    with Supervisor() as supervisor, redis.Redis.from_url(Valkey(folder).start(supervisor)) as client:
        client.config_set("appendfsync", "always")
        client.set("word", "kept")
        supervisor.children[0].process.kill()
        supervisor.children[0].process.wait()
    with Supervisor() as supervisor, redis.Redis.from_url(Valkey(folder).start(supervisor)) as client:
        assert client.get("word") == b"kept"


def test_only_the_password_opens_it_and_only_from_this_machine(folder):
    with Supervisor() as supervisor:
        url = Valkey(folder).start(supervisor)
        with redis.Redis.from_url(url) as client:
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
        with redis.Redis.from_url(url.replace(folder.secret("valkey"), "wrong")) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_its_password_is_not_on_the_command_line(folder):
    with Supervisor() as supervisor:
        Valkey(folder).start(supervisor)
        assert not any(folder.secret("valkey") in str(word) for word in supervisor.children[0].command)
        assert (folder.path / "valkey.conf").stat().st_mode & 0o077 == 0
