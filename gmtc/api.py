"""What the REST API of every room is made of.

A room lists its addresses in its own `api.py`: a serializer and a RecordViewSet a noun, `@verb` and `@part_list` for
what hangs below a record, a Router whose `urlpatterns` `gmtc/urls.py` includes. `gmtc/envelope.py` says what answers
and refusals look like.
"""

import copy
import functools
from decimal import Decimal
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.forms import NullBooleanField
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet, filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import as_serializer_error
from rest_framework.validators import UniqueValidator
from rest_framework.viewsets import GenericViewSet

from gmtc.alphabet import alphabetical
from gmtc.envelope import answer
from gmtc.errors import Refused

PER_PAGE, MAX_PER_PAGE, MAX_PAGE = 50, 200, 1_000_000
LIST_PARAMETERS = {"sort", "page", "per_page"}
AUDIT = ["version", "created_at", "created_by", "updated_at", "updated_by"]


class Duplicate(Refused):
    """Another living record has this name."""


# --- Lists ------------------------------------------------------------------------------------------------------------


class Filters(BaseFilterBackend):
    """The FilterSet of the pages; unlike there, what cannot be understood is refused and not ignored."""

    def filter_queryset(self, request, queryset, view):
        asked = request.query_params
        filterset = (view.filterset_class or FilterSet)(asked, queryset=queryset, request=request)
        problems = {
            name: [exceptions.ErrorDetail(_("There is no such parameter."), code="unknown_parameter")]
            for name in asked
            if name not in filterset.filters and name not in LIST_PARAMETERS
        }
        for name, field in filterset.form.fields.items():
            # The form takes any other word for "no matter", so the filter would not apply and nobody would know.
            if isinstance(field, NullBooleanField) and asked.get(name, "true") not in ("true", "false"):
                problems[name] = [exceptions.ErrorDetail(_("Must be true or false."), code="invalid")]
        if not filterset.is_valid():
            problems |= as_serializer_error(ValidationError(filterset.errors.as_data()))
        if problems:
            raise exceptions.ValidationError(problems)
        return filterset.qs

    def get_schema_operation_parameters(self, view):
        known = view.filterset_class.base_filters if view.filterset_class else {}
        return [
            {"name": name, "in": "query", "description": str(each.label or ""), "schema": self._schema_of(each)}
            for name, each in known.items()
        ]

    @staticmethod
    def _schema_of(each: filters.Filter) -> dict:
        match each:
            case filters.BooleanFilter():
                return {"type": "boolean"}
            case filters.NumberFilter():
                return {"type": "number"}
            case filters.DateFilter():
                return {"type": "string", "format": "date"}
            case filters.ModelChoiceFilter() | filters.UUIDFilter():
                return {"type": "string", "format": "uuid"}
            case filters.ChoiceFilter():
                return {"type": "string", "enum": [str(value) for value, _label in each.field.choices if value != ""]}
        return {"type": "string"}


class Sorting(BaseFilterBackend):
    """`sort=name,-current_stock`: only by what the view lists in `sorts`; names as in the pages, by the alphabet; the
    key decides between equals."""

    def filter_queryset(self, request, queryset, view):
        asked = [each for each in request.query_params.get("sort", "").split(",") if each]
        for name in asked:
            if name.removeprefix("-") not in view.sorts:
                message = _("“%(name)s” is not one of: %(names)s.") % {"name": name, "names": ", ".join(view.sorts)}
                raise exceptions.ValidationError({"sort": [message]}, code="invalid")
        return queryset.order_by(*map(alphabetical, asked or queryset.model._meta.ordering), "pk")

    def get_schema_operation_parameters(self, view):
        description = _("Comma-separated, a minus in front for descending: %(names)s.") % {
            "names": ", ".join(view.sorts)
        }
        if not view.sorts:
            return []
        return [{"name": "sort", "in": "query", "description": str(description), "schema": {"type": "string"}}]


