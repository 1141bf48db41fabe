"""What was issued never changes: guards that refuse to update frozen columns and to delete rows."""

from academy.db_guards import Guard, add

from .models import Certificate, CertificateEvent, CertificateFile, SerialCounter


def _frozen(name, model, *, mutable=(), clearable=(), and_never="FALSE"):
    """Return the Guard: rows of `model` are never deleted, and only some columns ever change.

    `mutable` columns may change, `clearable` ones may become NULL (an account
    was deleted), and a change for which the SQL condition `and_never` holds is
    refused all the same.
    """
    table = model._meta.db_table
    free = [*mutable, *clearable]
    cleared = [f"(NEW.{column} IS NOT NULL AND NEW.{column} {{differs}} OLD.{column})" for column in clearable]
    frozen = [field.column for field in model._meta.concrete_fields if field.column not in free]

    def condition(vendor):
        differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
        parts = [*(f"OLD.{column} {differs} NEW.{column}" for column in frozen), *cleared, f"({and_never})"]
        return " OR ".join(part.format(differs=differs) for part in parts)

    names = ", ".join(f"'{column}'" for column in free)
    # On PostgreSQL whole rows are compared, so that a column added later is frozen without a new trigger.
    whole = f"to_jsonb(OLD) - ARRAY[{names}]::text[] IS DISTINCT FROM to_jsonb(NEW) - ARRAY[{names}]::text[]"
    exceptions = " OR ".join(part.format(differs="IS DISTINCT FROM") for part in [*cleared, f"({and_never})"])
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
    return Guard(
        name=name,
        table=table,
        postgres=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'DELETE' OR {whole} OR {exceptions}"
            f" THEN RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
            " RETURN NEW; END $$",
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ),
        sqlite={
            "update": f"BEFORE UPDATE ON {table} FOR EACH ROW WHEN {condition('sqlite')} {refuse}",
            "delete": f"BEFORE DELETE ON {table} FOR EACH ROW {refuse}",
        },
    )


certificate_is_frozen = add(
    _frozen(
        "certificate_is_frozen",
        Certificate,
        mutable=["status", "failure", "needs_review", "revoked_at", "revoked_by_id", "revocation_reason"],
        clearable=["issued_by_id"],
        and_never="OLD.status IN ('revoked', 'replaced') AND (NEW.status <> OLD.status"
        " OR NEW.revoked_at {differs} OLD.revoked_at OR NEW.revocation_reason <> OLD.revocation_reason)",
    )
)
event_is_frozen = add(_frozen("certificate_event_is_frozen", CertificateEvent, clearable=["by_id"]))
file_is_frozen = add(_frozen("certificate_file_is_frozen", CertificateFile))
counter_only_rises = add(
    _frozen("certificate_counter_only_rises", SerialCounter, mutable=["last"], and_never="NEW.last < OLD.last")
)
