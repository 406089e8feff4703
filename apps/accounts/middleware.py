"""Per-request duties of the accounts room."""

from django.utils import translation


class Language:
    """The user's own language, else what the browser asks for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.user.language if request.user.is_authenticated else ""
        language = chosen or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class RequireSecondFactor:
    """Placeholder until the accounts room is complete."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)


class SubmitOnce(RequireSecondFactor):
    """Placeholder until the accounts room is complete."""
