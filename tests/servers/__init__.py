"""Real servers for tests and benches: PostgreSQL, Valkey, our web server, Celery worker and beat.

Each is one child process, known by its id, on a free port of the loopback interface, with its data and log
below a temporary folder. It can be stopped, killed with SIGKILL, and started again on the same port and data.
"""

from tests.servers.databases import Postgres, Valkey
from tests.servers.ours import Beat, Ours, RestingWeb, Web, Worker
from tests.servers.process import ROOT, Server, ServerFailed, free_port, temporary_folder, wait_until

__all__ = [
    "ROOT",
    "Beat",
    "Ours",
    "Postgres",
    "RestingWeb",
    "Server",
    "ServerFailed",
    "Valkey",
    "Web",
    "Worker",
    "free_port",
    "temporary_folder",
    "wait_until",
]
