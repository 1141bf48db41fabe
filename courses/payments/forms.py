"""What the office fills in about a bank statement."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .statements.lines import to_symbol
from .statements.table import FIELDS, NEEDED, recognised

LABELS = {
    "date": gettext_lazy("Date"),
    "amount": gettext_lazy("Amount"),
    "variable_symbol": gettext_lazy("Variable symbol"),
    "currency": gettext_lazy("Currency"),
    "bank_id": gettext_lazy("The bank's number of the transfer"),
    "account": gettext_lazy("Other account"),
    "bank_code": gettext_lazy("Bank code of the other account"),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Bank statement"),
        help_text=gettext_lazy(
            "GPC (ABO) or CSV as your bank exports it, at most 2 MB. Nothing is counted before you look."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".gpc,.abo,.csv,.txt"}),
    )


class ColumnsForm(forms.Form):
    """Which column of the table is which fact; `titles` are the table's."""

    def __init__(self, *args, titles, **kwargs):
        super().__init__(*args, **kwargs)
        known = recognised(titles)
        choices = [
            (str(place), title or _("column %(number)s") % {"number": place + 1}) for place, title in enumerate(titles)
        ]
        for name in FIELDS:
            is_needed = name in NEEDED
            self.fields[name] = forms.TypedChoiceField(
                label=LABELS[name],
                choices=[("", "–"), *choices],
                required=is_needed,
                coerce=int,
                empty_value=None,
                initial=known.get(name, ""),
            )


class ReviewForm(forms.Form):
    """The lines that were chosen, and the symbols written beside lines that have none we know."""

    def __init__(self, data, *, groups):
        super().__init__(data)
        self.groups = groups
        self.refused = {}

    def clean(self):
        cleaned = super().clean()
        cleaned["numbers"], cleaned["assigned"] = set(), {}
        for group in self.groups:
            for proposal in group.proposals:
                number = proposal.line.number
                if proposal.can_be_chosen and f"line-{number}" in self.data:
                    cleaned["numbers"].add(number)
                proposal.written = self.data.get(f"symbol-{number}", "").strip()
                if proposal.can_be_assigned and proposal.written:
                    symbol = to_symbol(proposal.written)
                    if symbol is None:
                        proposal.error = _("A variable symbol has up to ten digits.")
                        self.add_error(
                            None, _("Line %(number)s: %(what)s") % {"number": number, "what": proposal.error}
                        )
                    cleaned["numbers"].add(number)
                    cleaned["assigned"][number] = symbol
                proposal.is_chosen = number in cleaned["numbers"]
        return cleaned
