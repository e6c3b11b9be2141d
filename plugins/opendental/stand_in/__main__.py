"""`python -m plugins.opendental.stand_in`: the stand-in as a process."""

import argparse
import signal
from pathlib import Path
from threading import Event

from plugins.opendental.stand_in.seeding import seed
from plugins.opendental.stand_in.server import running

words = argparse.ArgumentParser(description="A stand-in for Open Dental on this machine. Its people are made up.")
words.add_argument("--port", type=int, required=True)
words.add_argument("--data", type=Path, required=True, help="The file that keeps what it was told; each office has one of its own beside it.")
words.add_argument("--portal", default="", help="The portal; it says itself where it wants to be told of changes.")
words.add_argument("--keys", default="StandInOffice", help="The customer keys of the offices that are there, with commas between.")
words.add_argument("--patients", type=int, default=300, help="How many people a new office has.")
words.add_argument("--throttle", choices=["off", "429", "400", "504"], default="off", help="How one is told that one asks too often.")
asked = words.parse_args()

ended = Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: ended.set())
with running(asked.port, asked.data) as stand_in:
    for key in asked.keys.split(","):
        office = stand_in.office(key)
        office.quirks.throttle = asked.throttle
        if not office.store.all("preference", limit=1):
            seed(office, asked.patients)
    while not ended.wait(1.0):
        stand_in.deliver()
