"""Running a demo before somebody's eyes, from its start to its last line."""

import time
from collections.abc import Callable

from hardware.system.stop_signal import Stop
from jianmen.demo.errors import DemoError, PortTakenError, StoppedError
from jianmen.demo.keys import Keys
from jianmen.demo.registry_view import SilentError
from jianmen.demo.run import Demo, Options
from jianmen.demo.state import Result, State
from jianmen.demo.table import Display

LOOK_S = 0.5
"""How often the numbers are made anew."""

ENDING_S = 10.0
"""So long before the end of its minutes nobody comes any more: the last numbers have to arrive."""

LAST_ANSWERS_S = 40.0
"""Whoever stands before a door is answered first."""

DRAIN_S = 150.0
"""A carrier whose link was cut for long tries again every twenty seconds or so, and the machine may be busy."""

SETTLE_S = 10.0
"""The registry works its counts out once a second; a busy machine gets some more."""

CUT_KEY, CUT_KEY_VENUE = "c", "meishan"


def present(options: Options, minutes: float | None, display: Display, stop: Stop) -> int:
    """Run a demo, for so many minutes from when its doors are open.

    Returns the exit status: 0 when all that was simulated was counted, 1 when not, 2 when it cannot run here.
    """
    words, status = "", 0
    try:
        with Demo(options, stop, display.say) as demo:
            demo.open()
            _say_addresses(demo, display)
            show = _Show(demo, display, stop)
            show.watch(None if minutes is None else minutes * 60 - ENDING_S)
            result = show.finish()
    except StoppedError:
        words = "Stopped before it was open."
    except (DemoError, SilentError) as error:
        words, status = f"{error}\nThe demo has ended early.", 1
    except (PortTakenError, OSError) as error:
        words, status = f"The demo cannot run here: {error}.", 2
    finally:
        display.close()
    if words:
        display.say(f"{words} The data and logs are in {options.data}")
        return status
    display.result(result)
    return 0 if result.equal and result.drained else 1


def _say_addresses(demo: Demo, display: Display) -> None:
    display.say(f"Dashboard  {demo.registry.url}/   to log in: admin, {demo.password}")
    for one in demo.sites:
        display.say(f"Screen     {one.screen}   {one.gate}")


class _Show:
    """An open demo and those who watch it."""

    def __init__(self, demo: Demo, display: Display, stop: Stop) -> None:
        self._demo = demo
        self._display = display
        self._stop = stop

    def watch(self, seconds: float | None) -> None:
        """People come for so long, or (None) until somebody has seen enough."""
        began = time.monotonic()
        with Keys() as keys:
            while seconds is None or time.monotonic() - began < seconds:
                for key in keys.pressed():
                    self._press(key)
                self._look()
                if self._stop.wait(LOOK_S):
                    return

    def finish(self) -> Result:
        """Let those before the doors through, heal every link, wait until everything has arrived, and compare."""
        demo = self._demo
        demo.close_doors()
        self._wait_until(lambda: demo.people_gone, LAST_ANSWERS_S)
        for link in demo.links.values():
            link.heal()
        drained = self._wait_until(lambda: self._look().drained, DRAIN_S)
        result = demo.watch.result(drained=drained)
        settled = time.monotonic() + SETTLE_S
        while not result.equal and time.monotonic() < settled:
            time.sleep(LOOK_S)
            result = demo.watch.result(drained=drained)
        return result

    def _wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Whether it came to be; somebody who asks twice for the end does not wait for it."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until or self._stop.asked_again:
                return False
            time.sleep(LOOK_S)
        return True

    def _look(self) -> State:
        self._demo.check()
        state = self._demo.watch.state()
        self._display.state(state)
        return state

    def _press(self, key: str) -> None:
        venues = list(self._demo.links)
        if key == "q":
            self._stop.ask()
        elif key == CUT_KEY:
            self._demo.toggle(CUT_KEY_VENUE)
        elif key.isdecimal() and 1 <= int(key) <= len(venues):
            self._demo.toggle(venues[int(key) - 1])
