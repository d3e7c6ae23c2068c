#!/usr/bin/env bash
# libfaketime 0.9.10 (Debian 12: 0.9.10-2.1) with Python 3.11 or later: told to leave the monotonic clock alone
# (FAKETIME_DONT_FAKE_MONOTONIC=1, faketime --exclude-monotonic) it makes every time.sleep raise OSError EINVAL, with any
# offset, "+0" too. Since 3.11 Python sleeps until a moment of the monotonic clock (clock_nanosleep, TIMER_ABSTIME), and
# libfaketime takes the offset from that moment all the same, which gives a negative one. Without the switch sleeping
# works, but then the monotonic clock is the false wall clock: whoever pulls the one back pulls back the other, and
# nothing that a program does to tell the two apart is tried. Its issue 426.
#
# Jianmen pulls the clock of a booted machine back with twenty lines of C of its own (tests/systemd/pulled_back.c).
set -euo pipefail

PYTHON=${PYTHON:-python3}
VERSION=0.9.10-2.1
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
{ command -v apt-get && command -v dpkg-deb; } >/dev/null || cannot "no Debian"
"$PYTHON" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' || cannot "$PYTHON is older than 3.11"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
(cd "$work" && apt-get -qq download "libfaketime=$VERSION" 2>/dev/null) || cannot "no libfaketime $VERSION to be had"
dpkg-deb -x "$work"/libfaketime_*.deb "$work/tree"
library=$(find "$work/tree" -name libfaketime.so.1)

cat >"$work/sleeps.py" <<'END'
import time

apart = abs(time.time() - time.monotonic())
try:
    time.sleep(0.01)
    print("sleeps,", end=" ")
except OSError as error:
    print(f"{type(error).__name__} {error.errno} {error.strerror},", end=" ")
print("the monotonic clock is", "the wall clock" if apart < 1 else "its own")
END

tried() { # tried OFFSET [VARIABLE=VALUE]
    env LD_PRELOAD="$library" FAKETIME="$1" "${@:2}" "$PYTHON" "$work/sleeps.py"
}

"$PYTHON" -V
echo "libfaketime $VERSION"
same=0
for offset in -1h +1h +0; do
    left_alone=$(tried "$offset" FAKETIME_DONT_FAKE_MONOTONIC=1)
    faked=$(tried "$offset")
    echo "$offset  monotonic left alone: $left_alone"
    echo "$offset  as it is by default:  $faked"
    [ "$left_alone" = "OSError 22 Invalid argument, the monotonic clock is its own" ] || same=1
    [ "$faked" = "sleeps, the monotonic clock is the wall clock" ] || same=1
done
exit "$same"
