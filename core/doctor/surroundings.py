"""What the portal stands on: secret, addresses, built assets, time zones, and for tests a browser."""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.config import Settings
from core.doctor import Finding, care, right, wrong

_MANIFEST = Path(__file__).parents[1] / "static" / "vendor" / "manifest.json"


def secret(settings: Settings) -> Finding:
    """Whether the secret looks like chance."""
    if len(set(settings.secret_key)) < 12:
        return wrong("secret", "CUSPID_SECRET_KEY is too regular: make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(36))'`.")
    return right("secret", f"{len(settings.secret_key)} characters")


def address(settings: Settings) -> Finding:
    """Whether the addresses that are sent out can be reached by patients."""
    if settings.environment == "production" and settings.base_domain == "localhost":
        return wrong("address", "CUSPID_BASE_DOMAIN is localhost: set it to the domain under which practices have their names.")
    if settings.environment == "production" and settings.mail_from.endswith("@localhost"):
        return wrong("address", "CUSPID_MAIL_FROM is missing: mails from localhost are refused by most receivers.")
    return right("address", settings.address(settings.base_domain))


def proxy(settings: Settings) -> Finding:
    """Whether the proxy that ends TLS is known; without it every visitor has the proxy's address."""
    if settings.environment == "production" and not settings.trusted_proxies:
        return care("proxy", "CUSPID_TRUSTED_PROXIES is not set: name the proxies in front, or all visitors share one address and its limits.")
    return right("proxy", settings.trusted_proxies or "none, browsers come directly")


def assets(settings: Settings) -> Finding:
    """Whether the styles and the script were built."""
    if not _MANIFEST.is_file():
        return wrong("assets", "the styles and the script are not built: run `cuspid assets`.")
    return right("assets", "built")


def time_zones(settings: Settings) -> Finding:
    """Whether this machine knows the time zones of clinics."""
    try:
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return wrong("time zones", "this machine has no time zone data: install tzdata, from the system or from PyPI.")
    return right("time zones", "known")


def chromium(settings: Settings) -> Finding:
    """Whether the tests find a browser; the portal needs none."""
    from core.local.chromium import find_chromium

    if settings.environment == "production":
        return right("chromium", "not needed in production")
    found = find_chromium()
    return right("chromium", str(found)) if found else care("chromium", "not found; only `cuspid test` needs it, and installs it where it can.")


CHECKS = (secret, address, proxy, assets, time_zones, chromium)
