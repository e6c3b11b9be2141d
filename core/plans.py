"""The plans that an installation offers: a name, and what it includes. What a plan does not name is not limited."""

import json
import re

STORAGE = "storage"
"""The kind that is counted in bytes, and told as a size."""
KINDS = {"patients": "patients with access", "clinics": "clinics", "texts": "text messages a month", STORAGE: "stored files"}
"""What can be limited, in words."""
GB = 1024**3
UNLIMITED = "Unlimited"
OFFERED = {
    "Starter": {"patients": 1_000, "clinics": 1, "texts": 500, STORAGE: 5 * GB},
    "Standard": {"patients": 10_000, "clinics": 5, "texts": 5_000, STORAGE: 50 * GB},
    UNLIMITED: {},
}
"""The plans where the setting `plans` names no others."""
_SIZE = re.compile(r"(\d{1,9}) ?(MB|GB)", re.ASCII)


def read_plans(text: str | None) -> dict[str, dict[str, int]]:
    """The plans of the setting, such as `{"Small": {"patients": 300, "clinics": 1}}`; a practice can always be unlimited. Raises ValueError."""
    if not text:
        return OFFERED
    try:
        plans = json.loads(text)
    except ValueError:
        plans = None
    if not isinstance(plans, dict) or not all(map(_is_plan, plans.items())):
        raise ValueError('plans are JSON such as {"Small": {"patients": 300, "clinics": 1, "texts": 100, "storage": "5 GB"}}, with whole numbers, and sizes in MB or GB')
    return {**{name: {kind: _number(limit) for kind, limit in limits.items()} for name, limits in plans.items()}, UNLIMITED: {}}


def _is_plan(item: tuple) -> bool:
    name, limits = item
    return bool(name.strip()) and isinstance(limits, dict) and all(_is_limit(kind, limit) for kind, limit in limits.items())


def _is_limit(kind: str, limit: object) -> bool:
    if kind == STORAGE:
        return isinstance(limit, str) and bool(_SIZE.fullmatch(limit))
    return kind in KINDS and type(limit) is int and limit >= 0


def _number(limit: int | str) -> int:
    """The limit; a size in bytes."""
    if isinstance(limit, int):
        return limit
    size = _SIZE.fullmatch(limit)
    assert size, "it was looked at when the plans were read"
    return int(size[1]) * (GB if size[2] == "GB" else 1024**2)
