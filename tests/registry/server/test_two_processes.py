"""Two `jianmen registry serve` over one PostgreSQL, behind nginx: whichever answers, it is one registry."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jianmen.testing.ipp_printer import free_port
from jianmen.testing.waiting import until
from tests.registry.server.conftest import EVENT, PATIENCE_S, jianmen

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}
http {{
    access_log off;
    {paths}
    upstream registry {{ server 127.0.0.1:{one}; server 127.0.0.1:{other}; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://registry;
            proxy_set_header Host $http_host;
            proxy_buffering off;
            proxy_next_upstream error timeout http_503;
        }}
    }}
}}
"""


@pytest.fixture
def servers(folders: list[Path], serve: Callable[..., Any]) -> list[Any]:
    return [
        serve(folder, "--settings", folder / "settings.toml", "--workers", "1")
        for folder in folders
    ]


@pytest.fixture
def balancer(servers: list[Any], tmp_path: Path) -> Iterator[str]:
    """nginx in front of both; its address."""
    if shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin") is None:
        pytest.skip("nginx is not installed")
    folder, port = tmp_path / "nginx", free_port()
    folder.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    one, other = (server.url.rpartition(":")[2].strip("/") for server in servers)
    paths = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    text = NGINX.format(folder=folder, paths=paths, one=one, other=other, port=port)
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen(
        ["nginx", "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"],
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin"},
    )
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait(PATIENCE_S)


def ask(url: str, folder: Path | None = None) -> Any:
    """A JSON answer; `folder`: with the rights of the machine whose data folder that is."""
    request = urllib.request.Request(url)
    if folder is not None:
        token = json.loads((folder / "serving.json").read_text())["token"]
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def answers(url: str) -> bool:
    try:
        return bool(ask(url))
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def test_two_processes_are_one_registry(
    folders: list[Path], servers: list[Any], balancer: str, tmp_path: Path
) -> None:
    one, other = servers
    counts = f"{balancer}/api/v1/headcount"
    until(lambda: answers(counts), "nginx")
    with urllib.request.urlopen(f"{other.url}/api/v1/headcount/stream", timeout=PATIENCE_S) as page:
        assert b"SmartHK" in _event(page)
        changed = EVENT.read_text(encoding="utf-8").replace("SmartHK", "Another name")
        (tmp_path / "event.toml").write_text(changed, encoding="utf-8")
        settings = folders[0] / "settings.toml"
        done = jianmen("event", tmp_path / "event.toml", "--settings", settings, "--yes")
        assert done.exit_code == 0, done.stderr
        assert b"Another name" in _event(page)
    done = jianmen("import", tmp_path / "people.csv", "--settings", settings)
    assert done.exit_code == 0, done.stderr
    (job,) = ask(f"{other.url}/api/v1/jobs", folders[1])["jobs"]
    assert (job["kind"], job["state"]) == ("import", "done")
    assert ask(f"{other.url}/api/v1/registrants", folders[1])["total"] == 2

    one.process.kill()
    one.process.communicate(timeout=PATIENCE_S)  # its worker ends too
    until(lambda: all(answers(counts) for _ in range(4)), "the other process to answer for both")


def _event(page: Any) -> bytes:
    """The data of the next headcount of a stream."""
    for line in page:
        if line.strip() == b"event: headcount":
            return bytes(next(iter(page)))
    raise AssertionError("the stream has ended")
