"""The schemas of all kinds of record, as makers of practice systems read them: their examples are right, and go in as they stand."""

from random import Random

import pytest
from jsonschema import Draft202012Validator

from core.records.door import take_in
from core.records.kinds import kinds_for
from core.safety import testing

LETTER = b"""<ClinicalDocument xmlns='urn:hl7-org:v3'><id root='1.2.3' extension='42'/><title>Visit note</title><effectiveTime value='20200102'/></ClinicalDocument>"""
FILES = {
    "image": ("image/jpeg", lambda: testing.saved(testing.drawing(40, 30), "JPEG")),
    "statement": ("application/pdf", testing.pdf),
    "care_document": ("application/xml", lambda: LETTER),
}


@pytest.fixture
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


@pytest.fixture
def examples(kinds) -> list[dict]:
    """The examples of all kinds, as they are published."""
    return [{"kind": kind.name, **example} for kind in kinds.values() for example in kind.schema.model_json_schema()["examples"]]


def test_the_examples_of_all_kinds_go_in_together_in_any_order_and_sent_again_change_nothing(db, kinds, examples, make):
    for record in examples:
        if "file" in record:
            content_type, made = FILES[record["kind"]]
            record["file"] = make.upload(record["kind"], made(), content_type)
    Random(7).shuffle(examples)
    first = take_in(db, kinds, examples)
    # The practice of the test has a clinic and a provider of these numbers already.
    assert {(one.outcome, one.reason) for one in first} == {("created", ""), ("updated", "")}
    assert {one.external_id for one in first if one.outcome == "updated"} == {"C1", "D1"}
    db.commit()
    Random(8).shuffle(examples)
    assert {(answer.outcome, answer.reason) for answer in take_in(db, kinds, examples)} == {("unchanged", "")}


def test_each_schema_is_valid_and_so_are_its_examples(kinds):
    for kind in kinds.values():
        schema = kind.schema.model_json_schema()
        Draft202012Validator.check_schema(schema)
        for example in schema["examples"]:
            Draft202012Validator(schema).validate(example)


def test_each_kind_and_each_field_says_what_it_is(kinds):
    for kind in kinds.values():
        schema = kind.schema.model_json_schema()
        assert schema["description"], kind.name
        parts = [schema, *schema.get("$defs", {}).values()]
        silent = [name for part in parts for name, field in part["properties"].items() if not field.get("description", "").endswith((".", "…"))]
        assert not silent, f"{kind.name}: {silent}"


def test_no_text_and_no_list_is_longer_than_its_schema_says(kinds):
    for kind in kinds.values():
        schema = kind.schema.model_json_schema()
        endless = [name for part in [schema, *schema.get("$defs", {}).values()] for name, field in part["properties"].items() if _is_endless(field)]
        assert not endless, f"{kind.name}: {endless}"


def _is_endless(field: dict) -> bool:
    if "anyOf" in field:
        return any(map(_is_endless, field["anyOf"]))
    if field.get("type") == "string":
        return not field.keys() & {"maxLength", "enum", "const", "format", "pattern"}
    if field.get("type") == "array":
        return "maxItems" not in field or _is_endless(field["items"])
    return False


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"time_zone": "Mars/Base"}, "is no time zone"), ({"hours": {"0": ["8", "17:00"]}}, "is no time of day"), ({"hours": {"7": ["08:00", "17:00"]}}, "hours"), ({"name": "x" * 201}, "200 characters")],
)
def test_what_pages_could_not_show_is_refused(db, kinds, fields, words):
    [answer] = take_in(db, kinds, [{"kind": "clinic", "external_id": "C9", "name": "North", "time_zone": "America/Denver"} | fields])
    assert answer.outcome == "refused"
    assert words in answer.reason
