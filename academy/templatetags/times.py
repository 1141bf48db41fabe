"""Times in templates: {% load times %}, then {% span session.starts_at session.ends_at session.time_zone %}."""

from django import template

from academy import times

register = template.Library()
register.simple_tag(times.day, name="day")
register.simple_tag(times.short_day, name="short_day")
register.simple_tag(times.brief_day, name="brief_day")
register.simple_tag(times.clock, name="clock")
register.simple_tag(times.moment, name="moment")
register.simple_tag(times.span, name="span")
register.simple_tag(times.days, name="days")
register.simple_tag(times.day_range, name="day_range")
register.simple_tag(times.zone_name, name="zone_name")


@register.simple_tag(takes_context=True)
def span_for_viewer(context, starts_at, ends_at, zone):
    """The same span in the signed-in viewer's own zone, or nothing where their clock shows the same."""
    viewer = getattr(context.get("request"), "user", None)
    if not getattr(viewer, "is_authenticated", False) or times.same_clock(starts_at, zone, viewer.time_zone):
        return ""
    return times.span(starts_at, ends_at, viewer.time_zone)


@register.simple_tag
def span_elsewhere(starts_at, ends_at, zone, other_zone):
    """The same span in the other side's zone, or nothing where clocks show the same."""
    return "" if times.same_clock(starts_at, zone, other_zone) else times.span(starts_at, ends_at, other_zone)
