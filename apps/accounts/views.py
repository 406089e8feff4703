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
from gmtc.errors import Refused
from gmtc.views import Chip, ListView


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


def user_page(request, pk, **forms):
    """The page of a user; `forms` are those that were refused."""
    person = get_object_or_404(User.objects.with_second_factor(), pk=pk)
    stored = {"name": person.name, "email": person.email, "language": person.language, "role": person.role}
    context = {
        "person": person,
        "role_form": RoleForm(record=person, user=request.user, initial=stored),
        "person_form": PersonForm(record=person, user=request.user, initial=stored),
        **forms,
    }
    return render(request, "accounts/user_detail.html", context, status=422 if forms else 200)


@permitted("accounts.change_user")
@require_POST
def user_edit(request, pk):
    form = PersonForm(request.POST, record=get_object_or_404(User, pk=pk), user=request.user)
    if form.is_valid() and form.try_call():
        messages.success(request, _("Saved."))
        return redirect(form.record)
    return user_page(request, pk, person_form=form)


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
    return user_page(request, pk, role_form=form)


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


user_deactivate = user_verb(
    lambda user, by: user.deactivate(by=by), lambda: _("%(name)s is signed out everywhere and cannot sign in any more.")
)
user_activate = user_verb(lambda user, by: user.activate(by=by), lambda: _("%(name)s may sign in again."))
user_end_sessions = user_verb(lambda user, by: user.end_sessions(), lambda: _("%(name)s is signed out everywhere."))
user_reset_second_factor = user_verb(
    lambda user, by: user.reset_second_factor(by=by), lambda: _("%(name)s signs in with the password alone again.")
)
user_send_link = user_verb(
    lambda user, by: send_invitation(user), lambda: _("%(name)s gets a mail with a link to set a password.")
)
