"""What a report is asked for, in its address."""

import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.reports import open_items, periods, sales, stock_value
from gmtc import countries
from gmtc.filters import RemoteField
from gmtc.forms import DateInput, RemoteSelect


class Question(forms.Form):
    """A form whose fields all have an answer to begin with; `asked` is what the address says, or that."""

    required_css_class = ""

    def __init__(self, data):
        begin = {name: field.initial for name, field in self.base_fields.items() if field.initial is not None}
        super().__init__(begin | data.dict())
        self.is_valid()

    def asked(self, name: str):
        """The cleaned value; where it makes no sense, what the form begins with."""
        value = self.cleaned_data.get(name)
        return self.fields[name].initial if value in (None, "") else value


def by_field(choices) -> forms.ChoiceField:
    return forms.ChoiceField(label=_("By"), choices=choices, initial=choices[0][0])


def customer_field() -> RemoteField:
    return RemoteField(
        Customer.everything.all(),
        required=False,
        label=_("Customer"),
        widget=RemoteSelect("customers:customer_choices"),
    )


class SalesQuestion(Question):
    by = by_field(sales.By.choices)
    period = forms.ChoiceField(label=_("Period"), choices=periods.Choice.choices, initial=periods.Choice.THIS_YEAR)
    since = forms.DateField(label=_("From"), required=False, widget=DateInput)
    until = forms.DateField(label=_("Until"), required=False, widget=DateInput)
    customer = customer_field()
    country = forms.ChoiceField(
        label=_("Country"), required=False, choices=lambda: [("", _("any")), *countries.choices()]
    )

    def clean(self):
        found = super().clean()
        if found.get("since") and found.get("until") and found["since"] > found["until"]:
            self.add_error("until", _("This is before the first day."))
        return found

    def wanted_period(self) -> periods.Period:
        """From two days, where both are given and make sense; a day alone is completed to its year."""
        chosen = periods.Choice(self.asked("period"))
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        today = timezone.localdate()
        if chosen == periods.Choice.OWN and (since or until):
            since = since or datetime.date(until.year, 1, 1)
            until = until or max(since, today)
            return periods.Period(since, until)
        return chosen.period(today)


class StockQuestion(Question):
    by = by_field(stock_value.By.choices)
    on = forms.DateField(
        label=_("As of"), required=False, widget=DateInput, help_text=_("The end of that day; empty is now.")
    )

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This lies in the future."))
        return None if day == timezone.localdate() else day


class OpenItemsQuestion(Question):
    by = by_field(open_items.By.choices)
    customer = customer_field()