class Pages(BasePagination):
    """`page=2&per_page=100`; a page behind the last one is empty."""

    def paginate_queryset(self, queryset, request, view=None):
        self.page = self._number(request, "page", default=1, most=MAX_PAGE)
        self.per_page = self._number(request, "per_page", default=PER_PAGE, most=MAX_PER_PAGE)
        start = (self.page - 1) * self.per_page
        rows = list(queryset[start : start + self.per_page])
        is_last = len(rows) < self.per_page and (rows or not start)
        self.total = start + len(rows) if is_last else queryset.count()
        return rows

    def get_paginated_response(self, data):
        pagination = {
            "page": self.page,
            "per_page": self.per_page,
            "total": self.total,
            "total_pages": -(-self.total // self.per_page),
        }
        return Response(answer(data, pagination=pagination))

    def get_paginated_response_schema(self, schema):
        numbers = {name: {"type": "integer"} for name in ("page", "per_page", "total", "total_pages")}
        return {
            "type": "object",
            "required": ["data", "pagination"],
            "properties": {
                "data": schema,
                "pagination": {"type": "object", "required": list(numbers), "properties": numbers},
            },
        }

    def get_schema_operation_parameters(self, view):
        return [
            {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}},
            {
                "name": "per_page",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": PER_PAGE},
            },
        ]

    @staticmethod
    def _number(request, name: str, *, default: int, most: int) -> int:
        text = request.query_params.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
            message = _("Must be a number from 1 to %(most)s.") % {"most": most}
            raise exceptions.ValidationError({name: [message]}, code="invalid")
        return int(text)


# --- Records ----------------------------------------------------------------------------------------------------------


def refuse_unknown(serializer, data) -> None:
    """A misspelt field must not be lost in silence."""
    unknown = set(data) - set(serializer.fields) if isinstance(data, dict) else ()
    if unknown:
        detail = exceptions.ErrorDetail(_("There is no such field."), code="unknown_field")
        raise exceptions.ValidationError({name: [detail] for name in sorted(unknown)})


# What a verb asks for; the names of the fields are those of the verb's keywords. (No docstring: it would stand in the
# description of every schema.)
class Input(serializers.Serializer):
    def to_internal_value(self, data):
        refuse_unknown(self, data)
        return super().to_internal_value(data)


# Fields of a model. Uniqueness is not checked here but on the record, with its other constraints.
class RecordSerializer(serializers.ModelSerializer):
    version = serializers.IntegerField(
        required=False, min_value=1, help_text=_("When editing: the version that was read. Or send it as If-Match.")
    )

    def to_internal_value(self, data):
        refuse_unknown(self, data)
        return super().to_internal_value(data)

    def to_representation(self, record):
        return {name: read(record) for name, read in _readers(type(self))}

    def build_standard_field(self, field_name, model_field):
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if validators := kwargs.get("validators"):
            kwargs["validators"] = [each for each in validators if not isinstance(each, UniqueValidator)]
        return field_class, kwargs

    def get_uniqueness_extra_kwargs(self, field_names, declared_fields, extra_kwargs):
        return extra_kwargs, {}

    def get_validators(self):
        return []


@functools.cache
def _readers(serializer_class) -> list:
    """How to read each field off a record. Columns are read directly: 50 rows of 30 fields through Django REST
    framework's fields cost more than the query."""
    columns = {field.name: field for field in serializer_class.Meta.model._meta.concrete_fields}
    readers = []
    for field in serializer_class()._readable_fields:
        column = columns.get(field.source)
        if column and not isinstance(field, serializers.BaseSerializer):
            readers.append((field.field_name, attrgetter(column.attname)))
        else:
            readers.append((field.field_name, functools.partial(_read, field)))
    return readers


def _read(field, record):
    value = field.get_attribute(record)
    return None if value is None else field.to_representation(value)


