"""What the import of parts asks beside the file; the pages are those of every room (`gmtc/import_views.py`)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gmtc.import_views import ImportOptions, UploadForm


class PartImportOptions(ImportOptions):
    """Categories may come into being with the parts, where the user may add them."""

    kept = ("decimal_mark", "creates_branches")

    creates_branches = forms.BooleanField(
        label=_("Create categories that do not exist yet"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.user.has_perm("parts.add_category"):
            del self.fields["creates_branches"]


class PartUploadForm(PartImportOptions, UploadForm):
    pass
