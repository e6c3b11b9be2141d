"""A stand-in for Stripe on this machine, for the demo and for tests: the real client library talks to it, and no money moves.

It speaks the part of Stripe's API that the portal uses, as the library's own types describe it: what they do not know is refused. Connected
accounts are strictly apart, idempotency keys hold for a day, events are signed and sent again until they are taken, and the hosted pages (paying,
the payer's bank, telling who a practice is) are there, each with a banner that says what they are.
"""

from plugins.account.gateway.stand_in.server import running

__all__ = ["running"]
