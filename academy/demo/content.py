"""Read the demo's YAML so that every mistake in it is reported with its line."""

import zoneinfo
from datetime import date, datetime, time, timedelta

import yaml


class ContentError(Exception):
    """The content is broken; the text says where (file and line) and what."""


class Entry(dict):
    """A mapping of the YAML that knows its line; a missing key is reported with it."""

    line = 0
    source = ""

    def __missing__(self, key):
        raise ContentError(f"{self.source}, line {self.line}: “{key}” is missing.")

    def text(self, key, language):
        """Return the text (str) under `key` in a language; "" if the entry has no such key."""
        value = self.get(key)
        if value is None:
            return ""
        if not isinstance(value, Entry):
            raise ContentError(f"{self.source}, line {self.line}: “{key}” needs a text per language.")
        return " ".join(value[language].split()) if "\n\n" not in value[language] else value[language]

    def columns(self, key, field=None, languages=("cs", "en")):
        """Return {field_cs: ..., field_en: ...} (dict of str) for a translated column."""
        return {f"{field or key}_{language}": self.text(key, language) for language in languages}


class _Loader(yaml.SafeLoader):
    source = ""


def _mapping(loader, node):
    entry = Entry(loader.construct_mapping(node, deep=True))
    entry.line = node.start_mark.line + 1
    entry.source = loader.source
    return entry


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(path):
    """Return the YAML file at `path` (Path) as an Entry.

    Raises ContentError that names the line where the file cannot be parsed.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            loader = _Loader(stream)
            loader.source = path.name
            try:
                content = loader.get_single_data()
            finally:
                loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContentError(f"{path.name}, line {mark.line + 1}: {error.problem or error.context}.") from error
    if not isinstance(content, Entry):
        raise ContentError(f"{path.name}, line 1: the file holds no content.")
    return content


def day(entry, now, zone):
    """Return the date of {week, weekday}: weeks from the Monday of the week of `now`, 1 = Monday."""
    if not 1 <= entry["weekday"] <= 7:
        raise ContentError(f"{entry.source}, line {entry.line}: “weekday” is 1 (Monday) to 7 (Sunday).")
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    return monday + timedelta(weeks=entry["week"], days=entry["weekday"] - 1)


def moment(entry, clock, now, tz, *, key="date"):
    """Return the aware datetime of the day under `key` at wall-clock `clock` ("HH:MM") in zone `tz` (IANA name)."""
    try:
        zone = zoneinfo.ZoneInfo(tz)
        hour, minute = (int(part) for part in clock.split(":"))
        at = time(hour, minute)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, AttributeError) as error:
        raise ContentError(f"{entry.source}, line {entry.line}: {clock!r} in {tz!r} is no time of day.") from error
    on: date = day(entry[key] if key else entry, now, zone)
    return datetime.combine(on, at, zone)
