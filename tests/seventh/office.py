"""What an office does, in a process in which the seventh plugin is installed: reads [slug, verb, arguments...] and answers, a line of JSON each."""

import json
import sys
from datetime import UTC, datetime

from core import tasks
from core.app import configure
from core.config import load
from core.db import SessionFactory, bind_tenant
from core.records import door
from core.records.kinds import kinds_at
from tenants import settings
from tenants.practices import find

registry = configure(load()).make_wsgi_app().registry


def change(session, practice_id, name, value):
    """Set an office setting, and say what holds now."""
    settings.change(session, registry.plugins, practice_id, None, name, value, "Alex", datetime.now(UTC))
    session.commit()
    return registry.tenants.current(practice_id).settings[name]


def switch(session, practice_id, plugin, on, clinic=None):
    """Switch a tab for the practice, or for the clinic with this name."""
    clinics = {one.name: one.id for one in registry.tenants.current(practice_id).clinics}
    tenant = registry.tenants.current(practice_id, clinics[clinic] if clinic else None)
    settings.switch_plugin(session, registry.plugins, tenant, plugin, on, "Alex", datetime.now(UTC))
    session.commit()


def enqueue(session, practice_id, task, ids):
    """Ask for a task."""
    row_id = tasks.enqueue(session, task, **ids)
    session.commit()
    return str(row_id)


def take_in(session, practice_id, batch):
    """Take records in, of the kinds that the practice takes in now."""
    answers = door.take_in(session, kinds_at(registry, practice_id), batch)
    session.commit()
    return [[answer.outcome, answer.reason] for answer in answers]


def fan_out(session, practice_id, task):
    """What the timetable does when the time has come."""
    tasks.fan_out(*tasks.schedule(registry.plugins)[task]["args"])


ACTS = {act.__name__: act for act in (change, switch, enqueue, take_in, fan_out)}

for line in sys.stdin:
    slug, verb, *arguments = json.loads(line)
    with SessionFactory(bind=registry.engine) as session:
        practice_id = find(session, slug)
        bind_tenant(session, practice_id)
        print(json.dumps(ACTS[verb](session, practice_id, *arguments)), flush=True)  # noqa: T201
