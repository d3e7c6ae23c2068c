#!/usr/bin/env bash
# pip before 23.3: a lock with hashes that installed yesterday fails once a newer release of a locked package appears.
#
# The lock pins every package with its hash, its extras stripped (pip-compile's --strip-extras, its coming default).
# pytest-cov requires `coverage[toml]`. Expected: the pin `coverage==7.6.9` is what is installed, whatever else there is.
# Instead pip 23.0 to 23.2.1 take `coverage[toml]` for a requirement of its own, try the newest release first, and stop:
# "In --require-hashes mode, all requirements must have their versions pinned with ==". The same lock installs as long as
# no newer release exists, and with pip 23.3 it installs either way. Debian 12 brings pip 23.0.1.
#
# Jianmen installs its locks with --no-deps, and looks afterwards whether anything is missing (setup/verify.py).
set -euo pipefail

PYTHON=${PYTHON:-python3.11} # pip 23.0 does not start on Python 3.12 or newer
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
"$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || cannot "there is no Python 3.11 (PYTHON=…)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$PYTHON" -m venv fetch
get() { fetch/bin/python -m pip --quiet --disable-pip-version-check download --no-deps --only-binary :all: --dest "$@" || cannot "no package index"; }
get locked pytest-cov==6.0.0 pytest==8.3.4 iniconfig==2.0.0 packaging==24.2 pluggy==1.5.0 coverage==7.6.9
get newer coverage==7.6.10
for version in 23.0 23.2.1 23.3 24.0; do
    get "pip-$version" "pip==$version"
done

for wheel in locked/*.whl; do
    IFS=- read -r name version _ <<<"$(basename "$wheel")"
    echo "${name//_/-}==$version --hash=sha256:$(sha256sum "$wheel" | cut -d ' ' -f 1)"
done >lock.txt

# install PIP FOLDERS…: yes, or the first lines of why not
install() {
    local pip=$1 links=()
    shift
    for folder in "$@"; do links+=(--find-links "$folder"); done
    rm -rf venv && "$PYTHON" -m venv --without-pip venv
    if PYTHONPATH=$(echo "pip-$pip"/*.whl) venv/bin/python -m pip --isolated --disable-pip-version-check --quiet install \
        --no-index "${links[@]}" --require-hashes --requirement lock.txt 2>error.txt; then
        echo yes
    else
        grep -q 'must have their versions pinned' error.txt && grep -q 'coverage\[toml\]>=7.5' error.txt && echo no && return
        cat error.txt
    fi
}

changed=0
printf '%-10s %-28s %-28s\n' pip 'only the locked releases' 'a newer coverage beside them'
for row in '23.0 yes no' '23.2.1 yes no' '23.3 yes yes' '24.0 yes yes'; do
    read -r pip alone beside <<<"$row"
    saw_alone=$(install "$pip" locked) saw_beside=$(install "$pip" locked newer)
    printf '%-10s %-28s %-28s\n' "$pip" "$saw_alone" "$saw_beside"
    [ "$saw_alone $saw_beside" = "$alone $beside" ] || changed=1
done
[ $changed = 0 ] || echo "That is not as described: yes no, yes no, yes yes, yes yes."
exit $changed
