"""A user's own notifications; nobody sees another's, so there is no permission beside being signed in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.notifications.models import Kind, Notification, Preference

PER_PAGE = 50


def own(request):
    return Notification.objects.filter(user=request.user)


@login_required
@require_GET
def menu(request):
    """The fragment under the bell."""
    return render(request, "notifications/menu.html", {"newest": own(request)[:8]})


@login_required
@require_GET
def notification_list(request):
    rows = own(request).unread() if request.GET.get("unread") else own(request)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/list.html", {"page": page, "only_unread": bool(request.GET.get("unread"))})


@login_required
@require_POST
def open_(request, pk):
    """Mark it read and go where it points."""
    notification = get_object_or_404(own(request), pk=pk)
    own(request).filter(pk=pk).mark_read()
    return redirect(notification.url or "notifications:list")


@login_required
@require_POST
def mark_all_read(request):
    own(request).mark_read()
    return menu_or_list(request)


@login_required
@require_POST
def mark_read(request, pk):
    get_object_or_404(own(request), pk=pk)
    own(request).filter(pk=pk).mark_read()
    return menu_or_list(request)


def menu_or_list(request):
    if request.htmx:
        return render(request, "notifications/menu.html", {"newest": own(request)[:8]})
    return redirect("notifications:list")


@login_required
@require_http_methods(["GET", "POST"])
def preferences(request):
    """For each kind: in the app, by mail, both or not at all."""
    choices = Preference.of(request.user)
    if request.method == "POST":
        with transaction.atomic():
            for kind in Kind.values:
                Preference.objects.update_or_create(
                    user=request.user,
                    kind=kind,
                    defaults={"in_app": f"{kind}-in_app" in request.POST, "mail": f"{kind}-mail" in request.POST},
                )
        messages.success(request, _("Your choice is saved."))
        return redirect("notifications:preferences")
    rows = [(Kind(kind), choices[kind]) for kind in Kind.values]
    return render(request, "notifications/preferences.html", {"rows": rows})
