"""What survives a restart, in one SQLite file: small batches of changed documents."""

import json
import sqlite3
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madoguchi.simulator import state
from madoguchi.simulator.state import Callback, Json, World
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

# kind → its class; threads are keyed by number and customer, everything else by its id.
KINDS: dict[str, Any] = {
    "portfolios": state.Portfolio,
    "apps": state.App,
    "tokens": state.Token,
    "wabas": state.Waba,
    "numbers": state.Number,
    "templates": state.Template,
    "customers": state.Customer,
    "threads": state.Thread,
    "messages": state.Message,
    "media": state.Media,
    "uploads": state.Upload,
    "catalogs": state.Catalog,
    "flows": state.Flow,
}


class Store:
    """With no path everything here does nothing: the world lives and dies with the process."""

    def __init__(self, path: Path | None) -> None:
        self._db = sqlite3.connect(path) if path else None
        self._dirty: set[tuple[str, Any]] = set()
        if self._db:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS document "
                "(kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID",
            )
            self._db.commit()

    def touch(self, kind: str, key: object) -> None:
        """Something of this kind was changed, added or removed."""
        if self._db:
            self._dirty.add((kind, key))

    def save(self, sim: "Simulator", *, pending: bool = False) -> None:
        if not self._db:
            return
        changed, self._dirty = self._dirty, set()
        if not changed and not pending:
            return
        rows = [_row(sim, kind, key) for kind, key in changed if kind != "meta"]
        rows.append(("meta", "clock", json.dumps(_clock(sim))))
        rows.append(("meta", "settings", json.dumps(sim.settings.as_json())))
        if pending:
            rows.append(("meta", "pending", json.dumps(_pending(sim))))
        with self._db:
            self._db.executemany(
                "INSERT INTO document VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                [row for row in rows if row[2] is not None],
            )
            self._db.executemany(
                "DELETE FROM document WHERE kind = ? AND id = ?",
                [row[:2] for row in rows if row[2] is None],
            )

    def load(self, sim: "Simulator") -> bool:
        """Fill the world; False when there was nothing to fill it from."""
        if not self._db:
            return False
        documents = self._db.execute("SELECT kind, id, body FROM document").fetchall()
        found = [(kind, id_, json.loads(body)) for kind, id_, body in documents]
        for kind, _, body in found:
            if kind in KINDS:
                _restore(sim.world, kind, body)
        _restore_chats(sim.world)
        _restore_meta(sim, {id_: body for kind, id_, body in found if kind == "meta"})
        return bool(found)

    def clear(self) -> None:
        self._dirty.clear()
        if self._db:
            with self._db:
                self._db.execute("DELETE FROM document")

    def close(self) -> None:
        if self._db:
            self._db.close()


def _row(sim: "Simulator", kind: str, key: Any) -> tuple[str, str, str | None]:
    item = getattr(sim.world, kind).get(key)
    id_ = "/".join(key) if isinstance(key, tuple) else str(key)
    return kind, id_, json.dumps(asdict(item), ensure_ascii=False) if item else None


def _clock(sim: "Simulator") -> Json:
    return {"offset": sim.clock.offset, "frozen": sim.clock.frozen}


def _pending(sim: "Simulator") -> list[Json]:
    return [{"app": a, "url": u, "update": asdict(update)} for a, u, update in sim.dispatcher.pending()]


def _restore(world: World, kind: str, body: Json) -> None:
    item = KINDS[kind](**body)
    if kind in {"apps", "numbers"} and item.callback:
        item.callback = Callback(**item.callback)
    if kind == "numbers" and isinstance(item.blocked, list):
        item.blocked = dict.fromkeys(item.blocked, 0.0)
    if kind == "wabas":
        item.subscribed = {app: Callback(**c) if c else None for app, c in item.subscribed.items()}
    key = (item.number_id, item.customer_id) if kind == "threads" else getattr(item, "id", "")
    getattr(world, kind)[key or item.value] = item


def _restore_chats(world: World) -> None:
    for message in sorted(world.messages.values(), key=lambda m: m.at):
        chat = world.chats.setdefault((message.number_id, message.customer_id), deque())
        chat.append(message.id)


def _restore_meta(sim: "Simulator", meta: Json) -> None:
    if "settings" in meta:
        sim.settings.merge(meta["settings"])
    if "clock" in meta:
        sim.clock.set_offset(meta["clock"]["offset"])
        if meta["clock"]["frozen"]:
            sim.clock.freeze()
    for entry in meta.get("pending", []):
        sim.dispatcher.requeue(entry["app"], entry["url"], Update(**entry["update"]))
