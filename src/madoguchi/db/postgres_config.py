"""How our own PostgreSQL is set: little memory, full durability, nothing of a message in its log."""

from pathlib import Path

FILE = "madoguchi.conf"
LOG_FILES_KEPT = 5
# sun_path is 108 bytes on Linux and 104 on macOS, with the closing zero.
SOCKET_PATH_LIMIT = 103

INITDB = (
    "--encoding=UTF8",
    # The wheel has no ICU, and the machine's locales differ: C.UTF-8 is built in and the same everywhere.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-locale",
    # The socket lies in a folder only we may enter; there is no other way in.
    "--auth-local=trust",
    "--auth-host=reject",
    "--no-instructions",
)

_SETTINGS = """\
# Written by madoguchi at every start. Own settings: ALTER SYSTEM, or after the include in postgresql.conf.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 60

# Memory of a small machine. No parallel plans: the statements are many and small.
shared_buffers = 96MB
huge_pages = off
work_mem = 8MB
maintenance_work_mem = 64MB
max_parallel_workers_per_gather = 0
io_method = sync
jit = off

# A commit is on the disk when it is reported. Checkpoints are rare and spread; one flush serves many commits.
fsync = {durable}
full_page_writes = {durable}
synchronous_commit = {durable}
wal_buffers = 16MB
min_wal_size = 160MB
max_wal_size = 2GB
checkpoint_timeout = 15min
max_wal_senders = 2
max_logical_replication_workers = 0

# The queues turn over quickly: look often, clean at once.
autovacuum_max_workers = 2
autovacuum_naptime = 15s
autovacuum_vacuum_cost_delay = 1ms
default_statistics_target = 100
random_page_cost = 1.1

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'

# Neither statements, nor parameters, nor the rows an error is about: they hold what customers wrote.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%Y%m%d-%H%M%S.log'
log_rotation_size = 10MB
log_rotation_age = 0
log_checkpoints = off
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
"""


def text(sockets: Path, *, durable: bool) -> str:
    quoted = str(sockets).replace("'", "''")
    return _SETTINGS.format(sockets=quoted, durable="on" if durable else "off")
