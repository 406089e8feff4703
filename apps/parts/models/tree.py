"""What the two trees of this room, categories and storage locations, have in common."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from tree_queries.query import TreeQuerySet

from gmtc.models import AliveManager, Record, RecordQuerySet


class BranchQuerySet(TreeQuerySet, RecordQuerySet):
    def with_path(self):
        """In tree order; each row knows its depth (`tree_depth`) and the names down to it (`tree_names`)."""
        return self.with_tree_fields().tree_fields(tree_names="name")

    def below(self, branch):
        """`branch` and everything under it."""
        return self.descendants(branch, include_self=True)


class Branch(Record):
    """A named place in a tree. A database trigger refuses circles; `clean` says so beside the field first."""

    name = models.CharField(_("name"), max_length=120)

    objects = AliveManager.from_queryset(BranchQuerySet)()
    everything = BranchQuerySet.as_manager()

    class Meta(Record.Meta):
        abstract = True
        ordering = ["name"]

    def clean(self):
        if self.parent_id and not self._state.adding and type(self).everything.below(self).filter(pk=self.parent_id):
            raise ValidationError({"parent": _("This lies under “%(name)s” itself.") % {"name": self.name}})

    @property
    def path(self) -> str:
        """ "Mechanics / Screws": with the rows of `with_path()` no query, else one."""
        names = getattr(self, "tree_names", None)
        if names is None:
            names = type(self).everything.with_path().get(pk=self.pk).tree_names
        return " / ".join(names)
