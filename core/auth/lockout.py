"""Who has to wait before the next wrong password, and what is counted for it.

Strangers cannot shut anybody out. A browser that signed in to the account before (core/auth/known_devices.py) has a count of its own and
no other, so its owner gets in at once, whatever others do. All others share the counts of the name, of the address and the network
around it, and of the practice. While those are full a sign-in link by mail is the way in (core/auth/resetting.py), which they do not
hold up.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from limits import RateLimitItem

from core.auth.limits import Count, windows
from core.auth.realms import Realm

ACCOUNT = windows("5 per 1 minute; 10 per 15 minutes; 20 per 1 hour")
ADDRESS, NETWORK = windows("10 per 15 minutes; 40 per 1 hour"), windows("60 per 15 minutes")
# Many addresses that try many names are slowed together.
PRACTICE = windows("100 per 5 minutes; 500 per 1 hour; 2000 per 1 day")
REFUSALS = windows("50 per 15 minutes")


def of_password(practice_id: UUID, realm: Realm, name: str, address: str, device: str) -> tuple[Count, ...]:
    """The counts of wrong passwords for a name. `device` is a device that the account knows, or nothing: then all others count."""
    if device:
        return (Count(ACCOUNT, practice_id, "device", device),)
    places = of_places(practice_id, "password", address, ADDRESS, NETWORK)
    return Count(ACCOUNT, practice_id, "account", name), *places, Count(PRACTICE, practice_id, "practice", realm.name)


def of_places(
    practice_id: UUID, what: str, address: str, at_address: tuple[RateLimitItem, ...], in_network: tuple[RateLimitItem, ...]
) -> tuple[Count, Count]:
    """The counts of an address and of the network around it, for one purpose."""
    own, around = places(address)
    return Count(at_address, practice_id, f"{what}.address", own), Count(in_network, practice_id, f"{what}.network", around)


def of_refusals(practice_id: UUID, address: str) -> Count:
    """How many refused tries of an address are kept as rows: a flood of them must not fill the tables."""
    return Count(REFUSALS, practice_id, "refused", places(address)[0])


def places(address: str) -> tuple[str, str]:
    """What one household or office has (an IPv4 address, 64 bits of IPv6), and the network around it (24 bits, 48 bits)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address, address
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    own, around = (64, 48) if isinstance(parsed, IPv6Address) else (32, 24)
    return str(ip_network((parsed, own), strict=False)), str(ip_network((parsed, around), strict=False))
