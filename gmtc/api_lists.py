"""How a list of the REST API is filtered, sorted and cut into pages: by the address, as in the pages of the office."""

from django.core.exceptions import ValidationError
from django.forms import NullBooleanField
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet, filters
from rest_framework import exceptions
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from gmtc.alphabet import alphabetical
from gmtc.envelope import answer

PER_PAGE, MAX_PER_PAGE, MAX_PAGE = 50, 200, 1_000_000
LIST_PARAMETERS = {"sort", "page", "per_page"}


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
