"""Parts of a page that a plugin draws: a fault in one costs that part, never the page."""

import structlog
from jinja2 import pass_context
from markupsafe import Markup

from core.plugins import Card
from core.web.log import places

log = structlog.get_logger("parts")


@pass_context
def show_card(context, card: Card) -> Markup:
    """Template filter: a plugin's card, drawn by its own template with what it needs; nothing when that fails."""
    try:
        template = context.environment.get_template(card.template)
        return Markup(template.render({**context.get_all(), **card.context}))  # noqa: S704 (the template has escaped it)
    except Exception as error:
        # The message may repeat what is in the record, so the log gets the type and the place in the code only.
        log.error("card_failed", template=card.template, error=type(error).__name__, at=places(error))
        return Markup()
