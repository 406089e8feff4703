"""From a stored reference ("orders.customerorder", id) to the page of that record."""

from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect

from gmtc.models import Record


@login_required
def go(request, kind: str, pk):
    """The page itself asks for the permission; here only its address is found."""
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError) as unknown:
        raise Http404 from unknown
    if not issubclass(model, Record) or not hasattr(model, "get_absolute_url"):
        raise Http404
    return redirect(get_object_or_404(model.everything, pk=pk))
