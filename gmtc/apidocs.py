"""The description of the API: OpenAPI 3 at /api/schema, and a page to read at /api/docs made from the same.

The page is ours because Swagger UI and Redoc need a laxer Content-Security-Policy than this house has.
"""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from gmtc.envelope import JsonRenderer

REFUSALS = [
    ("400", "NotValid", "The request cannot be read, or a value is not valid."),
    ("401", "NotSignedIn", "Nobody is signed in."),
    ("403", "NotAllowed", "The role lacks the permission."),
    ("404", "NotFound", "There is no such record."),
    ("409", "Refused", "The business says no, or the edit is stale."),
    ("429", "TooMany", "Too many requests."),
]
SUMMARIES = {
    "list": _("List of %(nouns)s"),
    "retrieve": _("One %(noun)s"),
    "create": _("New %(noun)s"),
    "update": _("Replace the %(noun)s"),
    "partial_update": _("Edit the %(noun)s"),
    "destroy": _("Move the %(noun)s to the trash"),
    "restore": _("Take the %(noun)s out of the trash"),
}
REPEATABLE = _("A key of your own: however often the request is sent with it, it takes effect once.")
READ_AT = _("The version that was read, instead of the field.")
COMPONENTS = {
    "Meta": {
        "type": "object",
        "required": ["timestamp", "request_id"],
        "properties": {
            "timestamp": {"type": "string", "format": "date-time"},
            "request_id": {"type": "string", "format": "uuid"},
            "current": {"type": "object", "description": "After a stale edit: the record as it is now."},
        },
    },
    "Problem": {
        "type": "object",
        "required": ["code", "message", "field"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "field": {"type": "string", "nullable": True},
        },
    },
    "Refusal": {
        "type": "object",
        "required": ["data", "meta", "errors"],
        "properties": {
            "data": {"type": "object", "nullable": True},
            "meta": {"$ref": "#/components/schemas/Meta"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        },
    },
}


class Schema(AutoSchema):
    """Says for each operation what it does and which permission it needs."""

    def get_summary(self):
        action = getattr(self.view, "action", None)
        if not action:
            return None
        if action not in SUMMARIES:
            return str(getattr(self.view, action).says)
        meta = self.view.queryset.model._meta
        return SUMMARIES[action] % {"noun": meta.verbose_name, "nouns": meta.verbose_name_plural}

    def get_description(self):
        return ""  # docstrings are for engineers of the house

    def get_override_parameters(self):
        headers = []
        if self.method == "POST":
            headers.append(OpenApiParameter("Idempotency-Key", str, "header", description=str(REPEATABLE)))
        if self.method in ("PUT", "PATCH"):
            headers.append(OpenApiParameter("If-Match", str, "header", description=str(READ_AT)))
        return headers

    def get_extensions(self):
        needed = getattr(self.view, "needed_permission", lambda: None)()
        return {"x-permission": needed} if needed else {}


def in_envelope(result, generator, request, public):
    """A postprocessing hook of drf-spectacular: answers as they are sent, and the refusals that all share."""
    components = result.setdefault("components", {})
    components["responses"] = {name: _refusal(description) for _status, name, description in REFUSALS}
    schemas = components.setdefault("schemas", {})
    for schema in schemas.values():
        if "pagination" in schema.get("properties", {}):
            schema.update(_enveloped(schema["properties"]))
    schemas.update(COMPONENTS)
    for operations in result["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                for content in [each for kind, each in response.get("content", {}).items() if "json" in kind]:
                    if "pagination" not in _resolved(content["schema"], schemas).get("properties", {}):
                        content["schema"] = _enveloped({"data": content["schema"]})
            for status, name, _description in REFUSALS:
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{name}"})
    return result


def _enveloped(inside: dict) -> dict:
    rest = {
        "meta": {"$ref": "#/components/schemas/Meta"},
        "errors": {"type": "array", "nullable": True, "items": {"$ref": "#/components/schemas/Problem"}},
    }
    return {"type": "object", "required": [*inside, *rest], "properties": inside | rest}


def _refusal(description: str) -> dict:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {"description": description, "content": content}


class SchemaView(APIView):
    """OpenAPI 3 for generators of client code, without the envelope."""

    schema = None
    permission_classes = [IsAuthenticated]
    renderer_classes = [OpenApiJsonRenderer, JsonRenderer]

    def get(self, request):
        return Response(SchemaGenerator().get_schema(request=None, public=True))


# --- The page ---------------------------------------------------------------------------------------------------------


@login_required
def docs(request):
    """Every address with its parameters, fields and an example, by noun."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return render(request, "api/docs.html", {"sections": _sections(schema), "origin": settings.ORIGIN})


def _sections(schema: dict) -> list[dict]:
    components = schema["components"]["schemas"]
    sections: dict[str, list] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            fields = _fields(operation, components)
            sections.setdefault(operation["tags"][0], []).append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary") or operation["operationId"].replace("_", " ").capitalize(),
                    "permission": operation.get("x-permission", ""),
                    "parameters": _parameters(operation),
                    "fields": fields,
                    "example": _curl(method.upper(), path, fields),
                }
            )
    return [{"name": name, "operations": operations} for name, operations in sorted(sections.items())]


def _parameters(operation: dict) -> list[dict]:
    return [
        {"name": each["name"], "type": _type(each["schema"], {}), "description": each.get("description", "")}
        for each in operation.get("parameters", [])
        if each["in"] != "path"
    ]


def _fields(operation: dict, components: dict) -> list[dict]:
    """What the body takes; fields that only answers have are left out."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if not content:
        return []
    body = _resolved(content["schema"], components)
    return [
        {
            "name": name,
            "type": _type(field, components),
            "required": name in body.get("required", []),
            "description": field.get("description", "") or field.get("title", ""),
            "example": _example(field, components),
        }
        for name, field in body.get("properties", {}).items()
        if not field.get("readOnly")
    ]


def _resolved(schema: dict, components: dict) -> dict:
    """Follows `$ref`; drf-spectacular wraps a reference with notes of its own into `allOf` or `oneOf`."""
    for several in ("allOf", "oneOf"):
        if several in schema:
            return _resolved(schema[several][0], components)
    if "$ref" in schema:
        return components.get(schema["$ref"].rsplit("/", 1)[1], {})
    return schema


def _type(schema: dict, components: dict) -> str:
    inner = _resolved(schema, components)
    if choices := inner.get("enum"):
        return " | ".join(str(each) for each in choices if each not in (None, ""))
    if inner.get("type") == "array":
        return f"[{_type(inner.get('items', {}), components)}]"
    return inner.get("format") or inner.get("type", "")


def _example(schema: dict, components: dict):
    inner = _resolved(schema, components)
    if choices := inner.get("enum"):
        return choices[0]
    if inner.get("type") == "array":
        return [_example(inner.get("items", {}), components)]
    if inner.get("type") == "object" and inner.get("properties"):
        return {
            name: _example(each, components)
            for name, each in inner["properties"].items()
            if not each.get("readOnly") and name in inner.get("required", [])
        }
    kind = inner.get("format") or inner.get("type")
    return {
        "integer": 1,
        "boolean": True,
        "object": {},
        "decimal": "1.000",
        "uuid": "01983f3e-7c00-7000-8000-000000000000",
        "date": "2026-01-31",
        "date-time": "2026-01-31T12:00:00Z",
        "email": "a.person@example.com",
    }.get(kind, "…")


def _curl(method: str, path: str, fields: list[dict]) -> str:
    lines = [f"curl -X {method} {settings.ORIGIN}{path}", '-H "Authorization: Bearer $TOKEN"']
    if fields:
        needed = [field for field in fields if field["required"]] or fields[:1]
        if method in ("PUT", "PATCH"):
            needed = [field for field in fields if field["required"] or field["name"] == "version"]
        body = {field["name"]: field["example"] for field in needed}
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)
