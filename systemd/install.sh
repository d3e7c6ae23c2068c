#!/usr/bin/env bash
# Installs Jianmen on this machine for good, as root. Run it again to bring in a new version.
#
#   systemd/install.sh kiosk       door, carrier, and the screen where there is a display
#   systemd/install.sh registry    the centre
#
# Programs go to /opt/jianmen, settings are in /etc/jianmen (never overwritten), data in /var/lib/jianmen (never touched).
# DESTDIR=FOLDER lays the files out there and does nothing else: to look at them, or to build an image.
set -euo pipefail
umask 022

HERE=$(cd "$(dirname "$0")" && pwd)
CHECKOUT=$(dirname "$HERE")
DESTDIR=${DESTDIR:-}

stop() {
    printf '%s\n' "$@" >&2
    exit 2
}

put() { # put FILE TARGET: a file of this folder to its place
    install -D -m 0644 "$HERE/$1" "$DESTDIR$2"
}

lay_out_files() {
    local unit
    for unit in "${UNITS[@]}"; do
        put "$unit" "/etc/systemd/system/$unit"
    done
    put "jianmen-$ROLE.sysusers" "/etc/sysusers.d/jianmen-$ROLE.conf"
    put 90-jianmen-journald.conf /etc/systemd/journald.conf.d/90-jianmen.conf
    [ "$ROLE" = kiosk ] || return 0
    put jianmen-network.service /etc/systemd/system/jianmen-network.service
    put jianmen-kiosk.tmpfiles /etc/tmpfiles.d/jianmen-kiosk.conf
    put 99-jianmen.rules /etc/udev/rules.d/99-jianmen.rules
    put jianmen-browser.pam /etc/pam.d/jianmen-browser
    put jianmen-browser.policy.json /etc/chromium/policies/managed/jianmen.json
}

# Each version gets an environment of its own beside the running one; one rename changes over to it.
install_programs() {
    local copy new
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' RETURN
    tar -C "$CHECKOUT" --exclude ./.venv --exclude ./.git --exclude ./build --exclude './*.egg-info' -c . | tar -C "$copy" -x
    new=/opt/jianmen/$(date -u +%Y%m%dT%H%M%SZ)
    mkdir -p /opt/jianmen
    VENV=$new LOCK=setup/run.lock SOURCE=$copy "$CHECKOUT/setup/venv"
    ln -sfn "$new" /opt/jianmen/.venv.new
    mv -T /opt/jianmen/.venv.new /opt/jianmen/.venv
    # The version before stays, to go back to: ln -sfn /opt/jianmen/<time> /opt/jianmen/.venv
    find /opt/jianmen -mindepth 1 -maxdepth 1 -type d -name '2*Z' | sort | head -n -2 | xargs -r rm -rf
}

# Settings are a person's: laid out once, then left alone. They may hold a password.
lay_out_settings() {
    local group=jianmen
    [ "$ROLE" = registry ] && group=jianmen-registry
    install -d -m 0755 /etc/jianmen
    [ -e "/etc/jianmen/$ROLE.toml" ] || install -m 0640 -g "$group" "$HERE/$ROLE.toml" "/etc/jianmen/$ROLE.toml"
}

say_what_is_next() {
    echo "Jianmen is installed: $(readlink /opt/jianmen/.venv)"
    echo "What is next:"
    echo "  - look through its settings: /etc/jianmen/$ROLE.toml"
    if [ "$ROLE" = kiosk ]; then
        echo "  - enrol this kiosk, as the door: runuser -u jianmen-door -g jianmen -- /opt/jianmen/.venv/bin/jianmen kiosk enrol --help"
    else
        echo "  - begin the event, as the registry, with its definition where that user can read it (/etc/jianmen/event.toml):"
        echo "    runuser -u jianmen-registry -- /opt/jianmen/.venv/bin/jianmen registry init --settings /etc/jianmen/registry.toml /etc/jianmen/event.toml"
    fi
    echo "  - start it: systemctl restart ${UNITS[*]}"
    echo "  - look: systemctl status ${UNITS[*]}"
}

ROLE=${1:-}
case $ROLE in
kiosk) UNITS=(jianmen-door.service jianmen-carrier.service jianmen-browser.service jianmen-network.path) ;;
registry) UNITS=(jianmen-registry.service) ;;
*) stop "Which machine is this? systemd/install.sh kiosk, or systemd/install.sh registry" ;;
esac

if [ -n "$DESTDIR" ]; then
    lay_out_files
    exit
fi

[ "$(id -u)" = 0 ] || stop "Installing writes to /opt and /etc: run it as root (sudo systemd/install.sh $ROLE)."
"$CHECKOUT/setup/debian" run
if [ "$ROLE" = kiosk ] && [ -e /dev/dri ]; then
    "$CHECKOUT/setup/debian" screen
fi
install_programs
lay_out_files
systemd-sysusers "jianmen-$ROLE.conf"
lay_out_settings
[ "$ROLE" = kiosk ] && systemd-tmpfiles --create jianmen-kiosk.conf
# The event is begun before the service has ever made its folder.
[ "$ROLE" = registry ] && install -d -m 0700 -o jianmen-registry -g jianmen-registry /var/lib/jianmen/registry
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable --quiet "${UNITS[@]}"
    systemctl try-restart systemd-journald
    [ "$ROLE" = kiosk ] && udevadm control --reload && udevadm trigger
fi
say_what_is_next
