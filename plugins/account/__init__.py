"""Account: what is owed, statements, and paying by card."""

from datetime import timedelta

from core.plugins import ActionItem, Card, Permission, PortalPlugin, Tab, hookimpl
from core.tasks import Periodic
from core.web.formats import long_day, money
from plugins.account import records, tasks  # noqa: F401  (declares the tasks)
from plugins.account.pages import may_pay
from plugins.account.services import ledger, settling
from plugins.account.settings import AccountSettings


class AccountPlugin(PortalPlugin):
    """The Account tab."""

    name = "account"
    title = "Account"
    summary = "What is owed, statements, and paying by card."

    def includeme(self, config) -> None:
        """Add the tab's addresses."""
        config.add_route("account.home", "", inherit_slash=True)
        config.add_route("account.pay", "/pay")
        config.add_route("account.receipt", "/payments/{payment_id}")
        config.add_route("account.statement", "/statements/{statement_id}")
        config.add_route("account.statement_file", "/statements/{statement_id}/download")
        config.scan("plugins.account.views")

    @hookimpl
    def portal_tab(self, request):
        """The tab; a balance is no alarm, so it has no badge."""
        return Tab("Account", "account.home", "wallet2", 20)

    @hookimpl
    def portal_action_items(self, request, person):
        """One item while something is due."""
        overview = _overview(request, person)
        # What was not on a statement yet is owed, but nobody has asked for it; where no statements are sent, everything counts.
        due = overview.statement_due_cents if overview.last_statement else overview.balance.payable_cents
        path = request.route_path("account.pay" if may_pay(request) else "account.home")
        return [ActionItem(f"{money(due)} is due", _due_text(request, overview), path, "wallet2", 30)] if due else []

    @hookimpl
    def portal_home_card(self, request, person):
        """The balance."""
        return Card("account/card.jinja2", {"overview": _overview(request, person), "may_pay": may_pay(request)}, 20)

    @hookimpl
    def portal_permissions(self):
        """Seeing the account, and paying."""
        return [Permission("account.see", "See the account"), Permission("account.pay", "Pay", acts=True)]

    @hookimpl
    def portal_office_settings(self):
        """The tab's settings."""
        return AccountSettings

    @hookimpl
    def portal_notice_kinds(self):
        """Receipts."""
        return [settling.RECEIPT]

    @hookimpl
    def portal_record_kinds(self):
        """Ledger entries and statements."""
        return records.KINDS

    @hookimpl
    def portal_periodic_tasks(self):
        """Payments whose answer was lost are looked into until it is known."""
        return [Periodic("account.settle_payments", timedelta(minutes=5))]


def _overview(request, person) -> ledger.Overview:
    # The card and the list of what needs doing show the same figures: one statement a page.
    cached = request.__dict__.setdefault("account_overviews", {})
    if person.id not in cached:
        cached[person.id] = ledger.overview(request.db, request.practice_id, person.id, request.tenant.time_zone)
    return cached[person.id]


def _due_text(request, overview: ledger.Overview) -> str:
    due_on = overview.last_statement.due_on if overview.last_statement else None
    if due_on is None:
        return "You can look at what it is for, and pay."
    today = request.now.astimezone(request.tenant.time_zone).date()
    return f"Please pay by {long_day(due_on)}." if due_on >= today else f"It was due on {long_day(due_on)}."


plugin = AccountPlugin()
