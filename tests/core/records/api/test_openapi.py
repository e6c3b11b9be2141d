"""The description of the API: valid, whole, true to what is taken in, and readable."""

import json
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from core.records.api import openapi
from core.records.kinds import kinds_for
from core.testing import browser
from tenants import settings


@pytest.fixture
def app(portal, practice):
    return browser(portal, practice)


def test_the_document_is_valid_openapi_and_names_every_kind_and_address(app, registry, practice):
    document = app.get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    kinds = kinds_for(registry, frozenset(registry.plugins.tabs))
    assert kinds.keys() <= document["components"]["schemas"].keys()
    addresses = {item["introspectable"]["pattern"] for item in registry.introspector.get_category("routes") if item["introspectable"]["name"].startswith("api.")}
    described = {f"/api/v1{path}" for path in document["paths"]}
    assert addresses - described <= {"/api/v1/openapi.json", "/api/v1/schemas/{kind}.json", "/developers"}


def test_each_schema_is_valid_whole_in_itself_and_takes_its_own_examples(app, registry, system):
    for name in kinds_for(registry, frozenset(registry.plugins.tabs)):
        schema = app.get(f"/api/v1/schemas/{name}.json").json
        Draft202012Validator.check_schema(schema)
        assert (schema["$schema"], schema["properties"]["kind"]) == (openapi.DIALECT, {"const": name})
        assert "#/components" not in json.dumps(schema)
        for example in schema.get("examples", ()):
            assert list(Draft202012Validator(schema).iter_errors(example)) == [], name
    app.get("/api/v1/schemas/dragon.json", status=404)


def test_what_an_answer_and_a_problem_say_is_as_described(app, system):
    schemas = app.get("/api/v1/openapi.json").json["components"]["schemas"]
    whole = {"$defs": schemas}

    def check(name: str, found: object) -> None:
        text = json.dumps(whole | {"$ref": f"#/$defs/{name}"}).replace("#/components/schemas/", "#/$defs/")
        assert list(Draft202012Validator(json.loads(text)).iter_errors(found)) == []

    check("Answers", system.send({"kind": "patient", "external_id": "P1", "first_name": "Ann", "last_name": "Ode"}, {"kind": "patient", "external_id": "P2"}))
    check("Problem", system.ask("POST", "records", b"{", status=400).json)
    check("Run", system.ask("POST", "runs", {"source": "a"}, status=201).json)
    check("Upload", system.ask("POST", "uploads", {"kind": "image", "size": 9, "content_type": "image/png", "sha256": "0" * 64}, status=201).json)


def test_a_tab_that_is_off_is_not_described(app, db, registry, practice):
    assert "image" in app.get("/api/v1/openapi.json").json["components"]["schemas"]
    settings.change(db, registry.plugins, practice.id, None, "images", False, "test", datetime.now(UTC))
    db.commit()
    assert "image" not in app.get("/api/v1/openapi.json").json["components"]["schemas"]
    app.get("/api/v1/schemas/image.json", status=404)


def test_the_page_for_developers_shows_every_kind_with_its_fields(app, registry):
    page = app.get("/developers")
    for name in kinds_for(registry, frozenset(registry.plugins.tabs)):
        assert f'id="{name}"' in page
    assert "first_name" in page
    fields = {line.find("code").text: line.find_next_sibling("dd").text for line in page.html.find(id="appointment").find_all("dt")}
    assert fields["patient"].startswith("your number of the patient, required")
    assert "procedures[].words" in fields
    assert "curl" in page
