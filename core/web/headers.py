"""The safety headers of every answer, errors included."""

from collections.abc import Iterable

from pyramid.tweens import INGRESS

from core.web.request import host_name

# Scripts and styles come from files of our own only, so no nonce is needed. Nothing may frame a page.
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; manifest-src 'self'"
)
SAFE = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
    # A page with a record on it is never kept by a cache or shown again by the Back button after signing out.
    "Cache-Control": "no-store",
    "Vary": "Host, Cookie",
}
HSTS = "max-age=63072000"
# At a practice's own domain they are none of our business: what lies beneath it may not have https.
HSTS_WITH_SUBDOMAINS = f"{HSTS}; includeSubDomains"


def let_forms_lead_to(request, addresses: Iterable[str]) -> None:
    """Let the forms of this page be answered by leading to these addresses, too: browsers hold a redirect against the page's own policy."""
    allowed = " ".join(["form-action 'self'", *addresses])
    request.response.headers["Content-Security-Policy"] = CONTENT_SECURITY.replace("form-action 'self'", allowed)


def let_office_frame(request) -> None:
    """Whatever this request is answered with may be shown within a page of the same address, and of no other."""
    request.add_response_callback(_framed)


def let_frame(request, origins: Iterable[str]) -> None:
    """The page that this request is answered with may be shown within pages of these websites, and of no other."""
    named = " ".join(origins)
    if named:
        # Browsers that know this policy do not look at X-Frame-Options, which has no words for it; others show no frame.
        request.response.headers["Content-Security-Policy"] = CONTENT_SECURITY.replace("frame-ancestors 'none'", f"frame-ancestors {named}")


def _framed(request, response) -> None:
    policy = response.headers.get("Content-Security-Policy", CONTENT_SECURITY)
    response.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"


def headers_tween_factory(handler, registry):
    """Add each header that the view has not set itself."""
    named = [(name.lower(), (name, value)) for name, value in SAFE.items()]
    secure, base = registry.portal.secure, registry.portal.base_domain

    def tween(request):
        response = handler(request)
        present = {name.lower() for name, _ in response.headerlist}
        response.headerlist.extend(header for name, header in named if name not in present)
        if secure:
            host = host_name(request)
            is_ours = host == base or host.endswith(f".{base}")
            response.headerlist.append(("Strict-Transport-Security", HSTS_WITH_SUBDOMAINS if is_ours else HSTS))
        return response

    return tween


def includeme(config) -> None:
    """Put the headers around everything else."""
    config.add_tween("core.web.headers.headers_tween_factory", under=INGRESS, over="core.web.request.log_tween_factory")
