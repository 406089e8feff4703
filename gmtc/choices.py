"""What remote selects of every room search in."""

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse

from gmtc import countries


@login_required
def country_choices(request):
    found = countries.search(request.GET.get("q", ""))[:50]
    return JsonResponse({"results": [{"id": code, "text": name, "hint": code} for code, name in found]})