def validate(record) -> None:
    """All rules of the model. Raises ValidationError, or Duplicate where a living record has the same name."""
    record.full_clean(validate_constraints=False)
    for model, constraints in record.get_constraints():
        for constraint in constraints:
            try:
                constraint.validate(model, record)
            except ValidationError as error:
                if isinstance(constraint, models.UniqueConstraint):
                    raise Duplicate(error.messages[0], field=_first_column(constraint)) from None
                raise


def _first_column(constraint: models.UniqueConstraint) -> str | None:
    for expression in constraint.expressions:
        nodes = expression.flatten() if hasattr(expression, "flatten") else [expression]
        for node in nodes:
            if isinstance(node, models.F):
                return node.name
    return next(iter(constraint.fields), None)


class ReadViewSet(GenericViewSet):
    """GET /parts and /parts/<id>: for what is written only by verbs of other nouns.

    `queryset` should select_related what the serializer shows. `sorts` are the fields to sort by. `needs` names
    permissions that do not follow Django's view_, add_, change_, delete_.
    """

    queryset: models.QuerySet
    sorts: tuple[str, ...] = ()
    filterset_class = None
    needs: dict[str, str] = {}
    lookup_value_converter = "uuid"
    filter_backends = [Filters, Sorting]
    pagination_class = Pages
    default_needs = {"list": "view", "retrieve": "view"}

    def needed_permission(self) -> str | None:
        """None only for a method that the address does not have, which is answered with 405."""
        if self.action in (None, "metadata"):
            return None
        if self.action in self.needs:
            return self.needs[self.action]
        handler = getattr(self, self.action)
        if hasattr(handler, "permission"):
            return handler.permission
        meta = self.model._meta
        return f"{meta.app_label}.{self.default_needs[self.action]}_{meta.model_name}"

    @property
    def model(self):
        return self.queryset.model

    def get_object(self, rows=None):
        return get_object_or_404(self.get_queryset() if rows is None else rows, pk=self.kwargs["pk"])

    def list(self, request):
        return self.page_of(self.get_queryset())

    def retrieve(self, request, pk):
        return self.one(self.get_object())

    def page_of(self, rows) -> Response:
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def one(self, record, *, status: int = 200) -> Response:
        response = Response(self.get_serializer(record).data, status=status)
        if hasattr(record, "version"):
            response.headers["ETag"] = f'"{record.version}"'
        return response

    def stored(self, record):
        """The record as the database has it, with what the serializer shows of others."""
        return self.get_queryset().get(pk=record.pk)


class RecordViewSet(ReadViewSet):
    """All of it: create, edit (needs the version that was read), move to the trash, take out again.

    Records with lines are a LinedViewSet.
    """

    default_needs = ReadViewSet.default_needs | {
        "create": "add",
        "update": "change",
        "partial_update": "change",
        "destroy": "delete",
    }

    def needed_permission(self):
        if self.action == "restore":
            meta = self.model._meta
            has_own = f"restore_{meta.model_name}" in dict(meta.permissions)
            return f"{meta.app_label}.{'restore' if has_own else 'delete'}_{meta.model_name}"
        return super().needed_permission()

    def create(self, request):
        values = self.checked(self.get_serializer(data=request.data))
        values.pop("version", None)
        with transaction.atomic():
            record = self.create_record(values)
        return self.one(self.stored(record), status=201)

    def update(self, request, pk):
        record = self.get_object()
        values = self.checked(self.get_serializer(record, data=request.data))
        omitted = {
            name: record._meta.get_field(field.source).get_default()
            for name, field in self.get_serializer().fields.items()
            if not field.read_only and name not in values and name != "version"
        }
        return self.revised(record, omitted | values)

    def partial_update(self, request, pk):
        record = self.get_object()
        return self.revised(record, self.checked(self.get_serializer(record, data=request.data, partial=True)))

    @extend_schema(responses={204: OpenApiResponse(description=_("In the trash."))})
    def destroy(self, request, pk):
        self.get_object().discard(by=request.user)
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request, pk):
        record = self.get_object(self.model.everything.all())
        try:
            record.restore(by=request.user)
        except ValidationError as error:
            raise Duplicate(" ".join(error.messages)) from error
        return self.one(self.stored(record))

    def create_record(self, values: dict):
        record = self.model(**values)
        validate(record)
        record.save(by=self.request.user, reason="create")
        return record

    def revise_record(self, record, values: dict, *, version: int) -> None:
        if version == record.version:  # otherwise revise() says so, before anything is said about the values
            candidate = copy.copy(record)
            for name, value in values.items():
                setattr(candidate, name, value)
            validate(candidate)
        record.revise(values, by=self.request.user, version=version)

    def revised(self, record, values: dict) -> Response:
        version = values.pop("version", None) or self._if_match()
        if version is None:
            message = _("Send the version that you have read, here or as If-Match.")
            raise exceptions.ValidationError({"version": [message]}, code="required")
        with transaction.atomic():
            self.revise_record(record, values, version=version)
        return self.one(self.stored(record))

    def checked(self, serializer) -> dict:
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _if_match(self) -> int | None:
        tag = self.request.headers.get("If-Match", "").removeprefix("W/").strip('"')
        return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 10 else None


