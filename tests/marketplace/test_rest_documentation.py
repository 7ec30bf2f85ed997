"""The documentation is made of the code and works offline."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from marketplace.errors import registered
from marketplace.management.commands.openapi import render
from marketplace.rest.docs import OUR_APPS, all_errors, markdown
from tests.servers import ROOT

pytestmark = pytest.mark.only_in("embedded")


@pytest.fixture
def document() -> dict[str, Any]:
    """Return the OpenAPI document of the test site."""
    generator: Any = SchemaGenerator(urlconf="tests.marketplace.rest_site")  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(request=None, public=True)
    return made


def test_every_error_of_ours_says_what_it_means_and_what_to_do() -> None:
    ours = [error for error in all_errors() if error.__module__.startswith(OUR_APPS)]
    assert len(ours) >= 20
    wanting = [
        error.__qualname__
        for error in ours
        if not (error.__doc__ or "").strip()
        or not error.cure
        or not error.message
        or "\n\n" in markdown_row(error)
    ]
    assert wanting == []
    assert {error.status for error in ours} <= {
        400,
        401,
        402,
        403,
        404,
        405,
        406,
        409,
        410,
        413,
        415,
        422,
        429,
        500,
        503,
    }


def markdown_row(error: Any) -> str:
    return next(line for line in markdown().splitlines() if line.startswith(f"| `{error.code}` |"))


def test_the_table_of_errors_is_what_the_classes_say() -> None:
    def of_product(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith("| `test_")]

    committed = (ROOT / "docs" / "errors.md").read_text()
    assert of_product(committed) == of_product(markdown()), "run python manage.py errors"


def test_every_code_has_its_place_on_the_page_that_problems_point_at() -> None:
    page = Client().get("/api/docs/errors/").content.decode()
    anchors = re.findall(r'<section id="(\w+)">', page)
    assert anchors == list(registered())


def test_the_pages_load_nothing_from_elsewhere() -> None:
    for path in ("/api/docs/", "/api/docs/errors/"):
        response = Client().get(path)
        assert response.status_code == 200
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+', response.content.decode()) == []
    page = Client().get("/api/docs/").content.decode()
    scripts = re.findall(r'<script src="([^"]+)"', page)
    assert scripts[0] == "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
    assert "<script>" not in page


def test_the_schema_is_served() -> None:
    response = Client().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert response.json()["openapi"] == "3.1.0"
    assert "/api/v1/tokens" in response.json()["paths"]


def test_an_operation_documents_what_all_have_in_common(document: dict[str, Any]) -> None:
    post = document["paths"]["/api/v1/brands"]["post"]
    assert post["parameters"][-1] == {"$ref": "#/components/parameters/idempotency_key_required"}
    assert post["security"] == [{"token": ["catalogue:write"]}, {"session": []}]
    assert post["responses"].keys() == {"201", "400", "401", "403", "409", "413", "415", "422", "429"}
    assert post["responses"]["400"] == {"$ref": "#/components/responses/idempotency_key_missing-invalid"}
    assert "Idempotency-Replayed" in post["responses"]["201"]["headers"]
    shared = document["components"]["responses"]["idempotency_mismatch"]["content"]
    assert shared["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_a_list_documents_its_cursors(document: dict[str, Any]) -> None:
    listed = document["paths"]["/api/v1/brands"]["get"]
    references = [parameter["$ref"] for parameter in listed["parameters"] if "$ref" in parameter]
    assert references == [
        f"#/components/parameters/{name}" for name in ("limit", "starting_after", "ending_before")
    ]
    expand = next(parameter for parameter in listed["parameters"] if parameter.get("name") == "expand[]")
    assert expand["schema"]["items"]["enum"] == ["members", "members.user"]
    assert listed["security"] == [{"token": []}, {"session": []}, {}]
    schema = listed["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/BrandOutList"}


def test_every_example_is_what_its_schema_says(document: dict[str, Any]) -> None:
    components = document["components"]
    examples = components["examples"]
    named = [name for name in examples if name in components["schemas"]]
    assert {"BrandOut", "BrandOutList", "Everything", "NewToken", "MadeToken"} <= set(named)
    for name in named:
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        Draft202012Validator(schema).validate(examples[name]["value"])
    problem = {"$ref": "#/components/schemas/Problem", "components": components}
    Draft202012Validator(problem).validate(examples["idempotency_mismatch"]["value"])


def test_every_operation_of_the_product_is_documented_with_examples() -> None:
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    made = generator.get_schema(request=None, public=True)
    bodies = [
        (f"{method} {path}", content)
        for path, methods in made["paths"].items()
        for method, operation in methods.items()
        for body in [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in body.get("content", {}).values()
    ]
    assert bodies
    assert [where for where, content in bodies if not content.get("examples")] == []


def test_the_document_is_valid_and_complete() -> None:
    assert render().startswith("openapi: 3.1.0\n")


def test_a_document_that_differs_is_found(
    settings: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    for command in ("openapi", "errors"):
        with pytest.raises(CommandError, match="differs from the code"):
            call_command(command, check=True)
        call_command(command)
        call_command(command, check=True)
    (tmp_path / "docs" / "openapi.yaml").write_text("openapi: 3.1.0\n")
    with pytest.raises(CommandError, match=r"\+paths:"):
        call_command("openapi", check=True)


def test_the_table_covers_every_app() -> None:
    assert set(OUR_APPS) == {name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()}
    assert {error.__module__.partition(".")[0] for error in all_errors()} <= {*OUR_APPS, "tests"}
