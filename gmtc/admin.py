"""The back office of every room: Django's admin over the same verbs as the pages.

Saving is `save(by=…)` or `revise(…)`, deleting is `discard(by=…)`; nothing here leaves the database for good.
"""

from decimal import Decimal

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IS_POPUP_VAR, ActionLocation, IncorrectLookupParameters
from django.contrib.admin.templatetags import admin_list
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError, models, transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm

from gmtc import figures
from gmtc.errors import Refused
from gmtc.export import export_response
from gmtc.history import entries
from gmtc.money import cents

AUDIT = ["created_at", "created_by", "updated_at", "updated_by"]
AT_MOST_AT_ONCE = 500  # records an action takes; each one is locked, checked and written with its history

admin.site.site_title = admin.site.site_header = _("GM-TC back office")
admin.site.index_title = _("Back office")
admin.site.site_url = "/"
admin.site.empty_value_display = "–"


def shown(value, field, empty_value_display, **kwargs):
    """Decimals as the pages write them; Django prints every place of the column, and 15,000 reads as thousands.

    No currency: a supplier's prices are in that supplier's own.
    """
    if not isinstance(field, models.DecimalField) or not isinstance(value, Decimal) or field.decimal_places == 2:
        return display_for_field(value, field, empty_value_display, **kwargs)
    if field.decimal_places == 4:  # a unit price
        return number_format(value, 2 if value == cents(value) else 4)
    return figures.quantity(value)


# Django asks no admin how a field of the model is written, in lists and where it is only read.
admin_list.display_for_field = helpers.display_for_field = shown


class RecordForm(forms.ModelForm):
    """`seen_version` is what the user saw; someone else's edit in between is not overwritten."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.version

    def _get_validation_exclusions(self):
        # A constraint that names a column outside the form is skipped; ours all name this one.
        return super()._get_validation_exclusions() - {"deleted_at"}

    def clean(self):
        cleaned = super().clean()
        if not self.instance._state.adding and cleaned.get("seen_version") != self.instance.version:
            raise ValidationError(
                _("%(who)s has saved this record since you opened it. Open it again and repeat your change."),
                params={"who": self.instance.updated_by or _("The system")},
                code="stale_edit",
            )
        return cleaned


class TrashFilter(admin.SimpleListFilter):
    title = _("trash")
    parameter_name = "trash"

    def lookups(self, request, model_admin):
        return [("1", _("In the trash"))]

    def choices(self, changelist):
        all_of_them, *rest = super().choices(changelist)
        return [all_of_them | {"display": _("Not in the trash")}, *rest]

    def queryset(self, request, queryset):
        return queryset.trashed() if self.value() else queryset.alive()


EXPORTS = ["export_csv", "export_xlsx"]


class Exports(ExportMixin):
    """import-export's page for what the list shows, two actions for what is ticked; both with the file of the pages.

    `resource` is the room's (`gmtc/resources.py`). The permission is `export_<model>` unless `export_permission` says
    otherwise. Importing has its preview on the pages: `import_page` names the first, for whoever may `import_<model>`.
    """

    resource = None
    export_permission = ""
    import_page = ""
    export_form_class = ExportForm
    export_template_name = "admin/record_export.html"  # the library's has inline handlers, which our CSP refuses
    import_export_change_list_template = None

    def get_resource_classes(self, request):
        return [self.resource]

    def get_export_formats(self):
        return [CSV, XLSX]

    def has_export_permission(self, request):
        permission = self.export_permission or self._permission("export")
        return self.resource is not None and request.user.has_perm(permission)

    def _permission(self, verb: str) -> str:
        return f"{self.opts.app_label}.{get_permission_codename(verb, self.opts)}"

    def get_export_context_data(self, **kwargs):
        return {"columns": self.resource().get_export_headers()}

    def _do_file_export(self, file_format, request, queryset, export_form=None):
        """Streamed: the library would hold an object for each record and the whole file in memory."""
        return export_response(queryset, self.resource, format=file_format.get_extension(), request=request)

    @admin.action(description=_("Export as CSV"), permissions=["export"])
    def export_csv(self, request, queryset):
        return export_response(queryset, self.resource, format="csv", request=request)

    @admin.action(description=_("Export as Excel"), permissions=["export"])
    def export_xlsx(self, request, queryset):
        return export_response(queryset, self.resource, format="xlsx", request=request)

    def changelist_view(self, request, extra_context=None):
        may_import = self.import_page and request.user.has_perm(self._permission("import"))
        page = {"import_url": reverse(self.import_page) if may_import else ""}
        return super().changelist_view(request, page | (extra_context or {}))


class RemoteSelect(AutocompleteSelect):
    """Django's asks the database for any key, and so fails at one that cannot be one."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [each for each in value if self._may_be_key(each)], attr)

    def _may_be_key(self, value) -> bool:
        try:
            self.field.target_field.to_python(value)
        except ValidationError:
            return False
        return True


class Lenient:
    """A filter that cannot be meant, such as the year 99999, is answered as Django answers those that it knows itself:
    by the whole list and a word; a key that cannot be one chooses nothing."""

    def get_changelist_instance(self, request):
        try:
            with transaction.atomic():  # what the database refuses leaves the connection as it was
                return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as nonsense:
            raise IncorrectLookupParameters from nonsense

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RemoteSelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class Told:
    """The history page as the pages tell it: who did what and when, with the fields that changed."""

    object_history_template = "admin/record_history.html"

    def history_view(self, request, object_id, extra_context=None):
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(record)s") % {"record": record},
            "entries": entries(record, limit=200),
            "object": record,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)


