"""Pages about oneself, and about the users for those who let them in."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.accounts.filters import UserFilter
from apps.accounts.forms import InviteForm, PersonForm, ProfileForm, RoleForm
from apps.accounts.invitations import send_invitation
from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.accounts.tables import UserTable
from gmtc.errors import Refused, StaleEdit
from gmtc.history import changes_since
from gmtc.views import ActionView, Chip, ListView


def permitted(permission: str):
    """Signed in and permitted; others are sent to the sign-in or refused."""

    def decorate(view):
        return login_required(permission_required(permission, raise_exception=True)(view))

    return decorate


def answer(request, *, fallback: str = "/"):
    """After a small change: nothing to draw for htmx, else back to where the user was."""
    if request.htmx:
        return HttpResponse(status=204)
    target = request.POST.get("next") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = fallback
    return redirect(target)


def refused(request, refusal: Refused, *, fallback: str = "/"):
    if request.htmx:
        return HttpResponse(str(refusal), status=422, content_type="text/plain; charset=utf-8")
    messages.error(request, str(refusal))
    return answer(request, fallback=fallback)


# --- Oneself


@login_required
def profile(request):
    user = request.user
    stored = {"name": user.name, "language": user.language, "theme": user.theme}
    form = ProfileForm(request.POST or None, record=User.objects.get(pk=user.pk), user=user, initial=stored)
    if request.method == "POST" and form.is_valid() and form.try_call():
        messages.success(request, _("Saved."))
        return redirect("accounts:profile")
    context = {"form": form, "has_second_factor": user.has_second_factor()}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def prefer(request):
    """Remember a choice: `page`, `key` and `value` (JSON)."""
    try:
        value = json.loads(request.POST.get("value", ""))
        request.user.prefer(request.POST.get("page", "app"), request.POST.get("key", ""), value)
    except ValueError:
        return refused(request, Refused(_("This cannot be remembered.")))
    except Refused as refusal:
        return refused(request, refusal)
    return answer(request)


@login_required
@require_POST
def views_save(request):
    """Keep the filters of a list: `page`, `name`, `query`."""
    try:
        request.user.save_view(*(request.POST.get(field, "") for field in ("page", "name", "query")))
    except Refused as refusal:
        return refused(request, refusal)
    return answer(request)


@login_required
@require_POST
def views_delete(request):
    request.user.delete_view(request.POST.get("page", ""), request.POST.get("name", ""))
    return answer(request)


# --- Users


class UserList(ListView):
    permission = "accounts.view_user"
    template_name = "accounts/user_list.html"
    queryset = User.objects.with_second_factor()
    filterset_class = UserFilter
    table_class = UserTable
    chips = (
        Chip(gettext_lazy("May sign in"), {"active": "true"}, Q(is_active=True)),
        Chip(gettext_lazy("May not sign in"), {"active": "false"}, Q(is_active=False)),
        *(Chip(role.label, {"role": role.value}, Q(role=role)) for role in Role),
    )


@permitted("accounts.add_user")
def user_invite(request):
    form = InviteForm(request.POST or None, record=None, user=request.user)
    if request.method == "POST" and form.is_valid() and form.try_call():
        messages.success(request, _("%(name)s gets a mail with a link to set a password.") % {"name": form.record})
        return redirect(form.record)
    return render(request, "accounts/user_invite.html", {"form": form}, status=422 if form.errors else 200)


@permitted("accounts.view_user")
def user_detail(request, pk):
    return user_page(request, pk)


def user_page(request, pk, *, status: int = 200, **refused):
    """The page of a user; `refused` are the forms that were, and what others changed meanwhile."""
    person = get_object_or_404(User.objects.with_second_factor(), pk=pk)
    stored = {name: getattr(person, name) for name in ("name", "email", "language", "role", "version")}
    context = {
        "person": person,
        "role_form": RoleForm(record=person, user=request.user, initial=stored),
        "person_form": PersonForm(record=person, user=request.user, initial=stored),
        **refused,
    }
    return render(request, "accounts/user_detail.html", context, status=status)


@permitted("accounts.change_user")
@require_POST
def user_edit(request, pk):
    form = PersonForm(request.POST, record=get_object_or_404(User, pk=pk), user=request.user)
    if not form.is_valid():
        return user_page(request, pk, status=422, person_form=form)
    try:
        form.call()
    except StaleEdit as conflict:
        # What was typed stays; sent once more, it goes on top of the other's change, which is shown.
        form.data = form.data.copy()
        form.data["version"] = conflict.record.version
        changes = changes_since(conflict.record, conflict.since)
        return user_page(request, pk, status=409, person_form=form, changes=changes)
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal))
        return user_page(request, pk, status=422, person_form=form)
    messages.success(request, _("Saved."))
    return redirect(form.record)


@permitted("accounts.change_user")
@require_POST
def user_role(request, pk):
    user = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST, record=user, user=request.user)
    if form.is_valid() and form.try_call():
        messages.success(
            request, _("%(name)s has the role “%(role)s” now.") % {"name": user, "role": user.get_role_display()}
        )
        return redirect(user)
    return user_page(request, pk, status=422, role_form=form)


def user_verb(act, done):
    """A button on the user's page."""

    @permitted("accounts.change_user")
    @require_POST
    def view(request, pk):
        user = get_object_or_404(User, pk=pk)
        try:
            act(user, request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done() % {"name": user})
        return redirect(user)

    return view


class UserDeactivate(ActionView):
    """Asks first: whoever is deactivated loses what they are typing."""

    model = User
    permission = "accounts.change_user"
    template_name = "accounts/user_deactivate.html"
    verb = "deactivate"
    title = gettext_lazy("Deactivate %(record)s")
    button = gettext_lazy("Deactivate")
    done = gettext_lazy("%(record)s is signed out everywhere and cannot sign in any more.")
    danger = True

    def record(self):
        return get_object_or_404(User, pk=self.kwargs["pk"])


user_activate = user_verb(lambda user, by: user.activate(by=by), lambda: _("%(name)s may sign in again."))
user_end_sessions = user_verb(lambda user, by: user.end_sessions(), lambda: _("%(name)s is signed out everywhere."))
user_reset_second_factor = user_verb(
    lambda user, by: user.reset_second_factor(by=by), lambda: _("%(name)s signs in with the password alone again.")
)
user_send_link = user_verb(
    lambda user, by: send_invitation(user), lambda: _("%(name)s gets a mail with a link to set a password.")
)
