"""Spans as a collector gets them: a webhook received, its batch processed, an answer delivered. Off, nothing is imported."""

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from madoguchi import traces
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.db.pool import dedicated
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory
from tests.engine.conftest import clean_environment
from tests.inbound.conftest import Pipeline
from tests.outbound.conftest import Desk, add_conversation
from tests.support.meta import running_provider, text_message, webhook
from tests.support.ports import free_port
from tests.support.world import Workspace, make_inbox


class Collector(ThreadingHTTPServer):
    """Takes spans as OpenTelemetry's collectors do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.taken: list[tuple[str, Any]] = []

    def spans(self) -> dict[str, Any]:
        found = [
            span for _, asked in self.taken for r in asked.resource_spans for s in r.scope_spans for span in s.spans
        ]
        return {span.name: span for span in found}


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        traces.end_traces()
        server.shutdown()
        thread.join()


@pytest.fixture
async def pipeline(context: Context) -> AsyncIterator[Pipeline]:
    directory = InboxDirectory(context.db, context.secrets)
    commit = GroupCommit(context.db.dsn)
    commit.start()
    work = await dedicated(context.db.dsn)
    yield Pipeline(context.db, directory, Receiver(directory, commit), work)
    await commit.stop()
    await work.close()


async def test_the_way_of_a_message(
    collector: Collector, pipeline: Pipeline, context: Context, workspace: Workspace
) -> None:
    traces.start_traces(collector.url, "worker-inbound")
    async with running_provider() as provider:
        inbox = await make_inbox(context.db, workspace.id, graph_url=provider.url)
        assert await pipeline.post(inbox, webhook(text_message("private words"))) == 200
        await pipeline.process()
        desk = Desk(context, workspace, inbox, await add_conversation(context, inbox, "819011110002"))
        message_id = await desk.write("private answer")
        async with desk.pump():
            await desk.until(message_id, "sent")
    traces.end_traces()

    spans = collector.spans()
    assert {path for path, _ in collector.taken} == {"/v1/traces"}
    assert spans.keys() == {"receive", "process", "deliver"}
    where = {"madoguchi.workspace_id": str(workspace.id), "madoguchi.inbox_id": str(inbox.id)}
    assert _attributes(spans["receive"]) == {**where, "madoguchi.channel": "whatsapp", "madoguchi.stored": True}
    (link,) = spans["process"].links
    assert (link.trace_id, link.span_id) == (spans["receive"].trace_id, spans["receive"].span_id)
    assert where.items() <= _attributes(spans["process"]).items()
    assert {"madoguchi.rows": 1, "madoguchi.events": 1}.items() <= _attributes(spans["process"]).items()
    assert _attributes(spans["deliver"]) == {
        **where,
        "madoguchi.conversation_id": str(desk.conversation_id),
        "madoguchi.message_id": str(message_id),
        "madoguchi.channel": "whatsapp",
        "madoguchi.lane": "conversational",
        "madoguchi.outcome": "accepted",
    }
    assert not any("private" in str(asked) for _, asked in collector.taken)
    (resource,) = {str(r.resource) for _, asked in collector.taken for r in asked.resource_spans}
    assert "worker-inbound" in resource


def _attributes(span: Any) -> dict[str, Any]:
    return {
        each.key: each.value.bool_value or each.value.int_value or each.value.string_value for each in span.attributes
    }


async def test_an_error_is_named_and_not_quoted(collector: Collector) -> None:
    traces.start_traces(collector.url, "here")
    with pytest.raises(ValueError, match="private words"), traces.span("process", "consumer"):
        raise ValueError("private words")
    assert traces.parent() is None
    traces.end_traces()
    span = collector.spans()["process"]
    assert (span.status.message, len(span.events)) == ("ValueError", 0)


async def test_off_leaves_no_mark(pipeline: Pipeline, inbox: InboxConfig) -> None:
    assert await pipeline.post(inbox, webhook(text_message("hello"))) == 200
    assert traces.PARENT not in (await pipeline.one("SELECT headers FROM ingest_log"))["headers"]
    code = "import sys, madoguchi.pumps, madoguchi.app; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: ASYNC221


def test_without_the_libraries_the_start_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util as util; found = util.find_spec; "
        "util.find_spec = lambda name, *more: None if name == 'opentelemetry' else found(name, *more); "
        "from madoguchi.processes.prepare import main; sys.exit(main([]))"
    )
    given = clean_environment(
        MADOGUCHI_TRACES_URL="http://127.0.0.1:1",
        MADOGUCHI_DATA_DIR=str(tmp_path),
        MADOGUCHI_DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/none",
        MADOGUCHI_SECRET_KEY="a-key-long-enough",
    )
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=False)
    assert (done.returncode, "pip install madoguchi[traces]" in done.stderr) == (1, True)
