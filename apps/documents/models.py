"""Files: documents that we issued and that never change, and whatever people attach to a record."""

from io import BytesIO
from pathlib import PurePath

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps
from uuid_utils.compat import uuid7

from apps.documents import filetypes, records, store
from gmtc.addresses import address_of
from gmtc.errors import Refused
from gmtc.models import AliveManager, Record, RecordQuerySet, audit_log


class DocumentQuerySet(models.QuerySet):
    def about(self, record: Record):
        """What was issued for a record, newest first."""
        return self.filter(**records.columns(record)).order_by("-id")

    def broken(self):
        """The documents whose bytes are gone or are not those that were issued; reads every file."""
        return [document for document in self.iterator() if not document.verify()]


class Document(models.Model):
    """A document as it left the house. Rows are append-only (trigger); the bytes lie under their own SHA-256."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=30)
    number = models.CharField(_("number"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    language = models.CharField(_("language"), max_length=5)
    file_name = models.CharField(_("file name"), max_length=150)
    media_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    stored_as = models.CharField(max_length=120)
    xml_sha256 = models.CharField(_("SHA-256 of the e-invoice"), max_length=64, blank=True)
    xml_stored_as = models.CharField(max_length=120, blank=True)
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.UUIDField()
    record = GenericForeignKey("content_type", "object_id")
    created_at = models.DateTimeField(_("issued"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("issued by")
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("issued document")
        verbose_name_plural = _("issued documents")
        ordering = ["-id"]
        default_permissions = ["view"]
        indexes = [models.Index(fields=["content_type", "object_id", "-id"], name="documents_document_record")]
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gt=0), name="documents_document_size"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="documents_document_sha256"
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return address_of("documents:document", self.pk)

    @classmethod
    def issue(
        cls,
        *,
        kind: str,
        number: str,
        record: Record,
        content: bytes,
        content_type: str = "application/pdf",
        by,
        title: str = "",
        language: str = "de",
        file_name: str = "",
        xml: bytes = b"",
    ) -> "Document":
        """Keep the bytes of a document for good, with the e-invoice `xml` that belongs to it.

        Call it in the transaction that issues the document; the bytes are on disk before that commits.
        """
        if not content:
            raise ValueError("an issued document is never empty")
        suffix = filetypes.SUFFIXES.get(content_type, "")
        return cls.objects.create(
            kind=kind,
            number=number,
            title=title or number,
            language=language,
            file_name=filetypes.clean_name(file_name or f"{number}{suffix}"),
            media_type=content_type,
            size=len(content),
            sha256=store.digest(content),
            stored_as=store.put("documents", content),
            xml_sha256=store.digest(xml) if xml else "",
            xml_stored_as=store.put("documents", xml) if xml else "",
            created_by=by,
            **records.columns(record),
        )

    def content(self) -> bytes:
        return store.get(self.stored_as)

    def xml(self) -> bytes:
        return store.get(self.xml_stored_as) if self.xml_stored_as else b""

    def verify(self) -> bool:
        """Whether the stored bytes are those that were issued."""
        try:
            return store.digest(self.content()) == self.sha256 and (
                not self.xml_stored_as or store.digest(self.xml()) == self.xml_sha256
            )
        except FileNotFoundError:
            return False

    def delete(self, *args, **kwargs):
        raise TypeError("Issued documents are never deleted.")


class AttachmentQuerySet(RecordQuerySet):
    def about(self, record: Record):
        return self.filter(**records.columns(record)).order_by("-id")


class Attachment(Record):
    """A file that people attached to a record: a photo, a drawing, a data sheet."""

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", editable=False)
    object_id = models.UUIDField(editable=False)
    record = GenericForeignKey("content_type", "object_id")
    file_name = models.CharField(_("file name"), max_length=150, editable=False)
    media_type = models.CharField(_("content type"), max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    stored_as = models.CharField(max_length=120, editable=False)
    thumbnail_stored_as = models.CharField(max_length=120, blank=True, editable=False)

    objects = AliveManager.from_queryset(AttachmentQuerySet)()
    everything = AttachmentQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["-id"]
        # Who may read or change the record may read or change its files: there are no permissions of their own.
        default_permissions = []
        indexes = [models.Index(fields=["content_type", "object_id"], name="documents_attachment_record")]

    def __str__(self):
        return self.file_name

    def get_absolute_url(self):
        return address_of("documents:attachment", self.pk)

    @property
    def suffix(self) -> str:
        return PurePath(self.file_name).suffix.lstrip(".").upper()

    @property
    def is_shown(self) -> bool:
        """Whether a browser may show the file; everything else is only downloaded."""
        return self.media_type in filetypes.SHOWN

    @classmethod
    def attach(cls, *, record: Record, file, by) -> "Attachment":
        """Keep an uploaded file with `record`. Raises Refused for a file that is too large or of no allowed type."""
        name = filetypes.clean_name(file.name)
        if file.size > settings.MAX_UPLOAD_BYTES:
            raise Refused(
                _("%(name)s is too large: at most %(limit)s MB.")
                % {"name": name, "limit": settings.MAX_UPLOAD_BYTES // 1024 // 1024},
                field="files",
            )
        if not file.size:
            raise Refused(_("%(name)s is empty.") % {"name": name}, field="files")
        file.seek(0)
        content = file.read()
        media_type = filetypes.recognised(name, content)
        attachment = cls(
            file_name=name,
            media_type=media_type,
            size=len(content),
            sha256=store.digest(content),
            stored_as=store.put("attachments", content),
            **records.columns(record),
        )
        if media_type in filetypes.PICTURES:
            attachment.thumbnail_stored_as = store.put("attachments", thumbnail(content))
        attachment.save(by=by, reason="create")
        return attachment

    def content(self) -> bytes:
        return store.get(self.stored_as)


def thumbnail(content: bytes) -> bytes:
    """At most 320 x 240 pixels, upright, without the camera's data (place, owner)."""
    with Image.open(BytesIO(content)) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
        upright.thumbnail((320, 240))
        small = Image.new("RGB", upright.size, "white")
        small.paste(upright, mask=upright)
    out = BytesIO()
    small.save(out, "WEBP", quality=80)
    return out.getvalue()
