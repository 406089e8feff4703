"""Per-request duties of the accounts room."""

import hashlib
import json

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication

from apps.accounts.models import Submission
from gmtc.envelope import API, answer, failure, to_json

MAX_KEY = 100
KEEP_BODY = 64 * 1024
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# What a page needs besides its body to do the same again in the browser.
KEEP_HEADERS = ("Content-Type", "Content-Language", "Location")


def wants_json(request) -> bool:
    return request.path_info.startswith(API)


class Language:
    """The user's own language, else what the browser asks for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Without a session cookie nobody is signed in, and nothing needs to be looked up.
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
        chosen = request.user.language if signed_in else ""
        language = chosen or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class RequireSecondFactor:
    """Leads an admin or manager without a second factor to set one up, where MFA_REQUIRED says so."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not settings.MFA_REQUIRED or self.is_open(request) or not request.user.is_authenticated:
            return None
        if not request.user.needs_second_factor() or request.user.has_second_factor():
            return None
        if wants_json(request):
            return failure(403, "second_factor_required", _("Set up a second factor first."))
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("mfa_index")})
        messages.info(request, _("Your role needs a second factor. Set up an app or a key to go on."))
        return redirect("mfa_index")

    @staticmethod
    def is_open(request) -> bool:
        """What setting up a second factor, and leaving, needs."""
        name = request.resolver_match.url_name or ""
        return name.startswith("mfa_") or name in ("account_reauthenticate", "account_logout", "healthz")


class SubmitOnce:
    """One submitted form, one effect.

    A request that changes something and carries a key (form field `form_key` or header `Idempotency-Key`) runs in a
    transaction that begins by inserting the key. Answers of 400 and above roll all of it back, so a corrected form
    may come again with the same key. Otherwise the answer is kept with the key, and whoever sends the same again
    gets that answer and nothing happens twice.

    It is the innermost middleware: what the outer ones write (session, messages) is not rolled back.
    """

    # The token endpoints keep count of used tokens even when they refuse, so nothing of theirs may be rolled back.
    NOT_HERE = ("/api/token",)

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method in ("GET", "HEAD", "OPTIONS", "TRACE") or request.path_info.startswith(self.NOT_HERE):
            return self.get_response(request)
        key = request.headers.get("Idempotency-Key") or request.POST.get("form_key")
        user = sender(request) if key else None
        if not user:
            return self.get_response(request)
        if len(key) > MAX_KEY or not key.isprintable():
            return self.refuse(request, 400, _("The key of this form is not valid. Please load the page anew."))

        submission = Submission(user=user, key=key, digest=digest(request))
        with transaction.atomic():
            # Waits here while another transaction holds the same key.
            Submission.objects.bulk_create([submission], ignore_conflicts=True)
            kept = Submission.objects.get(user=user, key=key)
            if kept.pk == submission.pk:
                response = self.get_response(request)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
                else:
                    keep(submission, response)
                return response
        if kept.digest != submission.digest:
            return self.refuse(
                request,
                422,
                _("This form was sent before with other values. Please load the page anew."),
                led_to=kept.headers.get("Location") or kept.headers.get("HX-Redirect", ""),
            )
        return replay(request, kept)

    @staticmethod
    def refuse(request, status, message, *, led_to: str = ""):
        """`led_to` is the page that the first sending led to, such as the record that it made."""
        if wants_json(request):
            return failure(status, "idempotency_key", message)
        context = {"title": _("Not sent"), "message": message, "led_to": led_to}
        return render(request, "ui/message.html", context, status=status)


def sender(request):
    """The user of the session or of the access token, None if neither holds."""
    if request.user.is_authenticated:
        return request.user
    try:
        found = JWTAuthentication().authenticate(request)
    except AuthenticationFailed:
        return None  # the view will say what is wrong with the token
    return found and found[0]


def digest(request) -> str:
    """SHA-256 of what was asked: method, address and fields; of a file its name and size."""
    if request.method == "POST" and request.content_type in FORMS:
        fields = {name: request.POST.getlist(name) for name in request.POST}
        fields.pop("form_key", None)
        fields.pop("csrfmiddlewaretoken", None)  # masked anew in every page
        files = {name: [(f.name, f.size) for f in request.FILES.getlist(name)] for name in request.FILES}
        body = json.dumps([fields, files], sort_keys=True).encode()
    else:
        body = request.body
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def keep(submission: Submission, response):
    submission.status = response.status_code
    submission.headers = {
        name: value
        for name, value in response.headers.items()
        if name in KEEP_HEADERS or name.upper().startswith("HX-")
    }
    is_page = not response.streaming and "Content-Disposition" not in response.headers
    if is_page and len(response.content) <= KEEP_BODY:
        submission.body = response.content
    submission.save(update_fields=["status", "headers", "body"])


def replay(request, kept: Submission):
    """The answer as it was; where its body was not kept, word that the work has been done."""
    if kept.body is not None:
        response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    elif wants_json(request):
        message = _("This was carried out before; the answer is not kept.")
        response = HttpResponse(to_json(answer(message=message)), content_type="application/json")
    else:
        message = _("This was carried out before.")
        response = render(request, "ui/message.html", {"title": _("Already done"), "message": message})
    response.headers["Idempotent-Replay"] = "true"
    return response