class RecordAdmin(Lenient, Told, Exports, admin.ModelAdmin):
    """Back office of a Record. A room gives `list_display`, `search_fields`, and `fieldsets` where groups help.

    `list_page` names the list of the pages, to which the back office leads.
    """

    form = RecordForm
    list_page = ""
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    actions = ["move_to_trash", "take_out", *EXPORTS]
    change_list_template = "admin/record_list.html"
    delete_confirmation_template = "admin/record_delete.html"

    # --- Lists

    def get_queryset(self, request):
        rows = self.model.everything.all()
        if ordering := self.get_ordering(request):
            rows = rows.order_by(*ordering)
        return rows

    def get_list_select_related(self, request):
        foreign = {field.name for field in self.opts.fields if field.many_to_one}
        return [name for name in self.get_list_display(request) if name in foreign] or False

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), TrashFilter]

    def get_search_results(self, request, queryset, search_term):
        if request.resolver_match.url_name == "autocomplete":
            queryset = queryset.alive()
        return super().get_search_results(request, queryset, search_term)

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        actions.pop("move_to_trash" if "trash" in request.GET else "take_out", None)
        return actions

    def changelist_view(self, request, extra_context=None):
        page = {"list_page_url": reverse(self.list_page) if self.list_page else ""}
        return super().changelist_view(request, page | (extra_context or {}))

    @admin.action(description=_("Move to the trash"), permissions=["delete"])
    def move_to_trash(self, request, queryset):
        done = self._each(request, queryset, lambda record: record.discard(by=request.user))
        text = ngettext("%(count)s record moved to the trash.", "%(count)s records moved to the trash.", done)
        if done:
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    @admin.action(description=_("Take out of the trash"), permissions=["restore"])
    def take_out(self, request, queryset):
        done = self._each(request, queryset, lambda record: record.restore(by=request.user))
        text = ngettext("%(count)s record restored.", "%(count)s records restored.", done)
        if done:
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    def _each(self, request, queryset, verb) -> int:
        """Do what can be done and name each refusal. Returns how many were done."""
        records = list(queryset[: AT_MOST_AT_ONCE + 1])
        if len(records) > AT_MOST_AT_ONCE:
            text = _("At most %(count)s records at once.") % {"count": AT_MOST_AT_ONCE}
            self.message_user(request, text, messages.ERROR)
            return 0
        done = 0
        for record in records:
            try:
                verb(record)
                done += 1
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            except ValidationError as error:
                self.message_user(request, f"{record}: {' '.join(error.messages)}", messages.ERROR)
        return done

    # --- One record

    def get_fieldsets(self, request, obj=None):
        """The room's groups, then what nobody types in."""
        own = self.fieldsets or [(None, {"fields": [field.name for field in self.opts.fields if field.editable]})]
        if obj is None:
            return own
        seen = ["seen_version"] if self.has_change_permission(request, obj) else []
        return [*own, (_("Record"), {"fields": [*self.model.running, *AUDIT, *seen]})]

    def get_readonly_fields(self, request, obj=None):
        kept = [*self.model.running, *AUDIT] if obj else []
        return [*super().get_readonly_fields(request, obj), *kept]

    def get_autocomplete_fields(self, request):
        """Every foreign key: the page never holds thousands of options."""
        return [
            field.name
            for field in self.opts.fields
            if field.many_to_one
            and field.editable
            and field.related_model in self.admin_site._registry
            and self.admin_site._registry[field.related_model].search_fields
        ]

    def save_model(self, request, record, form, change):
        if not change:
            record.save(by=request.user, reason="admin")
            return
        written = {field.name for field in self.opts.fields if field.editable}
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in written}
        stored = self.model.everything.get(pk=record.pk)
        stored.revise(values, by=request.user, version=form.cleaned_data["seen_version"])

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:  # somebody was quicker, between our check and the lock
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.get_full_path())

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def get_deleted_objects(self, objs, request):
        """What the confirmation page shows: the record, and whoever keeps it from being deleted."""
        names = [str(record) for record in objs]
        users = [user for record in objs for user in record.used_by()]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), users

    def delete_model(self, request, record):
        record.discard(by=request.user)

    def response_delete(self, request, obj_display, obj_id):
        """Where Django leads; its own words would say that the record is gone."""
        if IS_POPUP_VAR in request.POST:
            return super().response_delete(request, obj_display, obj_id)
        text = _("%(record)s is in the trash now.") % {"record": obj_display}
        self.message_user(request, text, messages.SUCCESS)
        filters = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        changelist = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return redirect(add_preserved_filters(filters, changelist))

    # --- Who may

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not getattr(obj, "deleted_at", None)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not getattr(obj, "deleted_at", None)

    def has_restore_permission(self, request):
        own = f"restore_{self.opts.model_name}" in dict(self.opts.permissions)
        verb = "restore" if own else "delete"
        return request.user.has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}")


class Locked:
    """Mixed into an admin or an inline whose rows are only written by verbs: everything can be read."""

    actions = EXPORTS

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class LockedAdmin(Lenient, Locked, Exports, admin.ModelAdmin):
    """Rows without a history of their own, such as the ledger."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    change_list_template = "admin/record_list.html"

    def get_readonly_fields(self, request, obj=None):
        return [field.name for field in self.opts.fields]

    def history_view(self, request, object_id, extra_context=None):
        raise Http404


class LockedInline(Locked, admin.TabularInline):
    """Lines have no permissions of their own: whoever may read the document reads them."""

    extra = 0

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def has_view_permission(self, request, obj=None):
        return self.admin_site.get_model_admin(self.parent_model).has_view_permission(request)


def link_to_list(model, text, **lookups):
    """A link for a read-only field: the list of `model` in the back office, narrowed by `lookups`."""
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist", query=lookups)
    return format_html('<a href="{}">{}</a>', url, text)
