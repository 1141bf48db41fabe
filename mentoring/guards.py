"""Nobody is in two places at once: guards against overlapping slots and bookings.

Slots of one mentor are compared with their buffers, so that group slots work;
bookings of one learner are compared by their own times. Back-to-back is allowed.
"""

from academy.db_guards import Guard, add

BTREE_GIST = "CREATE EXTENSION IF NOT EXISTS btree_gist"


def _no_overlap(name, table, *, owner, begins, ends, live):
    """Return the Guard: no two rows of `table` with one `owner`, overlapping times and the condition `live` (SQL).

    `live` is a condition on status with {row} where the row's alias goes.
    """
    overlap = (
        f"{live.format(row='NEW.')} AND EXISTS (SELECT 1 FROM {table} AS other"  # noqa: S608  all parts are ours
        f" WHERE other.{owner} = NEW.{owner} AND {live.format(row='other.')}"
        f" AND other.{begins} < NEW.{ends} AND other.{ends} > NEW.{begins}"
    )
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
    return Guard(
        name=name,
        table=table,
        postgres=(
            BTREE_GIST,
            f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist"
            f" ({owner} WITH =, tstzrange({begins}, {ends}, '[)') WITH &&) WHERE ({live.format(row='')})",
        ),
        sqlite={
            "insert": f"BEFORE INSERT ON {table} FOR EACH ROW WHEN {overlap}) {refuse}",
            "update": f"BEFORE UPDATE ON {table} FOR EACH ROW WHEN {overlap} AND other.id <> NEW.id) {refuse}",
        },
    )


slots_apart = add(
    _no_overlap(
        "slot_busy_times_apart",
        "mentoring_coachingslot",
        owner="mentor_id",
        begins="busy_from",
        ends="busy_until",
        live="{row}status = 'open'",
    )
)
bookings_apart = add(
    _no_overlap(
        "booking_times_apart",
        "mentoring_booking",
        owner="learner_id",
        begins="starts_at",
        ends="ends_at",
        live="{row}status IN ('held', 'booked', 'took_place', 'no_show')",
    )
)
