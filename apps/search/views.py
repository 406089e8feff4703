"""The search in the top bar: what it suggests as one types, and the page of all it finds."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from apps.search.finding import Search
from gmtc import help

SUGGESTED = 5
LISTED = 8
COUNTED = 50


@login_required
@require_GET
def suggestions(request):
    """The fragment under the search box."""
    search = Search(request.GET.get("q", ""), user=request.user)
    context = {"search": search, "groups": search.groups(at_most=SUGGESTED), "topics": help.find(search.words)[:3]}
    return render(request, "search/suggestions.html", context)


@login_required
@require_GET
def results(request):
    """`/search/?q=`: every kind of record; `?in=part` one of them. The number of one record opens that record."""
    search = Search(request.GET.get("q", ""), user=request.user)
    wanted = request.GET.get("in", "")
    if not wanted and (hit := search.only()):
        return redirect(hit.url)
    groups = search.groups(at_most=COUNTED, thorough=True)
    if wanted:
        groups = [group for group in groups if group.source.key == wanted]
    context = {
        "search": search,
        "groups": groups,
        "listed": LISTED,
        "listed_slice": f":{COUNTED if wanted else LISTED}",
        "wanted": wanted,
        "topics": [] if wanted else help.find(search.words),
    }
    return render(request, "search/results.html", context)
