"""The addresses of pages that belong to no tab, and the files beside them."""


def includeme(config) -> None:
    """Add the start, home and contact pages and the static files."""
    config.add_route("portal.start", "/")
    config.add_route("portal.home", "/home")
    config.add_route("portal.contact", "/contact")
    config.add_route("portal.pay", "/pay")
    config.add_route("portal.book", "/book")
    config.add_route("portal.book_at", "/book/{place}")
    config.scan("core.web.pages")
