"""The wire to an office's Open Dental: what can be asked (`PracticeSystem`), and what may come of it (`Fault`)."""

from plugins.opendental.wire.asking import PracticeSystem
from plugins.opendental.wire.choice import client_for
from plugins.opendental.wire.faults import Away, Fault, NotAllowed, NotThere, Refused, SlowDown, TimedOut, TooLarge, TooOld

__all__ = ["Away", "Fault", "NotAllowed", "NotThere", "PracticeSystem", "Refused", "SlowDown", "TimedOut", "TooLarge", "TooOld", "client_for"]
