#!/bin/bash
# First boot of a Jianmen kiosk on Raspberry Pi OS 12; the system runs it once, before anything else.
set -u

BOOT=/boot/firmware
# An account for whoever looks after the kiosk. Without a password: nobody can log in but with a key.
if [ -x /usr/lib/userconf-pi/userconf ]; then
    /usr/lib/userconf-pi/userconf venue '!'
fi
systemctl disable userconfig.service 2>/dev/null

let_in() { # let_in PUBLIC_KEY
    local home
    home=$(getent passwd venue | cut -d : -f 6)
    install -d -m 0700 -o venue -g venue "$home/.ssh"
    printf '%s\n' "$1" >"$home/.ssh/authorized_keys"
    chown venue:venue "$home/.ssh/authorized_keys"
    printf 'PasswordAuthentication no\n' >/etc/ssh/sshd_config.d/10-jianmen.conf
    systemctl enable ssh.service
}

join() { # join NAME PASSWORD COUNTRY: a network without cable, before the kiosk is installed
    local file=/etc/NetworkManager/system-connections/venue.nmconnection
    raspi-config nonint do_wifi_country "$3"
    printf '%s\n' '[connection]' 'id=venue' 'type=wifi' '[wifi]' 'mode=infrastructure' "ssid=${1//\\/\\\\}" \
        '[wifi-security]' 'key-mgmt=wpa-psk' "psk=${2//\\/\\\\}" '[ipv4]' 'method=auto' '[ipv6]' 'method=auto' >"$file"
    chmod 0600 "$file"
}

finish() {
    install -m 0644 "$BOOT/jianmen/jianmen-setup.service" /etc/systemd/system/jianmen-setup.service
    systemctl enable jianmen-setup.service
    # Once only; and what it says of the network need not lie on the card any longer.
    sed -i 's| systemd\.run=.*||' "$BOOT/cmdline.txt"
    rm -f "$BOOT/firstrun.sh"
}
