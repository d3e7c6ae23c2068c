"""pretix asked for the same tasks over its REST API; needs requests alone. Prints JSON lines. See README.md.

    python pretix_rest.py http://127.0.0.1:8345 ORGANISER EVENT LIST TOKEN SECRETS [PAGES]

SECRETS is a file with a ticket secret on each line: as many are checked in, one call each as its scanner does. PAGES:
stop the first sync after so many pages, and say so.
"""

import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

TIMES = 20
PAGE = 50
"""Its API gives no more in one page."""


class Api:
    """One connection, one token."""

    def __init__(self, url: str, organiser: str, token: str) -> None:
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Token {token}"
        self._url = f"{url}/api/v1/organizers/{organiser}"

    def get(self, path: str, **query: str | int) -> Any:
        answer = self._session.get(self._url + path, params=query, timeout=600)
        answer.raise_for_status()
        return answer.json()

    def redeem(self, checkin_list: int, secret: str) -> None:
        """One queued check-in, as an offline scanner sends it: forced, with a nonce and the time of the scan."""
        body = {
            "lists": [checkin_list],
            "secret": secret,
            "force": True,
            "nonce": uuid.uuid4().hex,
            "datetime": datetime.now(UTC).isoformat(),
        }
        answer = self._session.post(f"{self._url}/checkinrpc/redeem/", json=body, timeout=600)
        answer.raise_for_status()
        if answer.json()["status"] != "ok":
            raise RuntimeError(f"not checked in: {answer.json()}")


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def first_sync(api: Api, event: str, pages: int | None) -> int:
    """Fetch all orders, page by page; how many there were."""
    orders = number = 0
    while pages is None or number < pages:
        number += 1
        page = api.get(f"/events/{event}/orders/", page=number, page_size=PAGE)
        orders += len(page["results"])
        if page["next"] is None:
            break
    return orders


def main(
    url: str, organiser: str, event: str, checkin_list: str, token: str, file: str, pages: str = ""
) -> None:
    api = Api(url, organiser, token)
    secrets = Path(file).read_text(encoding="utf-8").split()
    orders = 0

    def fetch() -> None:
        nonlocal orders
        orders = first_sync(api, event, int(pages) if pages else None)

    def upload() -> None:
        for secret in secrets:
            api.redeem(int(checkin_list), secret)

    show("first sync", timed(fetch), "s", f"{orders} orders of one ticket, pages of {PAGE}")
    show("upload", timed(upload), "s", f"{len(secrets)} check-ins, one call each")
    since = datetime.now(UTC).isoformat()
    nothing = [
        timed(lambda: api.get(f"/events/{event}/orders/", modified_since=since, page_size=PAGE))
        for _ in range(TIMES)
    ]
    show("nothing new", 1000 * statistics.median(nothing), "ms", "orders since a moment ago")
    status = [
        timed(lambda: api.get(f"/events/{event}/checkinlists/{checkin_list}/status/"))
        for _ in range(TIMES)
    ]
    show("status", 1000 * statistics.median(status), "ms", "of the check-in list")


def show(name: str, figure: float, unit: str, note: str) -> None:
    line = {"bench": f"pretix: {name}", "figure": figure, "unit": unit, "note": note}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
