#!/usr/bin/env bash
# zbar: a QR code with the UTF-8 bytes of "Jürgen" is read as "J羹rgen".
#
# zbar guesses the character set of bytes without a declaration, and tries Big5 before it is content with UTF-8: two bytes
# that are one accented letter in UTF-8 are also one Chinese character in Big5. Expected: valid UTF-8, the set that almost
# every generator writes, is read as such. Instead `Jürgen` and `Zoë` come back with a Chinese character in them, as valid
# text and without a warning, and pyzbar gives no way to get the bytes. Names that are Chinese throughout are read well,
# so a test with them shows nothing.
#
# Jianmen takes from zbar only what is plain ASCII, and leaves everything else to zxing-cpp (hardware/decoding/zbar.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
command -v "$PYTHON" >/dev/null || cannot "there is no $PYTHON (PYTHON=…)"
PATH=$PATH:/usr/sbin:/sbin
ldconfig -p | grep 'libzbar\.so\.0' >/dev/null || cannot "the Debian package libzbar0 is not installed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$PYTHON" -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install pyzbar==0.1.9 segno==1.6.6 numpy==2.4.6 ||
    cannot "no package index"
cat >try.py <<'PY'
import numpy as np
import segno
from pyzbar import pyzbar

for name in ("Jürgen", "Zoë", "张伟"):
    code = segno.make(name.encode(), micro=False)
    modules = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
    picture = np.kron(np.pad(modules, 4, constant_values=255), np.ones((5, 5), np.uint8))
    (found,) = pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])
    print(f"{name} -> {found.data.decode()}")
PY
found=$(venv/bin/python try.py)
echo "pyzbar 0.1.9 with $(dpkg-query -W -f '${Package} ${Version}' 'libzbar0*' 2>/dev/null || echo 'a libzbar0 of its own')"
echo "$found"
[ "$found" = "Jürgen -> J羹rgen
Zoë -> Zo禱
张伟 -> 张伟" ] || {
    echo "That is not as described: a Chinese character in Jürgen and Zoë."
    exit 1
}
