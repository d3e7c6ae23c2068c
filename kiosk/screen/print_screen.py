"""The screens of a kiosk that prints badges: whose badge it is, how the print goes, what to do where none is made."""

from collections.abc import Callable, Sequence

from access.event.definition import Language
from access.event.programme import Programme
from access.log.receipt import gate_code
from config.languages import languages
from kiosk.screen.attendee_screen import Action, Question, Screen, Shape, Tone, title
from kiosk.screen.phrases import area_name, named, one_of, whole
from kiosk.screen.sentences import Wording
from web.texts import text

_Asked = tuple[int, tuple[Action, ...]]


class PrintScreens:
    """Screens for one gate. `order` are the kiosk's languages, its own first."""

    def __init__(self, programme: Programme, gate: str, order: Sequence[Language]) -> None:
        self._programme = programme
        self._gate = programme.gates[gate]
        self._order = order

    def ask_who(self, number: int, name: str, language: Language) -> Screen:
        """Whose badge it is, masked, and whether they want it."""
        asked: _Asked = (number, ("print", "cancel"))
        return self._screen("info", "badge", "confirm", language, name=name, question=asked)

    def printing(self, name: str, language: Language) -> Screen:
        return self._screen("info", "printer", "printing", language, name=name)

    def waiting(self, name: str, language: Language, trouble: str) -> Screen:
        """The printer has the badge, and something keeps it."""
        line = self._line(f"cause.printer_{trouble}")
        return self._screen(
            "ask", "printer", "waiting", language, name=name, extra=(line, *self._help)
        )

    def done(self, name: str, language: Language) -> Screen:
        return self._screen("admit", "tick", "done", language, name=name)

    def ask_came_out(self, number: int, name: str, language: Language) -> Screen:
        """The printer does not know; the person sees it."""
        asked: _Asked = (number, ("came_out", "did_not"))
        return self._screen("ask", "printer", "doubt", language, name=name, question=asked)

    def not_printed(self, name: str, language: Language, why: str = "not_printed") -> Screen:
        """Nothing was printed; `why` "no_letters": staff spell the name with letters that are there."""
        extra = self._help if why == "no_letters" else ()
        return self._screen("fault", "printer", why, language, name=name, extra=extra)

    def already(self, language: Language, *, doubt: bool = False) -> Screen:
        """It was printed, or may have been, somewhere else: staff print it again."""
        key = "doubt_elsewhere" if doubt else "already"
        return self._screen("ask", "desk", key, language, extra=self._help)

    def refused(self, reason: str, venues: Sequence[str]) -> Screen:
        """No badge is made of this code. Nobody knows who holds it, so it is said in all languages."""

        def headline(language: Language) -> str:
            if reason == "no_name":
                return text("attendee.print.no_name", language)
            nowhere = reason == "wrong_venue" and not venues
            places = (area_name(self._programme, venue, language) for venue in venues)
            return text(
                f"attendee.refused.{'not_entitled' if nowhere else reason}",
                language,
                venues=one_of(places, language),
                here=self._here(language),
                area=self._here(language),
            )

        each = tuple(
            Wording(one, headline(one), tuple(line(one) for line in self._help))
            for one in self._order
        )
        return Screen(
            state="answer",
            tone="refuse",
            shape="cross",
            wordings=each,
            each=each,
            title=title(self._programme, self._gate, self._order),
            gate=gate_code(self._programme, self._gate.id),
            arrow=self._gate.help_arrow,
            staffed=True,
        )

    def _screen(
        self,
        tone: Tone,
        shape: Shape,
        key: str,
        language: Language,
        *,
        name: str = "",
        extra: Sequence[Callable[[Language], str]] = (),
        question: _Asked | None = None,
    ) -> Screen:
        each = tuple(
            Wording(
                one,
                text(f"attendee.print.{key}", one),
                (text(f"attendee.print.{key}_next", one), *(line(one) for line in extra)),
                whole(name),
            )
            for one in languages()
        )
        asked = None
        if question is not None:
            number, actions = question
            asked = Question(number=number, answers=tuple((one, _words(one)) for one in actions))
        return Screen(
            state="answer",
            tone=tone,
            shape=shape,
            wordings=tuple(one for one in each if one.language == language),
            each=each,
            title=title(self._programme, self._gate, [language]),
            gate=gate_code(self._programme, self._gate.id),
            arrow=self._gate.help_arrow if extra else None,
            staffed=True,
            question=asked,
        )

    @property
    def _help(self) -> tuple[Callable[[Language], str], ...]:
        """Where staff are."""
        where = self._programme.venues[self._programme.venue_of(self._gate.area)].help
        if where is None:
            return (self._line("attendee.next.help_desk"),)
        return (
            lambda one: text("attendee.next.help_desk_at", one, where=whole(named(where, one))),
        )

    @staticmethod
    def _line(key: str) -> Callable[[Language], str]:
        return lambda one: text(key, one)

    def _here(self, language: Language) -> str:
        return whole(
            area_name(self._programme, self._programme.venue_of(self._gate.area), language)
        )


def _words(action: Action) -> dict[Language, str]:
    return {one: text(f"attendee.print.{action}", one) for one in languages()}
