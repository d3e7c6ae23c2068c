"""QR codes as pictures for pages."""

import io
from typing import Literal


def drawn(text: str, error: Literal["m", "q"]) -> str:
    """The QR code of a text, as SVG. `error` is its level of error correction."""
    import segno

    picture = io.BytesIO()
    segno.make(text, error=error, micro=False).save(
        picture, kind="svg", xmldecl=False, svgns=True, border=4, omitsize=True
    )
    return picture.getvalue().decode()
