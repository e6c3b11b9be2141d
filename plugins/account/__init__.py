"""Account: what is owed, statements, and paying by card."""

from datetime import date, timedelta
from functools import partial

from core.people.charts import move_rows
from core.plugins import ActionItem, Card, EntryLink, Permission, PortalPlugin, Question, Tab, hookimpl
from core.tasks import Periodic
from core.web.formats import long_day, money
from plugins.account import card_tasks, changes, exporting, guest_tasks, hooks, office, paying, plan_tasks, reading, records, tasks  # noqa: F401  (declares the tasks)
from plugins.account.models import Claim, Coverage, Entry, Estimate, Payment, PaymentPlan, PayRequest, Statement
from plugins.account.pages import guest_places, may_pay
from plugins.account.services import charts, estimates, insurance, ledger, plans, receipts, statements, telling
from plugins.account.settings import AccountSettings
from plugins.account.views import asked, automatic
from plugins.account.views import estimates as estimate_views
from plugins.account.views import plans as plan_views


class AccountPlugin(PortalPlugin):
    """The Account tab."""

    name = "account"
    title = "Account"
    summary = "What is owed, statements, and paying by card."

    def includeme(self, config) -> None:
        """Add the tab's addresses."""
        reading.include(config)
        paying.include(config)
        asked.add_routes(config)
        plan_views.add_routes(config)
        estimate_views.add_routes(config)
        automatic.add_routes(config)
        config.scan("plugins.account.views")

    def include_office(self, config) -> None:
        """Add the pages of the office."""
        office.include(config)

    def include_hooks(self, config) -> None:
        """Add the address at which the card service reports."""
        hooks.include(config)

    @hookimpl
    def portal_tab(self, request):
        """The tab; a balance is no alarm, so it has no badge."""
        return Tab("Account", "account.home", "wallet2", 20)

    @hookimpl
    def portal_action_items(self, request, people):
        """One item for each person while something is due."""
        about = {"practice_id": request.practice_id, "account_people": [person.id for person in people], "account_statements": 1}
        return Question(ledger.FIGURES_OF, about, partial(_items, request))

    @hookimpl
    def portal_home_card(self, request, person):
        """The balance."""
        overview = ledger.overview(request.db, request.practice_id, person.id, request.tenant.time_zone)
        return Card("account/card.jinja2", {"overview": overview, "may_pay": may_pay(request, person)}, 20)

    @hookimpl
    def portal_entry_link(self, request):
        """Paying without signing in, where an office takes payments."""
        return EntryLink("Pay a bill without signing in", "account.guest", "credit-card", 10, at="pay") if guest_places(request) else None

    @hookimpl
    def portal_permissions(self):
        """Seeing the account, paying, and asking what treatment will cost."""
        acts = [Permission("account.pay", "Pay", acts=True), Permission("account.estimate", "Ask for an estimate", acts=True)]
        return [Permission("account.see", "See the account"), *acts]

    @hookimpl
    def portal_office_settings(self):
        """The tab's settings."""
        return AccountSettings

    @hookimpl
    def portal_notice_kinds(self):
        """Receipts, statements, payment plans and their automatic payments, estimates."""
        return [receipts.RECEIPT, statements.STATEMENT, plans.PLAN, telling.AUTOMATIC, estimates.ESTIMATE]

    @hookimpl
    def portal_office_waiting(self):
        """Payments that the office has to assign, pauses of payment plans and estimates that patients ask for."""
        return office.WAITING

    @hookimpl
    def portal_insurance_carriers(self, db, practice_id, now):
        """By the claims of sixty days, and by coverages."""
        return insurance.carriers(db, practice_id, now.date() - timedelta(days=60))

    @hookimpl
    def portal_record_kinds(self):
        """What is in the books, insurance and payment plans."""
        return records.KINDS

    @hookimpl
    def portal_change_kinds(self):
        """Payments, and payment plans that are agreed to."""
        return changes.KINDS

    @hookimpl
    def portal_periodic_tasks(self):
        """Payments whose answer was lost are looked into until it is known, plans are charged; what guests typed is forgotten in time."""
        return [Periodic("account.settle_payments", timedelta(minutes=5)), Periodic("account.clear_guests", timedelta(days=1)), Periodic("account.tell_of_payments", timedelta(hours=1)), Periodic("account.charge_plans", timedelta(hours=1)), Periodic("account.clear_events", timedelta(days=1)), Periodic("account.compare", timedelta(minutes=15)), Periodic("account.compare_sums", timedelta(days=1)), Periodic("account.ask_for_visits", timedelta(hours=1)), Periodic("account.end_requests", timedelta(days=1))]

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Ledger, statements, insurance, payment plans and payments go to the kept chart."""
        charts.join(db, practice_id, kept, absorbed)
        statements.join(db, practice_id, kept, absorbed)
        estimates.join(db, practice_id, kept, absorbed)
        move_rows(db, practice_id, kept, absorbed, Entry, Statement, Payment, Claim, Coverage, PaymentPlan, PayRequest, Estimate)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """Ledger, statements, insurance, payment plans and payments."""
        yield from exporting.files(db, practice_id, person_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """Nothing goes while it is not known whether a payment was taken."""
        exporting.erase(db, practice_id, person_id)


def _items(request, person, rows: list[dict]) -> list[ActionItem]:
    zone = request.tenant_of(person).time_zone
    found = [(overview, _due(overview)) for overview in (ledger.overview_of(row, zone) for row in rows)]
    path = request.route_path("account.pay" if may_pay(request, person) else "account.home")
    today = request.now.astimezone(zone).date()
    return [
        ActionItem(person.id, f"{money(due)} is due", _due_text(overview, today), path, "wallet2", 30) for overview, due in found if due
    ]


def _due(overview: ledger.Overview) -> int:
    # What was not on a statement yet is owed, but nobody has asked for it; where no statements are sent, everything counts.
    return overview.statement_due_cents if overview.last_statement else overview.balance.payable_cents


def _due_text(overview: ledger.Overview, today: date) -> str:
    due_on = overview.last_statement.due_on if overview.last_statement else None
    if due_on is None:
        return "You can look at what it is for, and pay."
    return f"Please pay by {long_day(due_on)}." if due_on >= today else f"It was due on {long_day(due_on)}."


plugin = AccountPlugin()
