#!/usr/bin/env bash
# cups 2.4.2: with `DirtyCleanInterval 0` in cupsd.conf a power cut while a page is being printed prints it twice.
#
# CUPS writes the list of its jobs up to 30 seconds late, and forgets a young job in a power cut. 0 writes it within
# milliseconds (cupsd.conf(5) says no more than that), which looks like the way to a spooler that survives one. Expected:
# after the start CUPS asks the printer what became of the job. Instead it sends the document anew: it has stored the job,
# and not that the printer has it. Without the setting one page comes out, and CUPS knows nothing of it any more. A second
# start after an end in order (SIGTERM) prints it twice with any setting: the first start only leaves it lying. CUPS
# itself counts one job, completed.
#
# For a label on a box that is a wasted label; for a badge or a ticket it is a second one for somebody else. Jianmen
# leaves the setting alone (docs/operating.md), keeps a journal of its own, written before each submission, and asks the
# person before the printer where it cannot know (kiosk/printing/).
#
# Needs root, and Debian's cups-daemon, cups-client, cups-filters, cups-ipp-utils and dbus-daemon. Everything runs in a
# folder of its own, on loopback; it takes two minutes.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
[ "$(id -u)" = 0 ] || cannot "only root can start a cupsd of its own"
for program in cupsd lpadmin lp ippeveprinter dbus-daemon; do
    command -v "$program" >/dev/null || cannot "no $program"
done
work=$(mktemp -d)
pids=()
trap 'kill -KILL "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 711 "$work"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_true() { for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; cannot "waited 30 s for: $*"; }
listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A printer that takes four seconds for a page, and notes when it begins and ends one.
cat >"$work/engine" <<END
#!/bin/sh
echo begun >>\$PRINTED.begun
sleep 4
echo printed >>\$PRINTED
END
chmod 755 "$work/engine"
cat >"$work/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=$work/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
END
dbus-daemon --config-file="$work/bus.conf" --nofork 2>/dev/null & pids+=($!)
disown
until_true test -S "$work/bus"

# One page goes through a fresh CUPS, which ends by a signal while the printer is at it and is started again, so many
# times. Prints how many pages came out.
pages() { # DIRECTIVE SIGNAL STARTS
    local folder=$work/$2-$3-${1##* } printer_port cups_port printer cups
    mkdir -p "$folder"/{etc/ppd,spool,cache,state/certs,tmp,received}
    export PRINTED=$folder.printed
    printer_port=$(free_port) cups_port=$(free_port)
    DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus ippeveprinter -n localhost -p "$printer_port" -d "$folder/received" \
        -r off -c "$work/engine" -f application/pdf,image/pwg-raster Labels >/dev/null 2>&1 & printer=$!
    pids+=("$printer")
    cat >"$folder/cupsd.conf" <<END
Listen localhost:$cups_port
Listen $folder/sock
Browsing No
$1
DefaultAuthType Basic
<Location />
Order allow,deny
Allow localhost
</Location>
<Location /admin>
AuthType Default
Require user @SYSTEM
</Location>
<Policy default>
<Limit All>
Order deny,allow
</Limit>
</Policy>
END
    cat >"$folder/cups-files.conf" <<END
ServerRoot $folder/etc
RequestRoot $folder/spool
CacheDir $folder/cache
StateDir $folder/state
TempDir $folder/tmp
AccessLog $folder/access_log
ErrorLog $folder/error_log
PageLog $folder/page_log
User lp
Group lp
SystemGroup root lpadmin
END
    chown -R lp:lp "$folder"
    start() { cupsd -f -c "$folder/cupsd.conf" -s "$folder/cups-files.conf" & cups=$!; pids+=("$cups"); until_true listens "$cups_port"; }
    start
    until_true listens "$printer_port"
    export CUPS_SERVER=$folder/sock
    lpadmin -p labels -E -v "ipp://localhost:$printer_port/ipp/print" -m everywhere 2>/dev/null
    until_true test -e "$folder/etc/ppd/labels.ppd"
    kill -TERM "$cups"; wait "$cups" 2>/dev/null || true   # the queue itself is stored by now
    start
    lp -d labels "$work/page.pdf" >/dev/null
    until_true test -e "$PRINTED.begun"
    for _ in $(seq "$3"); do
        sleep 0.5
        kill "-$2" "$cups"; wait "$cups" 2>/dev/null || true
        start
        sleep 1
    done
    sleep 30 # a printer that is still busy is asked again some seconds later
    kill -KILL "$cups" "$printer"; wait "$cups" "$printer" 2>/dev/null || true
    wc -l <"$PRINTED"
}

cat >"$work/page.pdf" <<'END'
%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 600]>>endobj
trailer<</Root 1 0 R>>
END
chmod 644 "$work/page.pdf"

dpkg-query --show --showformat '${Package} ${Version}\n' cups-daemon cups-ipp-utils
at_once=$(pages "DirtyCleanInterval 0" KILL 1)
late=$(pages "DirtyCleanInterval 30" KILL 1)
in_order=$(pages "DirtyCleanInterval 30" TERM 2)
echo "one page sent; cupsd ends while the printer prints it, and is started again:"
echo "  DirtyCleanInterval 0, killed once:            $at_once came out"
echo "  DirtyCleanInterval 30, killed once:           $late came out"
echo "  DirtyCleanInterval 30, ended in order, twice: $in_order came out"
[ "$at_once" = 2 ] && [ "$late" = 1 ] && [ "$in_order" = 2 ]
