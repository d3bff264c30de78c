"""Health, figures, the console's files, and the API's description."""

import subprocess
import sys
from pathlib import Path

import pytest

from madoguchi.api import static
from madoguchi.context import Context
from madoguchi.db.pool import dedicated
from madoguchi.pumps import BACKGROUND, INBOUND, OUTBOUND
from tests.support.web import Web
from tests.support.world import Workspace

ROOT = Path(__file__).parents[2]


async def test_ready_when_a_worker_lives(web: Web, context: Context) -> None:
    client = await web.client()
    before = await client.get(f"{web.url}/readyz")
    assert before.status_code == 503
    assert before.json()["checks"] == {"database": True, "migrations": True, "workers": False}
    worker = await dedicated(context.db.dsn)
    for lane in (INBOUND, OUTBOUND):
        await worker.execute("SELECT pg_advisory_lock_shared(7300, %s)", (lane,))
        assert (await client.get(f"{web.url}/readyz")).status_code == 503, "a lane is missing"
    await worker.execute("SELECT pg_advisory_lock_shared(7300, %s)", (BACKGROUND,))
    assert (await client.get(f"{web.url}/readyz")).status_code == 200
    await worker.close()


async def test_figures_for_prometheus(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.owner)
    await client.get(f"agents/{workspace.agent.id}")
    text = (await client.get(f"{web.url}/metrics")).text
    assert 'madoguchi_http_requests_total{method="GET",path="/api/v1/agents/{agent_id}",status="200"}' in text
    assert 'madoguchi_lane_waiting{lane="inbound"} 0.0' in text
    assert str(workspace.agent.id) not in text


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "console"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>console</title>")
    (folder / "docs.html").write_text("<title>docs</title>")
    (folder / "assets" / "main-1a2b.js").write_text("console.log('hello');" * 100)
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(static, "FOLDER", folder)
    return folder


async def test_the_console_is_a_page_and_assets(web: Web, built: Path) -> None:
    assert built
    client = await web.client()
    for path in ("/", "/conversations/0198", "/settings/inboxes"):
        page = await client.get(f"{web.url}{path}")
        assert page.text == "<title>console</title>", path
        assert page.headers["cache-control"] == "no-store"
        assert "script-src 'self';" in page.headers["content-security-policy"]
    asset = await client.get(f"{web.url}/assets/main-1a2b.js")
    assert asset.headers["content-type"].startswith("text/javascript")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-encoding"] == "gzip"
    assert (await client.get(f"{web.url}/api/docs")).text == "<title>docs</title>"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/assets/x.js"]
)
async def test_only_the_build_is_served(web: Web, built: Path, path: str) -> None:
    assert built
    answer = await (await web.client()).get(f"{web.url}{path}")
    assert "secret" not in answer.text
    assert answer.status_code in {200, 404}


async def test_before_the_build_a_page_says_so_in_both_languages(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static, "FOLDER", tmp_path / "nothing")
    page = await (await web.client()).get(f"{web.url}/")
    assert page.status_code == 200
    assert "make console" in page.text
    assert "ビルドされていません" in page.text


async def test_the_description_names_every_operation(web: Web) -> None:
    document = (await (await web.client()).get(f"{web.url}/api/openapi.json")).json()
    operations = [
        operation for item in document["paths"].values() for operation in item.values() if "operationId" in operation
    ]
    assert len({operation["operationId"] for operation in operations}) == len(operations) > 30
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        assert "default" in operation["responses"]
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    post = document["paths"]["/api/v1/inboxes"]["post"]
    assert post["requestBody"]["content"]["application/json"]["examples"]


def test_the_description_in_the_documents_is_the_present_one() -> None:
    # In a process of its own: the order of imports must not matter.
    exported = subprocess.run(
        [sys.executable, ROOT / "tools" / "export_openapi.py", "--check"], capture_output=True, text=True, check=False
    )
    assert exported.returncode == 0, exported.stderr
