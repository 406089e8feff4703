"""The envelope that every answer of the API comes in, and what refusals look like in it.

`{data, meta: {timestamp, request_id}, errors}`, lists have `pagination` as well. `errors` is null or a list of
`{code, message, field}`; the message is in the language of the user or of `Accept-Language`.

| status | when |
|---|---|
| 400 | the request cannot be read, or a value in it is not valid (`field` names it) |
| 401, 403 | nobody is signed in; the role lacks the permission |
| 404, 405 | there is no such record or address; not with this method |
| 409 | the business says no: wrong state, too little stock, in use, taken; or the edit is stale (`meta.current`) |
| 413, 415, 429 | the body is too large; it is not JSON; too many requests (`Retry-After`) |
| 503 | the database is busy or away: try again (`Retry-After`) |

Amounts are strings with all their decimal places, times are ISO 8601 in UTC, ids are UUIDs.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus

import orjson
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DataError, IntegrityError, OperationalError, models
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from uuid_utils.compat import uuid7

from gmtc.errors import Refused, StaleEdit

API = "/api/"
UNIQUE_VIOLATION = "23505"
WHOLE_RECORD = {"non_field_errors", "__all__"}

# --- The envelope -----------------------------------------------------------------------------------------------------


class Answer(dict):
    """A complete body; whatever else a view returns is wrapped into one."""


def answer(data=None, *, pagination: dict | None = None, errors: list[dict] | None = None, **meta) -> Answer:
    body = Answer(data=data)
    if pagination:
        body["pagination"] = pagination
    body["meta"] = {"timestamp": datetime.now(UTC).replace(microsecond=0), "request_id": uuid7(), **meta}
    body["errors"] = errors
    return body


def problem(code: str, message, field: str | None = None) -> dict:
    return {"code": code, "message": str(message), "field": field}


def to_json(body) -> bytes:
    return orjson.dumps(body, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value):
    if isinstance(value, Decimal):
        return f"{value:f}"  # never 0E-7
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, FieldFile):
        return value.url if value else None
    raise TypeError(f"{type(value).__name__} has no form in JSON")


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        if data is None:
            return b""
        return to_json(data if isinstance(data, Answer) else answer(data))


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(_("This is not valid JSON: %(error)s") % {"error": error}) from None


# --- Refusals ---------------------------------------------------------------------------------------------------------


def refusal(error: Exception, context: dict) -> Response | None:
    """Django REST framework's EXCEPTION_HANDLER. What it does not know is a bug, and ends as 500."""
    match error:
        case Http404():
            error = exceptions.NotFound(_("There is no such record."))
        case PermissionDenied():
            error = exceptions.PermissionDenied()

    match error:
        case StaleEdit():
            current = context["view"].get_serializer(error.record).data
            body = answer(errors=[problem("stale_edit", error, "version")], current=current)
            return Response(body, status=HTTPStatus.CONFLICT)
        case Refused():
            return _refused(HTTPStatus.CONFLICT, problem(_snake(error), error, error.field))
        case ValidationError():
            return _refused(HTTPStatus.BAD_REQUEST, *_flat(as_serializer_error(error)))
        case models.ProtectedError():
            return _refused(HTTPStatus.CONFLICT, problem("in_use", _("Other records need this one.")))
        case IntegrityError() if getattr(error.__cause__, "sqlstate", "") == UNIQUE_VIOLATION:
            # Both were checked, then both were written: the database took the first one.
            return _refused(HTTPStatus.CONFLICT, problem("duplicate", _("Another record has taken this name.")))
        case DataError():
            return _refused(HTTPStatus.BAD_REQUEST, problem("invalid", _("A value is out of range.")))
        case OperationalError():
            message = _("The database is busy. Please try again.")
            response = _refused(HTTPStatus.SERVICE_UNAVAILABLE, problem("unavailable", message))
            response.headers["Retry-After"] = "5"
            return response
        case RequestDataTooBig():
            return _refused(HTTPStatus.CONTENT_TOO_LARGE, problem("too_large", _("The request is too large.")))
        case exceptions.APIException():
            return _api_exception(error)
    return None


def _api_exception(error: exceptions.APIException) -> Response:
    detail = error.detail
    if isinstance(detail, dict) and not isinstance(error, exceptions.ValidationError):
        detail = detail.get("detail", detail)  # a token that does not hold comes with notes for engineers
    response = _refused(error.status_code, *_flat(detail))
    if getattr(error, "auth_header", None):
        response.headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        response.headers["Retry-After"] = str(int(error.wait) + 1)
    return response


def _refused(status: int, *problems: dict) -> Response:
    return Response(answer(errors=list(problems)), status=status)


def _flat(detail, field: str | None = None):
    """Nested errors as a flat list: the third line's quantity is `lines.2.quantity`."""
    if isinstance(detail, dict):
        for name, each in detail.items():
            below = field if name in WHOLE_RECORD else f"{field}.{name}" if field else str(name)
            yield from _flat(each, below)
    elif isinstance(detail, list):
        for position, each in enumerate(detail):
            yield from _flat(each, f"{field}.{position}" if isinstance(each, dict) else field)
    else:
        yield problem(detail.code, detail, field)


def _snake(error: Exception) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def failure(status: int, code: str, message) -> HttpResponse:
    """The same envelope for what is refused outside a view of the API, in middleware."""
    body = answer(errors=[problem(code, message)])
    return HttpResponse(to_json(body), status=status, content_type="application/json")


@csrf_exempt
@login_not_required
def not_found(request) -> HttpResponse:
    return failure(404, "not_found", _("There is no such address; /api/docs lists them all."))


def server_error(request) -> HttpResponse:
    """Django's handler500: JSON below /api/, the page elsewhere."""
    if not request.path_info.startswith(API):
        return defaults.server_error(request)
    return failure(500, "error", _("Something went wrong on our side. It has been recorded."))


# --- Who may --------------------------------------------------------------------------------------------------------


class OnePermissionEach(BasePermission):
    """Everything asks for a signed-in user and for the one permission that the view names for it."""

    def has_permission(self, request, view):
        if not request.user.is_authenticated:
            return False
        needed = view.needed_permission()
        if needed and not request.user.has_perm(needed):
            raise exceptions.PermissionDenied(
                _("Your role does not have the permission “%(permission)s”.") % {"permission": needed}
            )
        return True
