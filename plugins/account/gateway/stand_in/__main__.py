"""`python -m plugins.account.gateway.stand_in`: the stand-in as a process."""

import argparse
import os
import signal
from pathlib import Path
from threading import Event

from plugins.account.gateway.stand_in.server import STAND_IN_KEY, running

words = argparse.ArgumentParser(description="A stand-in for Stripe on this machine. Real cards are never taken; no money moves.")
words.add_argument("--port", type=int, required=True)
words.add_argument("--data", type=Path, required=True, help="The file that keeps what it was told.")
words.add_argument("--portal", required=True, help="The portal that is told of events, signed with CUSPID_STRIPE_WEBHOOK_SECRET.")
asked = words.parse_args()

ended = Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: ended.set())
with running(asked.port, asked.data) as stand_in:
    key = os.environ.get("CUSPID_STRIPE_KEY", STAND_IN_KEY)
    stand_in.listen(key, f"{asked.portal}/hooks/account/stripe", os.environ["CUSPID_STRIPE_WEBHOOK_SECRET"])
    while not ended.wait(0.5):
        stand_in.deliver()
