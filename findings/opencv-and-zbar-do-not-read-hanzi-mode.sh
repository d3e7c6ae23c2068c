#!/usr/bin/env bash
# OpenCV and zbar: a QR code in Hanzi mode, the Chinese standard's own mode (GB/T 18284, mode 13), is not read.
#
# A generator told to make the smallest code for Chinese text chooses it: 13 bits for a character instead of 24. Expected:
# read, as zxing-cpp does, or nothing found. zbar 0.23 gives nothing, although the code is as clear as can be. OpenCV 5.0
# raises cv2.error ("mode 13" not implemented) out of `detectAndDecode`, of both its detectors, although for a code that it
# cannot decode it otherwise returns an empty text: whoever calls it for every frame of a camera does not expect an
# exception from what somebody holds up.
#
# Jianmen reads such codes with zxing-cpp; a decoder that raises never ends the reader (hardware/reader/process.py).
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
venv/bin/python -m pip --quiet --disable-pip-version-check install \
    opencv-python-headless==5.0.0.93 pyzbar==0.1.9 zxing-cpp==3.1.1 segno==1.6.6 numpy==2.4.6 || cannot "no package index"
cat >try.py <<'PY'
import cv2
import numpy as np
import segno
import zxingcpp
from pyzbar import pyzbar

TEXT = "陈大文"
code = segno.make(TEXT, mode="hanzi", micro=False)
modules = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
picture = np.kron(np.pad(modules, 4, constant_values=255), np.ones((8, 8), np.uint8))


def opencv(detector):
    try:
        return detector.detectAndDecode(picture)[0]
    except cv2.error as error:
        return f"cv2.error: {error.err}"


seen = {
    "zxing-cpp 3.1.1": [one.text for one in zxingcpp.read_barcodes(picture)],
    "zbar (pyzbar 0.1.9)": [one.data for one in pyzbar.decode(picture)],
    "OpenCV 5.0.0.93": opencv(cv2.QRCodeDetector()),
    "OpenCV 5.0.0.93, Aruco": opencv(cv2.QRCodeDetectorAruco()),
}
for name, found in seen.items():
    print(f"{name}: {found}")
assert list(seen.values()) == [[TEXT], [], "cv2.error: mode 13", "cv2.error: mode 13"]
PY
venv/bin/python try.py 2>&1 || { echo "The behaviour has changed."; exit 1; }
