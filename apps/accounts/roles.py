"""Which role may do what. One Django permission a verb; `migrate` writes this table into the role's group.

`view_*`, `add_*`, `change_*`, `delete_*` are Django's; every other verb is named in its model's `Meta.permissions`.
A pattern is matched against "app.codename".
"""

from fnmatch import fnmatch

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMIN = "admin", _("Admin")
    MANAGER = "manager", _("Manager")
    STAFF = "staff", _("Staff")
    VIEWER = "viewer", _("Viewer")


# Rooms whose records are the business; the rest is Django's own machinery, which only admins see.
BUSINESS = "parts suppliers customers orders builds deliveries invoicing documents reports notifications".split()

VIEWER = [f"{room}.view_*" for room in BUSINESS] + ["company.view_company"]
STAFF = VIEWER + [
    "*.export_*",
    "*.import_*",
    "parts.add_part",
    "parts.change_part",
    "parts.add_category",
    "parts.change_category",
    "parts.receive_part",
    "parts.issue_part",
    "parts.transfer_part",
    "parts.reserve_part",
    "parts.count_part",
    "suppliers.add_*",
    "suppliers.change_*",
    "suppliers.receive_purchaseorder",
    "customers.add_*",
    "customers.change_*",
    "customers.note_customer",
    "customers.check_customer",
    "customers.finish_interaction",
    "customers.delete_contact",
    "orders.add_customerorder",
    "orders.change_customerorder",
    "orders.quote_customerorder",
    "orders.confirm_customerorder",
    "orders.reserve_customerorder",
    "builds.add_buildrevision",
    "builds.change_buildrevision",
    "builds.add_productionjob",
    "builds.change_productionjob",
    "builds.plan_productionjob",
    "builds.release_productionjob",
    "builds.start_productionjob",
    "builds.pick_productionjob",
    "builds.test_productionjob",
    "builds.complete_productionjob",
    "builds.change_printer",
    "invoicing.add_invoice",
    "invoicing.change_invoice",
    "invoicing.issue_invoice",
    "invoicing.record_payment_invoice",
    "deliveries.add_delivery",
    "deliveries.change_delivery",
    "deliveries.ship_delivery",
    "deliveries.deliver_delivery",
    "documents.add_*",
]
MANAGER = [f"{room}.*" for room in BUSINESS] + ["company.view_company", "accounts.view_user"]

GRANTS = {Role.ADMIN: ["*"], Role.MANAGER: MANAGER, Role.STAFF: STAFF, Role.VIEWER: VIEWER}


def grants(role: str, permission: str) -> bool:
    """Whether `role` holds `permission` ("parts.receive_part")."""
    return any(fnmatch(permission, pattern) for pattern in GRANTS[Role(role)])


def sync() -> None:
    """Make each role's group hold exactly its permissions."""
    # apps.get_model, because Group and Permission cannot be imported before the registry is ready
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    permissions = list(Permission.objects.select_related("content_type"))
    for role in Role:
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set(
            permission
            for permission in permissions
            if grants(role, f"{permission.content_type.app_label}.{permission.codename}")
        )


def sync_after_migrate(sender, **kwargs) -> None:
    """Called once per app; permissions are complete after the last app that has models."""
    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    if sender is last:
        sync()