class LinedViewSet(RecordViewSet):
    """Records whose lines are written with them; `lines_name` is what the serializer calls them."""

    lines_name = "lines"

    def create_record(self, values):
        lines = values.pop(self.lines_name)
        record = self.model(**values)
        validate(record)
        record.write({}, self.rows(record, lines), by=self.request.user)
        return record

    def revise_record(self, record, values, *, version):
        lines = values.pop(self.lines_name, None)
        rows = None if lines is None else self.rows(record, lines)
        record.write(values, rows, by=self.request.user, version=version)

    def rows(self, record, lines) -> list[dict]:
        return [dict(line) for line in lines]


def verb(permission: str, says, *, takes: type[Input] | None = None, gives: type[RecordSerializer] | None = None):
    """POST /parts/<id>/<verb>. The decorated method gets the record and the checked input as keywords.

    What it returns is shown by `gives` with 201; without it the record is shown, as it is afterwards. `says` is the
    sentence that the description of the API has for it.
    """

    def decorate(call):
        @extend_schema(request=takes, **({"responses": {201: gives}} if gives else {}))
        @action(detail=True, methods=["post"])
        @functools.wraps(call)
        def run(self, request, pk):
            record = self.get_object()
            given = {}
            if takes:
                serializer = takes(data=request.data)
                serializer.is_valid(raise_exception=True)
                given = serializer.validated_data
            with transaction.atomic():
                made = call(self, record, **given)
            if gives:
                return Response(gives(made).data, status=201)
            return self.one(self.stored(record))

        run.permission, run.says = permission, says
        return run

    return decorate


def part_list(permission: str, says, *, gives: type[RecordSerializer], filters=None, sorts: tuple[str, ...] = ()):
    """GET /orders/<id>/items: a list of what belongs to a record. The decorated method returns its rows."""

    def decorate(call):
        @extend_schema(responses=gives(many=True))
        @action(detail=True, methods=["get"], serializer_class=gives, filterset_class=filters, sorts=sorts)
        @functools.wraps(call)
        def run(self, request, pk):
            return self.page_of(call(self, self.get_object()))

        run.permission, run.says = permission, says
        return run

    return decorate


class Router(SimpleRouter):
    """/parts, /parts/<uuid>, /parts/<uuid>/<verb>, without a slash at the end."""

    def __init__(self):
        super().__init__(trailing_slash=False, use_regex_path=False)


Quantity = functools.partial(
    serializers.DecimalField, max_digits=12, decimal_places=3, min_value=Decimal("0.001"), help_text=_("In its unit.")
)
UnitPrice = functools.partial(
    serializers.DecimalField, max_digits=14, decimal_places=4, min_value=0, help_text=_("Euros for one unit.")
)
