"""Bills of materials as a graph: what is inside what, down to the last screw.

A part that is the product of a build with a current revision is a sub-assembly: it is taken apart into that revision.
Everything else is a leaf. The database refuses circles, so taking apart always ends.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection

# One query whatever the depth: which revisions are inside the given ones, then the lines of all of them.
BELOW = """
    WITH RECURSIVE inside(id) AS (
        SELECT unnest(%s::uuid[])
        UNION
        SELECT revision.id
        FROM inside
        JOIN builds_buildpart line ON line.revision_id = inside.id AND line.deleted_at IS NULL
        JOIN builds_printerbuild build ON build.product_id = line.part_id AND build.deleted_at IS NULL
        JOIN builds_buildrevision revision
            ON revision.build_id = build.id AND revision.is_current AND revision.deleted_at IS NULL
    )
    SELECT line.revision_id, line.part_id, line.quantity, revision.id
    FROM inside
    JOIN builds_buildpart line ON line.revision_id = inside.id AND line.deleted_at IS NULL
    LEFT JOIN builds_printerbuild build ON build.product_id = line.part_id AND build.deleted_at IS NULL
    LEFT JOIN builds_buildrevision revision
        ON revision.build_id = build.id AND revision.is_current AND revision.deleted_at IS NULL
    ORDER BY line.revision_id, line.position, line.id
"""

# Every product that has one of the given parts in it, directly or deep down; retired revisions are not built any more.
ABOVE = """
    WITH RECURSIVE above(part_id) AS (
        SELECT unnest(%s::uuid[])
        UNION
        SELECT build.product_id
        FROM above
        JOIN builds_buildpart line ON line.part_id = above.part_id AND line.deleted_at IS NULL
        JOIN builds_buildrevision revision
            ON revision.id = line.revision_id AND revision.status <> 'retired' AND revision.deleted_at IS NULL
        JOIN builds_printerbuild build ON build.id = revision.build_id AND build.deleted_at IS NULL
    )
    SELECT part_id FROM above
"""


class Edge(NamedTuple):
    """A line of a bill: `revision` is what the part itself is made by, None for a leaf."""

    part: UUID
    quantity: Decimal
    revision: UUID | None


class Bills:
    """The bills of `revisions` and of everything inside them, read in one query."""

    def __init__(self, revisions: Iterable[UUID]):
        self.lines: dict[UUID, list[Edge]] = {}
        self._flat: dict[UUID, dict[UUID, Decimal]] = {}
        wanted = list(revisions)
        if not wanted:
            return
        with connection.cursor() as cursor:
            cursor.execute(BELOW, [wanted])
            for revision, part, quantity, below in cursor.fetchall():
                self.lines.setdefault(revision, []).append(Edge(part, quantity, below))

    def parts(self) -> set[UUID]:
        """Every part that stands on any of these bills, sub-assemblies too."""
        return {edge.part for edges in self.lines.values() for edge in edges}

    def flat(self, revision: UUID) -> Mapping[UUID, Decimal]:
        """What one piece of `revision` takes of each leaf: {part key: quantity}, never rounded."""
        if revision not in self._flat:
            found: dict[UUID, Decimal] = {}
            for part, quantity, below in self.lines.get(revision, ()):
                if below is None:
                    found[part] = found.get(part, 0) + quantity
                    continue
                for leaf, inside in self.flat(below).items():
                    found[leaf] = found.get(leaf, 0) + quantity * inside
            self._flat[revision] = found
        return self._flat[revision]

    def depth(self, revision: UUID) -> int:
        """How many levels of sub-assemblies are below `revision`."""
        below = {edge.revision for edge in self.lines.get(revision, ()) if edge.revision}
        return 1 + max(map(self.depth, below)) if below else 0


def products_above(parts: Iterable[UUID]) -> set[UUID]:
    """The given parts and every product that contains one of them."""
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, [list(parts)])
        return {part for (part,) in cursor.fetchall()}


def lock_bills() -> None:
    """One writer of bills at a time, to the end of the transaction; the trigger against circles takes the same lock.

    Two who put each other's product on their bills at the same moment would each look fine.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('builds_bills'))")
