"""Users in the back office. Signing in there goes through the same door as everywhere else."""

# allauth and Django register these on import; they are taken out below.
import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from apps.accounts.invitations import invite
from apps.accounts.models import User
from apps.accounts.roles import Role
from gmtc.admin import Lenient, Told

# Rate limits and the second factor hold here too.
admin.site.login = secure_admin_login(admin.site.login)
admin.site.password_change = lambda request, extra_context=None: redirect("account_change_password")

# Secrets of the second factors, the roles' groups (apps/accounts/roles.py writes them) and what our pages show better.
for model in (Authenticator, EmailAddress, UserSession, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class UserForm(forms.ModelForm):
    """Name, address and language, and the role by its verb. No password: the user sets it, by a link in a mail."""

    class Meta:
        model = User
        fields = ["name", "email", "language", "role"]

    def clean_role(self):
        role = self.cleaned_data["role"]
        others = User.objects.admins().exclude(pk=self.instance.pk)
        if User.objects.admins().filter(pk=self.instance.pk).exists() and role != Role.ADMIN and not others.exists():
            raise forms.ValidationError(_("This is the last admin: make somebody else an admin first."))
        return role


@admin.register(User)
class UserAdmin(Lenient, Told, admin.ModelAdmin):
    form = UserForm
    list_display = ["name", "email", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["name", "email"]
    fields = ["name", "email", "language", "role", "is_active", "last_login", "date_joined"]
    readonly_fields = ["is_active", "last_login", "date_joined"]

    def save_model(self, request, user, form, change):
        values = dict(form.cleaned_data)
        role = values.pop("role")
        if change:
            stored = User.objects.get(pk=user.pk)
            stored.revise(values, by=request.user)
            stored.assign_role(role, by=request.user)
        else:
            user.pk = invite(role=role, by=request.user, **values).pk

    def has_delete_permission(self, request, obj=None):
        return False  # whoever has worked here is deactivated, never deleted
