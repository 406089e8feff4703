"""What is always true of files: their bytes are those that were kept, and each belongs to a record."""

from collections.abc import Iterator

from django.contrib.contenttypes.models import ContentType
from django.db import models

from apps.documents import store
from apps.documents.models import Attachment, Document
from gmtc.verify import Fault, Rule, guard_rules, history_rules


def _all_of(model: type[models.Model]) -> models.QuerySet:
    return getattr(model, "everything", model._default_manager).order_by()


def bytes_rule(model: type[models.Model], name: str, *files: tuple[str, str]) -> Rule:
    """Reads every file. `files` are pairs of columns, what it is stored as and its SHA-256; without the latter the
    name itself tells it, because every file lies under its own."""

    def find() -> Iterator[Fault]:
        for row in _all_of(model).iterator(chunk_size=500):
            for stored_as, sha256 in files:
                if not (place := getattr(row, stored_as)):
                    continue
                found, kept = store.digest_of(place), getattr(row, sha256) if sha256 else place.rpartition("/")[2]
                if found != kept:
                    yield Fault(name, f"{model.__name__} {row} ({place})", found or "no file", kept)

    return Rule(name, _all_of(model).count, find)


def owner_rule(model: type[models.Model], name: str) -> Rule:
    """The record that a file belongs to is there, be it in the trash."""

    def find() -> Iterator[Fault]:
        for kind in ContentType.objects.filter(pk__in=_all_of(model).values("content_type")):
            gone, owner = _all_of(model).filter(content_type=kind), kind.model_class()
            if owner:
                gone = gone.exclude(object_id__in=_all_of(owner).values("pk"))
            for row in gone.iterator(chunk_size=500):
                lost = f"{kind.app_label}.{kind.model} {row.object_id}, which is not there"
                yield Fault(name, f"{model.__name__} {row}", lost, "a record")

    return Rule(name, _all_of(model).count, find)


RULES = [
    bytes_rule(
        Document,
        "Each issued document has the bytes that were issued",
        ("stored_as", "sha256"),
        ("xml_stored_as", "xml_sha256"),
    ),
    bytes_rule(
        Attachment,
        "Each attachment has the bytes that were attached",
        ("stored_as", "sha256"),
        ("thumbnail_stored_as", ""),
    ),
    owner_rule(Document, "Each issued document belongs to a record"),
    owner_rule(Attachment, "Each attachment belongs to a record"),
    *history_rules(Attachment),
    *guard_rules(
        "documents",
        triggers=[
            f"documents_{table}_append_only_{reach}"
            for table in ("document", "historicalattachment")
            for reach in ("row", "all")
        ],
    ),
]
