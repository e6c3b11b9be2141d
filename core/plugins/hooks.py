"""Asking plugins: only those that are on, and one that fails costs its own part only."""

from collections.abc import Iterable, Iterator
from typing import Any

import pluggy
import structlog

from core.db import ChangedRows, forget_changes, mark_savepoint, mend_transaction, only_reading
from core.plugins.parts import ActionItem, Card, EntryLink, Planned, Question, Tab

log = structlog.get_logger("plugins")

# What a page can make something of; another answer is the plugin's fault, too.
_PARTS = {"portal_tab": Tab, "portal_home_card": Card, "portal_action_items": ActionItem, "portal_entry_link": EntryLink, "portal_planned": Planned}
_LISTS = (ActionItem, Planned)


class HookFault(Exception):
    """A hook answered with something else than was asked for."""


class EnabledHooks:
    """The hooks of the plugins that one clinic has switched on."""

    def __init__(self, manager: pluggy.PluginManager, enabled: Iterable[str]):
        self._manager, self._enabled = manager, frozenset(enabled)
        # An allow list turned into what is left out: a plugin that nobody switched on is never asked.
        self._off = [plugin for name, plugin in manager.list_name_plugin() if name not in self._enabled]
        self._found: dict[str, list[pluggy.HookImpl]] = {}

    def __getattr__(self, name: str):
        caller = self._manager.subset_hook_caller(name, self._off)
        setattr(self, name, caller)  # from now on a plain attribute
        return caller

    def each(self, name: str, db, **arguments) -> list[tuple[str, Any]]:
        """Ask one plugin at a time for its part of a page: (plugin name, answer). One that raises is logged and costs its own part only."""
        implementations = self._implementations(name)
        if not implementations:
            return []
        # What the page wrote so far lies before the mark, so that it is not lost with a hook's fault.
        db.flush()
        mark_savepoint(db)
        with only_reading(db):
            answers = [(hook.plugin_name, _answer(hook, name, db, {"db": db, **arguments})) for hook in implementations]
        return [(plugin, answer) for plugin, answer in answers if answer is not None]

    def tell(self, name: str, db, **arguments) -> None:
        """Tell each plugin of something that has happened; one that raises is logged, and what it wrote is undone."""
        for hook in self._implementations(name):
            try:
                with db.begin_nested():
                    _call(hook, {"db": db, **arguments})
            except Exception:
                log.exception("hook_failed", plugin=hook.plugin_name, hook=name)

    def demand(self, name: str, db, **arguments) -> Iterator[tuple[str, Any]]:
        """Ask one plugin at a time for what must be whole: (plugin name, answer). One that raises is not passed over."""
        for hook in self._implementations(name):
            yield hook.plugin_name, _call(hook, {"db": db, **arguments})

    def _implementations(self, name: str) -> list[pluggy.HookImpl]:
        if name not in self._found:
            hooks = getattr(self._manager.hook, name).get_hookimpls()
            self._found[name] = [hook for hook in hooks if hook.plugin_name in self._enabled]
        return self._found[name]


def _answer(hook: pluggy.HookImpl, name: str, db, arguments: dict[str, Any]) -> Any:
    try:
        return _ask(hook, name, db, arguments)
    except Exception:
        # One plugin's fault must not take the page with it; it is on record with the plugin's name.
        log.exception("hook_failed", plugin=hook.plugin_name, hook=name)
        forget_changes(db)
        mend_transaction(db)
        return None


def _ask(hook: pluggy.HookImpl, name: str, db, arguments: dict[str, Any]) -> Any:
    answer = _call(hook, arguments)
    # A generator would raise later, where nobody expects it.
    answer = list(answer) if isinstance(answer, Iterator) else answer
    if forget_changes(db):
        raise ChangedRows
    _check_answer(name, answer)
    return answer


def _call(hook: pluggy.HookImpl, arguments: dict[str, Any]) -> Any:
    return hook.function(*(arguments[argument] for argument in hook.argnames))


def _check_answer(name: str, answer: Any) -> None:
    part = _PARTS.get(name)
    if part is None or answer is None or (part is ActionItem and isinstance(answer, Question)):
        return
    parts = answer if part in _LISTS else [answer]
    if not all(isinstance(item, part) for item in parts):
        raise HookFault(f"{name} must answer with {part.__name__}")
