#!/usr/bin/env bash
# cheroot 11.1.2 on Python 3.13: each client that leaves before it has taken the whole answer puts a traceback of some
# fifteen lines on standard error ("Exception ignored in … __del__ … Bad file descriptor"), although the server goes on
# as it should and its own error_log hears nothing. On Python 3.11 and 3.12 the same clients leave no line. The writer of
# a connection still has the rest of the answer when it is collected, and tries to send it through a closed socket;
# io's finalizer has printed such errors since 3.13.
#
# A phone that walks out of the venue's Wi-Fi is such a client: the carrier's log on a kiosk fills with tracebacks that
# mean nothing. Jianmen closes the writer together with the connection (sync/transport/lan_server.py).
set -euo pipefail

PYTHON=${PYTHON:-python3.13}
OLDER=${OLDER:-python3.11}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
command -v "$PYTHON" >/dev/null || cannot "no $PYTHON (PYTHON=/path/to/python3.13)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/clients.py" <<'END'
"""Three clients ask for 5 MB, take a byte and leave."""
import gc
import socket
import struct
import threading

from cheroot.wsgi import Server

BODY = b"x" * 5_000_000
heard = []


def application(environ, start_response):
    start_response("200 OK", [("Content-Length", str(len(BODY)))])
    return [BODY]


server = Server(("127.0.0.1", 0), application, numthreads=1)
server.error_log = lambda *what, **how: heard.append(what)
server.prepare()
thread = threading.Thread(target=server.serve)
thread.start()
for _ in range(3):
    client = socket.create_connection(server.bind_addr)
    client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    client.recv(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
# The one thread serves in turn: once this answer is here, the others are over.
last = socket.create_connection(server.bind_addr)
last.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
taken = 0
while part := last.recv(65536):
    taken += len(part)
last.close()
server.stop()
thread.join()
gc.collect()
print(f"the last client took {taken > len(BODY)}, error_log heard {len(heard)}")
END

tracebacks() {
    "$1" -m venv "$work/$2"
    "$work/$2/bin/pip" --quiet --disable-pip-version-check install cheroot==11.1.2 || cannot "no package index"
    "$work/$2/bin/python" "$work/clients.py" 2>"$work/$2.err" >"$work/$2.out"
    grep -c "^Exception ignored" "$work/$2.err" || true
}

new=$(tracebacks "$PYTHON" new)
echo "cheroot 11.1.2, $("$PYTHON" --version): $new tracebacks for three clients that left"
if command -v "$OLDER" >/dev/null; then
    old=$(tracebacks "$OLDER" old)
    echo "cheroot 11.1.2, $("$OLDER" --version): $old tracebacks"
    [ "$old" = 0 ]
fi
[ "$new" -ge 3 ]
