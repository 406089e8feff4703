from apps.numbering.models import Series
from gmtc.forms import RecordForm


class SeriesForm(RecordForm):
    groups = [("", [("prefix", 3), ("has_year", 3), ("digits", 3), ("first", 3)])]

    class Meta:
        model = Series
        fields = ["prefix", "has_year", "digits", "first"]

    def clean_prefix(self):
        return self.cleaned_data["prefix"].upper()
