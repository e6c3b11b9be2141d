"""The proxy that ends TLS in front of the portal."""

from granian.utils.proxies import wrap_wsgi_with_proxy_headers


def behind_proxies(application):
    """Believe the visitor's address and scheme from the proxies that the settings name; without any, from nobody."""
    proxies = application.registry.portal.trusted_proxies
    return wrap_wsgi_with_proxy_headers(application, trusted_hosts=proxies.split(",")) if proxies else application
