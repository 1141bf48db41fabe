"""Form fields that mean the wall clock of the place where a thing happens.

Wagtail shows and reads times in the zone of whoever edits. A session in London
that starts at 10:00 starts at 10:00 there, whoever types it.
"""

import datetime
import zoneinfo

from django import forms
from django.utils import timezone


class WallClockField(forms.DateTimeField):
    """A moment shown and read on the clocks of `zone` (ZoneInfo); the value is an aware datetime."""

    zone = datetime.UTC

    def prepare_value(self, value):
        if isinstance(value, datetime.datetime) and timezone.is_aware(value):
            return timezone.make_naive(value, self.zone)
        return value

    def to_python(self, value):
        with timezone.override(self.zone):
            return super().to_python(value)

    def has_changed(self, initial, data):
        # The widget shows minutes, so seconds that were left out are no change.
        if isinstance(initial, datetime.datetime):
            initial = initial.replace(second=0, microsecond=0)
        return super().has_changed(initial, data)


class WallClockMixin:
    """For model forms with a `time_zone`: their WallClockFields are shown and read in that zone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        zone = self._zone()
        for field in self.fields.values():
            if isinstance(field, WallClockField):
                field.zone = zone

    def _zone(self):
        name = self.instance.time_zone
        if self.is_bound and "time_zone" in self.fields:
            name = self.data.get(self.add_prefix("time_zone")) or name
        # What was typed may be no zone at all; the field then says so.
        return zoneinfo.ZoneInfo(name if name in zoneinfo.available_timezones() else "UTC")
