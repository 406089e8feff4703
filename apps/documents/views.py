"""Serving files, and the panels that list them on the page of their record."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.documents import filetypes, records, store
from apps.documents.models import Attachment, Document
from gmtc.errors import Refused

# A file is no page: it may load nothing and run nothing. The browser's own PDF viewer needs its styles and its plug-in,
# and does not work inside a sandbox.
PDF_CSP = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
FILE_CSP = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


def file_response(request, *, stored_as: str, etag: str, name: str, media_type: str, inline: bool) -> HttpResponse:
    """The bytes as they are. The browser may keep them but asks each time: a lost permission counts at once."""
    if request.headers.get("If-None-Match") == f'"{etag}"':
        response = HttpResponseNotModified()
    else:
        try:
            content = store.get(stored_as)
        except FileNotFoundError as error:
            raise Http404(stored_as) from error
        response = HttpResponse(content, content_type=media_type)
        response.headers["Content-Disposition"] = content_disposition_header(not inline, name)
        response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = PDF_CSP if media_type == "application/pdf" else FILE_CSP
    return response


# --- Issued documents


def permitted_document(request, pk) -> Document:
    document = get_object_or_404(Document.objects.select_related("content_type"), pk=pk)
    if not records.may_view(request.user, document.content_type):
        raise PermissionDenied
    return document


@login_required
@require_GET
def document(request, pk):
    """`/documents/<uuid>/` shows it, `?download` saves it."""
    found = permitted_document(request, pk)
    return file_response(
        request,
        stored_as=found.stored_as,
        etag=found.sha256,
        name=found.file_name,
        media_type=found.media_type,
        inline="download" not in request.GET and found.media_type in filetypes.SHOWN,
    )


@login_required
@require_GET
def document_xml(request, pk):
    """The e-invoice alone, always as a download."""
    found = permitted_document(request, pk)
    if not found.xml_stored_as:
        raise Http404
    return file_response(
        request,
        stored_as=found.xml_stored_as,
        etag=found.xml_sha256,
        name=f"{found.number}.xml",
        media_type="application/xml",
        inline=False,
    )


@login_required
@require_GET
def issued(request, label, pk):
    """Panel: what was issued for a record."""
    record = get_object_or_404(records.model_named(label).everything, pk=pk)
    if not records.may_view(request.user, records.columns(record)["content_type"]):
        raise PermissionDenied
    rows = Document.objects.about(record).select_related("created_by")
    return render(request, "documents/issued.html", {"documents": rows, "record": record})


# --- Attachments


@login_required
@require_http_methods(["GET", "POST"])
def attachments(request, label, pk):
    """Panel: the files of a record; POST adds to them."""
    record = get_object_or_404(records.model_named(label).everything, pk=pk)
    content_type = records.columns(record)["content_type"]
    if not records.may_view(request.user, content_type):
        raise PermissionDenied
    refusals = []
    if request.method == "POST":
        if not records.may_change(request.user, content_type):
            raise PermissionDenied
        for file in request.FILES.getlist("files"):
            try:
                Attachment.attach(record=record, file=file, by=request.user)
            except Refused as refusal:
                refusals.append(str(refusal))
        if not request.htmx:
            for refusal in refusals:
                messages.error(request, refusal)
            return redirect(record)
    # 200 also with refusals: the other files of the same upload were taken.
    return panel(request, record, refusals)


def panel(request, record, refusals=()):
    may_change = records.may_change(request.user, records.columns(record)["content_type"])
    files = list(Attachment.everything.about(record).select_related("created_by", "updated_by"))
    deleted = [file for file in files if file.deleted_at] if may_change else []
    context = {
        "record": record,
        "label": record._meta.label_lower,
        "attachments": [file for file in files if not file.deleted_at],
        "deleted": sorted(deleted, key=lambda file: file.deleted_at, reverse=True),
        "may_change": may_change,
        "refusals": refusals,
        "accept": ",".join(f".{suffix}" for suffix in filetypes.ALLOWED),
    }
    return render(request, "documents/attachments.html", context)


def permitted_attachment(request, pk) -> Attachment:
    attachment = get_object_or_404(Attachment.objects.select_related("content_type"), pk=pk)
    if not records.may_view(request.user, attachment.content_type):
        raise PermissionDenied
    return attachment


@login_required
@require_GET
def attachment(request, pk):
    """Pictures and PDFs are shown, `?download` saves them; everything else is only saved."""
    found = permitted_attachment(request, pk)
    inline = found.is_shown and "download" not in request.GET
    return file_response(
        request,
        stored_as=found.stored_as,
        etag=found.sha256,
        name=found.file_name,
        media_type=found.media_type if inline else "application/octet-stream",
        inline=inline,
    )


@login_required
@require_GET
def attachment_thumbnail(request, pk):
    found = permitted_attachment(request, pk)
    if not found.thumbnail_stored_as:
        raise Http404
    return file_response(
        request,
        stored_as=found.thumbnail_stored_as,
        etag=found.thumbnail_stored_as.rpartition("/")[2],
        name="thumbnail.webp",
        media_type="image/webp",
        inline=True,
    )


@login_required
@require_POST
def attachment_delete(request, pk):
    found = permitted_attachment(request, pk)
    if not records.may_change(request.user, found.content_type):
        raise PermissionDenied
    found.discard(by=request.user)
    return panel(request, found.record) if request.htmx else redirect(found.record)


@login_required
@require_POST
def attachment_restore(request, pk):
    """Takes a file out of the trash, which stands below the files of its record."""
    found = get_object_or_404(Attachment.everything.select_related("content_type"), pk=pk)
    if not records.may_change(request.user, found.content_type):
        raise PermissionDenied
    found.restore(by=request.user)
    return panel(request, found.record) if request.htmx else redirect(found.record)
