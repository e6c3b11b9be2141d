"""The office's pages of the Account tab: one module for each subject, with its addresses beside its views."""

from plugins.account.office import accounts, aging, assigning, books, card_service, estimates, many, online, plans, requests, statements

PAGES = [accounts.PAGE, assigning.PAGE, card_service.PAGE]
WAITING = [assigning.WAITING, *online.WAITING, plans.WAITING, plans.TROUBLED, estimates.WAITING, card_service.WAITING, card_service.DIFFERENCES]


def include(config) -> None:
    """Add the pages, below `/office/account`, and what stands in the bar."""
    for part in (accounts, many, statements, online, requests, plans, estimates, aging, books, assigning, card_service):
        part.add_routes(config)
    config.scan("plugins.account.office")
    for page in PAGES:
        config.add_office_page(page)
