#!/usr/bin/env bash
# zxing-cpp's Python API: `symbology_identifier` is the same for a QR code that declares its character set and one that does not.
#
# A QR code may say which character set its bytes are in (an ECI); then its symbology identifier is ]Q2, otherwise ]Q1
# (ISO/IEC 15424). Expected: `barcode.symbology_identifier` tells the two apart. Instead it is ]Q1 for both, and nothing else
# in the result says whether `text` was declared or guessed; the text mode HexECI alone begins with the right identifier.
# It matters for bytes that fit several sets: D5 C5 CE B0 is a Chinese name in GB18030, and four half-width katakana in Shift-JIS.
#
# Jianmen reads such a code once more in that mode (hardware/decoding/zxing.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
command -v "$PYTHON" >/dev/null || cannot "there is no $PYTHON (PYTHON=…)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$PYTHON" -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install zxing-cpp==3.1.1 segno==1.6.6 numpy==2.4.6 ||
    cannot "no package index"
cat >try.py <<'PY'
import numpy as np
import segno
import zxingcpp


def printed(declared):
    code = segno.make("张伟", encoding="gb18030", eci=declared, mode="byte", micro=False)
    modules = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
    return np.kron(np.pad(modules, 4, constant_values=255), np.ones((5, 5), np.uint8))


for declared in (False, True):
    plain = zxingcpp.read_barcode(printed(declared))
    coded = zxingcpp.read_barcode(printed(declared), text_mode=zxingcpp.TextMode.HexECI)
    begin = bytes.fromhex(coded.text)[:3].decode()
    print(f"declared {declared}: symbology_identifier {plain.symbology_identifier}, HexECI begins {begin}, text {plain.text}")
PY
found=$(venv/bin/python try.py)
echo "zxing-cpp 3.1.1"
echo "$found"
[ "$found" = "declared False: symbology_identifier ]Q1, HexECI begins ]Q1, text ﾕﾅﾎｰ
declared True: symbology_identifier ]Q1, HexECI begins ]Q2, text 张伟" ] || {
    echo "That is not as described: ]Q1 in both lines, and ]Q2 in HexECI alone."
    exit 1
}
