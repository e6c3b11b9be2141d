"""The office's pages of the Account tab: one module for each subject, with its addresses beside its views."""

from plugins.account.office import accounts, aging, assigning, books, many, plans, requests, statements

PAGES = [accounts.PAGE, assigning.PAGE]
WAITING = [assigning.WAITING, plans.WAITING]


def include(config) -> None:
    """Add the pages, below `/office/account`, and what stands in the bar."""
    for part in (accounts, many, statements, requests, plans, aging, books, assigning):
        part.add_routes(config)
    config.scan("plugins.account.office")
    for page in PAGES:
        config.add_office_page(page)
