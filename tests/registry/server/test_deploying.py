"""The proxy configurations of docs/deploying.md, as they stand there, with the real programs."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3

from sync.transport.tls_certificate import certificate_at
from sync.wire.enrolment_code import EnrolmentCode

DOCS = Path(__file__).parents[3] / "docs" / "deploying.md"
JIANMEN = Path(sys.executable).with_name("jianmen")
NAME = "registry.example"
PASSWORD = "a password of mine"
PATIENCE_S = 60
TRUSTED = Path("/usr/local/share/ca-certificates")


def block(kind: str) -> str:
    """A block of code of the page."""
    found = re.search(rf"```{kind}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Site:
    """The registry as a proxy shows it, at a port of this machine."""

    def __init__(self, port: int, pin: str) -> None:
        self.pin = pin
        self.url = f"https://127.0.0.1:{port}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = False
        self.session.headers["Host"] = NAME

    def log_in(self, password: str = PASSWORD) -> requests.Response:
        page = self.session.get(f"{self.url}/login", timeout=PATIENCE_S)
        token = re.search(r'name="page_token" value="([^"]+)"', page.text)
        assert token is not None
        form = {"account": "admin", "password": password, "page_token": token[1]}
        return self.session.post(
            f"{self.url}/login", data=form, timeout=PATIENCE_S, allow_redirects=False
        )


@pytest.fixture
def behind(data: Path, tmp_path: Path, serve: Callable[..., Any]) -> int:
    """A registry with the settings of the page; its port."""
    settings = tmp_path / "registry.toml"
    text = block("toml").replace("8743", "0")
    settings.write_text(text)
    url: str = serve(data, "--settings", settings).url
    return int(url.rpartition(":")[2])


@pytest.fixture(scope="module", autouse=True)
def _trusted_as_before() -> Iterator[None]:
    """Fails where a proxy added an authority of its own to those that this machine trusts."""
    before = sorted(TRUSTED.glob("*"))
    yield
    assert sorted(TRUSTED.glob("*")) == before


@pytest.fixture(params=["nginx", "caddy"])
def site(request: pytest.FixtureRequest, behind: int, tmp_path: Path) -> Iterator[Site]:
    if shutil.which(request.param, path="/usr/sbin:/usr/bin:/bin") is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path / request.param
    folder.mkdir()
    certificate = certificate_at(folder)
    command = {"nginx": nginx, "caddy": caddy}[request.param]
    process, port = started(lambda port: command(folder, port, behind, certificate), folder)
    site = Site(port, certificate.fingerprint)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            yield site
    finally:
        site.session.close()
        process.kill()  # an orderly end waits until the last stream has noticed that its browser is gone
        process.communicate(timeout=PATIENCE_S)


def started(
    command: Callable[[int], list[str]], folder: Path
) -> tuple[subprocess.Popen[bytes], int]:
    """A proxy that listens, and its port; another port where one was taken before the proxy could have it."""
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "PATH": "/usr/sbin:/usr/bin"}
    for _ in range(5):
        port = free_port()
        process = subprocess.Popen(
            command(port),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=folder,
        )
        try:
            wait_for(port, process)
        except ProcessLookupError:
            process.communicate(timeout=PATIENCE_S)
        else:
            return process, port
    raise AssertionError("the proxy ended five times")


def nginx(folder: Path, port: int, behind: int, certificate: Any) -> list[str]:
    server = block("nginx").replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    server = server.replace("127.0.0.1:8743", f"127.0.0.1:{behind}")
    server = server.replace("/etc/ssl/registry.pem", str(certificate.certificate))
    server = server.replace("/etc/ssl/registry.key", str(certificate.key))
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{server}}}\n"
    )
    return ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, port: int, behind: int, certificate: Any) -> list[str]:
    site = block("caddyfile").replace("127.0.0.1:8743", f"127.0.0.1:{behind}")
    site = site.replace(
        "{\n    request_body",
        f"{{\n    tls {certificate.certificate} {certificate.key}\n    request_body",
        1,
    )
    site = site.replace(f"{NAME} {{", f"{NAME}, 127.0.0.1 {{", 1)
    # As root it would add its own authority to those that this machine trusts.
    own = "skip_install_trust\n    admin off\n    auto_https disable_redirects"
    head = f"{{\n    default_sni {NAME}\n    {own}\n    https_port {port}\n}}\n"
    (folder / "Caddyfile").write_text(head + site)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the proxy listens. Raises ProcessLookupError where it has ended."""
    while process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise ProcessLookupError(process.pid)


def test_people_log_in_and_the_cookie_goes_over_tls_alone(site: Site) -> None:
    answer = site.log_in()
    assert answer.status_code == 302
    assert "Secure" in answer.headers["Set-Cookie"]
    page = site.session.get(f"{site.url}/people", timeout=PATIENCE_S)
    assert page.status_code == 200
    assert page.url.endswith("/people")
    logins = site.session.get(f"{site.url}/api/v1/logins", timeout=PATIENCE_S).json()["logins"]
    assert logins[0]["address"] == "127.0.0.1"


def test_strangers_see_nothing_although_they_come_from_this_machine_to_the_registry(
    site: Site,
) -> None:
    for path in ("headcount", "kiosks", "registrants"):
        assert site.session.get(f"{site.url}/api/v1/{path}", timeout=PATIENCE_S).status_code == 401


def test_the_stream_comes_at_once_and_ends_when_the_browser_leaves(site: Site) -> None:
    site.log_in()
    with site.session.get(
        f"{site.url}/api/v1/headcount/stream", stream=True, timeout=PATIENCE_S
    ) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert next(stream.iter_lines()).startswith(b"retry")


def test_a_kiosks_code_names_the_public_address_and_a_kiosk_exchanges_through_the_proxy(
    site: Site, tmp_path: Path
) -> None:
    site.log_in()
    page = site.session.get(f"{site.url}/kiosks", timeout=PATIENCE_S)
    token = re.search(r'name="page-token" content="([^"]+)"', page.text)
    assert token is not None
    answer = site.session.post(
        f"{site.url}/api/v1/kiosks/code",
        json={"gate": "chengdu-main-1"},
        headers={"X-Jianmen-Token": token[1]},
        timeout=PATIENCE_S,
    ).json()
    assert answer["warning"] == ""
    code = EnrolmentCode.parse(answer["text"])
    assert (code.url, code.pin) == (f"https://{NAME}", None)
    # No name server of the tests knows the public name, and no authority the certificate.
    here = replace(code, url=site.url, pin=site.pin)
    for args in (["kiosk", "enrol", here.text()], ["sync", "once"]):
        done = subprocess.run(
            [JIANMEN, *args, "--data", tmp_path / "kiosk"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
