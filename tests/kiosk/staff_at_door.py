"""Somebody of the staff at the screen of a door, with a card: requests as its pages make them."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from hardware.ports.door_contacts import now_ms
from hardware.ports.events import Reading

PATIENCE_S = 20.0


class StaffAtDoor:
    """Works with a stand whose loop runs beside the test. `path` is that of the page: its requests go below it."""

    path: ClassVar[str]

    def __init__(self, stand: Any, client: Any, card: Any) -> None:
        self.stand = stand
        self.world = stand.world
        self.card = card
        self.client = client
        self._token = {"X-Jianmen-Token": client.application.jinja_env.globals["token"]}

    def post(self, action: str, **asked: Any) -> Any:
        return self.client.post(f"{self.path}/{action}", json=asked, headers=self._token)

    def why(self, action: str, **asked: Any) -> str:
        """Why something is not done."""
        answer = self.post(action, **asked)
        assert answer.status_code == 409, answer.text
        return answer.get_json()["why"]

    def state(self) -> dict[str, Any]:
        answer = self.client.get(f"{self.path}/state")
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def scan(self, text: str) -> None:
        """Somebody holds up a badge, and the door has answered."""
        self.stand.inputs.put("camera", Reading(text, b"", "test", 1.0, now_ms()))
        self.stand.loop.submit(lambda: None).result(PATIENCE_S)

    def show_card(self, text: str | None = None) -> Any:
        """Press the button and hold up a card (None: their own); the answer."""
        return self.show("card", text or self.card.text, "Show the staff card")

    def show(self, action: str, text: str, asked_for: str) -> Any:
        """Ask for something that the door waits for a code to do, and hold the code up; the answer."""
        answers: list[Any] = []
        asked = threading.Thread(target=lambda: answers.append(self.post(action)))
        asked.start()
        self.wait_for_card(asked_for)
        self.scan(text)
        asked.join(PATIENCE_S)
        return answers[0]

    def wait_for_card(self, asked_for: str = "Show the staff card") -> None:
        """Until the door asks for a staff card, or another code."""
        seen = ""
        while self.stand.headline != asked_for:
            found = self.stand.screen_feed.after(seen, PATIENCE_S)
            assert found is not None
            seen, _ = found
