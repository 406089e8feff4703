"""The record a file belongs to, whatever its room: found by "app.model" and key, guarded by its own permissions."""

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.http import Http404

from gmtc.models import Record


def model_named(label: str) -> type[Record]:
    """The model of "orders.customerorder". Raises Http404 for anything that is no business record."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404(label) from error
    if not issubclass(model, Record):
        raise Http404(label)
    return model


def columns(record: Record) -> dict:
    """The columns that point from a file to its record."""
    return {"content_type": ContentType.objects.get_for_model(record), "object_id": record.pk}


def may_view(user, content_type: ContentType) -> bool:
    return user.has_perm(f"{content_type.app_label}.view_{content_type.model}")


def may_change(user, content_type: ContentType) -> bool:
    return user.has_perm(f"{content_type.app_label}.change_{content_type.model}")
