"""A stand-in for offices' Open Dental on this machine, for the demo and for tests: the connector talks to it as to the real one.

It is made from the public description of their API (https://www.opendental.com/site/apispecification.html): its resources, filters, paging, limits, permissions,
events and oddities. Each customer key has an office of its own, with a database of its own that `ShortQuery` reads, and can be filled with made-up people.
"""

from plugins.opendental.stand_in.server import running

__all__ = ["running"]
"""`running(port, file)`: the stand-in on loopback while inside."""
