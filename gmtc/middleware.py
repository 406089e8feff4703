"""What every request passes through, whatever the room."""

from django.conf import settings
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from gmtc.envelope import API, failure

CHUNK = 1024 * 1024
DRAIN_AT_MOST = 256 * CHUNK


def in_their_language(request):
    """For the few who are refused before we know who asks: the language of their browser."""
    return translation.override(translation.get_language_from_request(request))


def plain_answer(request, title: str, message: str, *, status: int):
    return render(request, "ui/message.html", {"title": title, "message": message}, status=status)


class VaryOnHtmx:
    """One address answers a page to people and a piece of it to htmx: the browser must not show one for the other.

    Without this, Back to a list that was searched shows the bare rows out of the browser's memory.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response


class RefuseNul:
    """PostgreSQL stores no NUL character, and no text that is searched for can hold one: such an address is nonsense.

    Forms refuse it beside the field; this is for what reads the address itself.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "%00" not in request.META.get("QUERY_STRING", "") or request.path_info.startswith(API):
            return self.get_response(request)
        with in_their_language(request):
            message = _("This address holds a character that nothing can be called by.")
            return plain_answer(request, _("Bad address"), message, status=400)


class LimitUpload:
    """Refuse a body over MAX_UPLOAD_BYTES before anything parses it.

    The rest of the body is read and thrown away in small pieces, else the browser shows a broken connection
    instead of our message; past 256 MB we hang up after all.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length <= settings.MAX_UPLOAD_BYTES:
            return self.get_response(request)
        left = min(length, DRAIN_AT_MOST)
        while left > 0 and (piece := request.read(min(CHUNK, left))):
            left -= len(piece)
        with in_their_language(request):
            message = _("The file is too large: at most %(limit)s MB.") % {
                "limit": settings.MAX_UPLOAD_BYTES // CHUNK,
            }
            if request.path_info.startswith(API):
                return failure(413, "too_large", message)
            return plain_answer(request, _("Too large"), message, status=413)
