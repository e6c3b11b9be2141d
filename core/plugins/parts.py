"""What plugins answer with."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Tab:
    """One tab of the bar. `route` is one of the plugin's own, `icon` a Bootstrap Icons name, `badge` a number that waits for the patient."""

    title: str
    route: str
    icon: str
    order: int
    badge: int = 0


@dataclass(frozen=True)
class ActionItem:
    """One thing that the patient should do. `path` is where it is done, `order` sorts: smaller is more urgent."""

    title: str
    text: str
    path: str
    icon: str
    order: int = 50


@dataclass(frozen=True)
class Card:
    """A part of the home page: a template and what it needs."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class Permission:
    """An action that can be granted. A grant to see gives those that do not act; a grant to act gives all of the tab."""

    name: str
    title: str
    acts: bool = False
