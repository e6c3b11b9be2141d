"""What a request asks for, read from its form and held against the types that Stripe's library generates from Stripe's own description."""

import re
import types
import typing
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from urllib.parse import parse_qsl

from stripe import StripeContext
from stripe._request_options import RequestOptions

from plugins.account.gateway.stand_in.faults import Fault, wrong


def read(form: str) -> dict:
    """The fields of a form such as metadata[payment]=x and expand[0]=y as the values they stand for."""
    found: dict = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *way, last = re.findall(r"[^\[\]]+", name)
        place = found
        for step in way:
            place = place.setdefault(step, {})
        place[last] = value
    return {name: _with_lists(value) for name, value in found.items()}


def _with_lists(value):
    if not isinstance(value, dict):
        return value
    inside = {name: _with_lists(each) for name, each in value.items()}
    return list(inside.values()) if inside and all(name.isdecimal() for name in inside) else inside


def check(sent: dict, name: str) -> dict:
    """The values in their own types. `name` is a type of the library, such as `checkout.SessionCreateParams`. Raises Fault."""
    return _fields(sent, _type_named(name), "")


@lru_cache
def _type_named(name: str) -> type:
    module, _, word = name.rpartition(".")
    return getattr(import_module(f"stripe.params.{module}".rstrip(".")), word)


@lru_cache
def _hints(kind: type) -> dict[str, typing.Any]:
    names = {**vars(typing), **vars(import_module(kind.__module__)), "StripeContext": StripeContext}
    hints = typing.get_type_hints(kind, names, include_extras=True)
    return {name: hint for name, hint in hints.items() if name not in RequestOptions.__annotations__}


def _fields(sent: object, kind: type, place: str) -> dict:
    if not isinstance(sent, dict):
        raise wrong("Invalid object", place)
    hints = _hints(kind)
    for name in sent:
        if name not in hints:
            raise wrong(f"Received unknown parameter: {_inside(place, name)}", _inside(place, name), "parameter_unknown")
    for name, hint in hints.items():
        if name not in sent and typing.get_origin(hint) is not typing.NotRequired:
            raise wrong(f"Missing required param: {_inside(place, name)}.", _inside(place, name), "parameter_missing")
    return {name: _value(value, hints[name], _inside(place, name)) for name, value in sent.items()}


def _inside(place: str, name: str) -> str:
    return f"{place}[{name}]" if place else name


def _value(value, hint, place: str):
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.NotRequired, typing.Required):
        return _value(value, inner[0], place)
    if origin in (typing.Union, types.UnionType):
        return _one_of(value, inner, place)
    if origin is typing.Literal:
        return _plain(value in inner, value, place)
    if origin is list:
        if not isinstance(value, list):
            raise wrong("Invalid array", place)
        return [_value(each, inner[0], f"{place}[{number}]") for number, each in enumerate(value)]
    if hasattr(hint, "__required_keys__"):
        return _fields(value, hint, place)
    return _simple(value, origin or hint, place)


def _one_of(value, options, place: str):
    # The library leaves room for values of tomorrow beside those that are listed; what we send has to be one of today's.
    listed = [option for option in options if typing.get_origin(option) is typing.Literal]
    fault = wrong("Invalid value", place)
    for option in [option for option in options if not (listed and option is str)]:
        try:
            return _value(value, option, place)
        except Fault as refused:
            fault = refused
    raise fault


def _simple(value, kind, place: str):
    if kind is dict or (isinstance(kind, type) and kind.__name__ == "UntypedStripeObject"):
        return _plain(isinstance(value, dict), value, place)
    if kind is bool:
        return _plain(value in ("true", "false"), value == "true", place)
    if kind is int:
        fits = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value)
        return _plain(bool(fits), int(value) if fits else value, place)
    if kind in (float, Decimal):
        return _plain(isinstance(value, str), value, place)
    return _plain(isinstance(value, str), value, place)


def _plain(fits: bool, value, place: str):
    if not fits:
        raise wrong(f"Invalid value for {place}", place, "parameter_invalid")
    return value
