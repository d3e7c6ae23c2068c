#!/usr/bin/env bash
# pyipp 0.17.2: an attribute that is not in its table of tags is left out of the request, silently.
#
# `print-scaling: none` is what keeps a badge at its size (PWG 5100.13; CUPS and printers shrink a page to their default
# paper otherwise, and a code of 30 mm becomes one of 17 mm). Expected: it is sent, or refused with an error. Instead the
# request goes out without it and succeeds; the only trace is a line at log level DEBUG. `media` is sent, but as a name
# where RFC 8011 has "keyword | name" and printers' own names are keywords.
#
# Jianmen adds both to the table before its first request (hardware/printers/ipp.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install pyipp==0.17.2 || cannot "no package index"

"$work/venv/bin/python" - <<'PYTHON_END'
from importlib.metadata import version

from pyipp.enums import IppOperation
from pyipp.serializer import encode_dict

print("pyipp", version("pyipp"))
sent = encode_dict({
    "version": (2, 0),
    "operation": IppOperation.PRINT_JOB,
    "operation-attributes-tag": {"attributes-charset": "utf-8"},
    "job-attributes-tag": {"copies": 1, "media": "om_label_62x100mm", "print-scaling": "none"},
})
print(sent)
scaling, medium = b"print-scaling" in sent, b"\x42\x00\x05media" in sent
print("print-scaling sent:", scaling, "| media sent as a name (0x42):", medium)
raise SystemExit("pyipp encodes otherwise now" if scaling or not medium else 0)
PYTHON_END
