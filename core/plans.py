"""The plans that an installation offers: a name, and what it includes. What a plan does not name is not limited."""

import json

KINDS = {"patients": "patients with access", "clinics": "clinics", "texts": "text messages a month"}
"""What can be limited, in words."""
UNLIMITED = "Unlimited"
OFFERED = {
    "Starter": {"patients": 1_000, "clinics": 1, "texts": 500},
    "Standard": {"patients": 10_000, "clinics": 5, "texts": 5_000},
    UNLIMITED: {},
}
"""The plans where the setting `plans` names no others."""


def read_plans(text: str | None) -> dict[str, dict[str, int]]:
    """The plans of the setting, such as `{"Small": {"patients": 300, "clinics": 1}}`; a practice can always be unlimited. Raises ValueError."""
    if not text:
        return OFFERED
    try:
        plans = json.loads(text)
    except ValueError:
        plans = None
    if not isinstance(plans, dict) or not all(map(_is_plan, plans.items())):
        raise ValueError('plans are JSON such as {"Small": {"patients": 300, "clinics": 1, "texts": 100}}, with whole numbers')
    return {**plans, UNLIMITED: {}}


def _is_plan(item: tuple) -> bool:
    name, limits = item
    return bool(name.strip()) and isinstance(limits, dict) and all(kind in KINDS and type(number) is int and number >= 0 for kind, number in limits.items())
