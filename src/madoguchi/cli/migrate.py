"""`madoguchi migrate`."""

from madoguchi.cli.common import DataOption, JsonOption, answer, database, load


def migrate(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Bring the database's schema up to date. `serve` does the same at its start."""
    from madoguchi.db.migrate import migrate as apply
    from madoguchi.db.migrate import newest
    from madoguchi.db.server import check_server, connect, facts_of

    with database(load(data)) as dsn:
        with connect(dsn) as connection:
            check_server(facts_of(connection))
        applied = apply(dsn)
    done = f"Applied {', '.join(applied)}." if applied else "Nothing to do."
    answer(as_json, {"applied": applied, "revision": newest()}, f"{done} The schema is at {newest()}.")
