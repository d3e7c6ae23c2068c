#!/usr/bin/env bash
# Makes v0_1_0/: the data folders of a registry and of a kiosk, as version 0.1.0 left them. README.md says more.
#
#   make_v0_1_0.sh JIANMEN      JIANMEN: the `jianmen` of an installation of version 0.1.0
set -euo pipefail
jianmen=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill "${server:-}" "${door:-}" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
[ "$("$jianmen" --version)" = "jianmen, version 0.1.0" ]

today=$(date -u +%F) tomorrow=$(date -u -d tomorrow +%F)
cat > event.toml <<EVENT
[event]
id = "upgrade-2026"
name = { en = "Upgrade", zh-Hant = "升級", zh-Hans = "升级" }
timezone = "Etc/UTC"
days = ["$today", "$tomorrow"]
[[venue]]
id = "hall"
name = { en = "Hall", zh-Hant = "大堂", zh-Hans = "大堂" }
[[gate]]
id = "hall-1"
area = "hall"
direction = "both"
reentry = "free"
[[ticket]]
id = "delegate"
name = { en = "Delegate", zh-Hant = "代表", zh-Hans = "代表" }
areas = ["*"]
[policy]
hold_off_s = 0
retention_days = 36500
EVENT
cat > people.csv <<'PEOPLE'
ref,name,organisation,language,ticket,venues,days,sessions
A1,陳大文,,zh-Hant,delegate,,,
A2,Jane Smith,ACME,en,delegate,,,
A3,李雷,,zh-Hans,delegate,,,
PEOPLE
echo 'a password of 0.1.0' > password
"$jianmen" registry init event.toml --data registry --password-file password
"$jianmen" registry import people.csv --data registry
"$jianmen" registry serve --data registry --port 0 --trust-clock > served & server=$!
until [ -s registry/serving.json ]; do sleep 0.2; done
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
url=$(field url < registry/serving.json) token=$(field token < registry/serving.json)
call() { curl -sf -H "Authorization: Bearer $token" -d "$2" "$url/api/v1$1"; }
call /tokens '{"label": "wall screen", "access": "viewer"}' > token.json
call /webhooks '{"url": "http://127.0.0.1:9/hook"}' > webhook.json
call /password '{"account": "viewer", "password": "a viewer of 0.1.0"}' > /dev/null
"$jianmen" kiosk enrol --data kiosk --name "Door one" \
    "$("$jianmen" registry enrol --gate hall-1 --json --data registry | field text)"
"$jianmen" sync once --data kiosk > /dev/null
for ref in A1 A2; do
    curl -sf -H "Authorization: Bearer $token" "$url/api/v1/registrants?q=$ref" > person.json
    code=$(python3 -c 'import json; print(json.load(open("person.json"))["registrants"][0]["code"])')
    call "/registrants/$code/reissue" '' | field text >> codes
done
mkfifo scanner
"$jianmen" kiosk run --data kiosk --camera none --scanner "simulated:$work/scanner" --port 0 > door.log 2>&1 & door=$!
"$jianmen" sync once --data kiosk > /dev/null
exec 3> scanner
while read -r code; do
    for _ in 1 2; do printf '%s\r\n' "$code" >&3; sleep 2; done
done < codes
sleep 2
"$jianmen" sync once --data kiosk > /dev/null
kill -INT "$door"; wait "$door" || true
"$jianmen" sync once --data kiosk > /dev/null
kill -TERM "$server"; wait "$server"
exec 3>&-
cat door.log >&2
rm -rf "$here/v0_1_0"
mkdir "$here/v0_1_0"
cp -r registry kiosk event.toml password token.json webhook.json codes "$here/v0_1_0/"
find "$here/v0_1_0" \( -name '*.lock' -o -name '*-shm' \) -delete
