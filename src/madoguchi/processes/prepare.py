"""Before anything serves: is this a database we can work with, is its schema ours, is the key the right one?

A process of its own, because Alembic is needed for half a second and its memory for nothing else.
"""

import sys
from collections.abc import Callable

import structlog

from madoguchi.core.errors import StartError
from madoguchi.db.installation import check_secret_key, offer_set_up
from madoguchi.db.migrate import migrate
from madoguchi.db.server import check_server, connect, facts_of
from madoguchi.logs import configure_logs
from madoguchi.processes.orphans import die_with_parent
from madoguchi.settings import load_settings, secret_key_of
from madoguchi.traces import check_traces

log = structlog.get_logger()


def prepare(dsn: str, secret_key: str) -> str | None:
    """The token that makes the first workspace in the browser, None when there is one already. Raises StartError."""
    with connect(dsn) as connection:
        facts = facts_of(connection)
        check_server(facts)
        if facts.superuser:
            log.warning("the database role is a superuser: row-level security does not hold it to a workspace")
        applied = migrate(dsn)
        if applied:
            log.info("the schema was brought up to date", revisions=applied)
        check_secret_key(connection, secret_key)
        return offer_set_up(connection, secret_key)


def main(arguments: list[str]) -> int:
    die_with_parent()
    return run_or_explain(lambda: _main(arguments))


def _main(arguments: list[str]) -> None:
    settings = load_settings()
    demo = arguments[:1] == ["--demo"]
    configure_logs(settings.log)
    check_traces(settings.traces_url)
    dsn, secret_key = settings.database_url or "", secret_key_of(settings)
    if demo:
        # The terminal is the demo's: nothing is news there that went well.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    token = prepare(dsn, secret_key)
    if demo:
        from madoguchi.demo.seed import seed_once

        seed_once(settings, console_url=arguments[1])
    elif token:
        # Not through the log: it is for whoever started this. It is good until somebody has used it.
        print(f"There is no workspace yet. Make it in the browser: {settings.public_url}/set-up#{token}", flush=True)


def run_or_explain(work: Callable[[], None]) -> int:
    """The exit code; a StartError becomes its one line."""
    try:
        work()
    except StartError as error:
        print(f"madoguchi: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
