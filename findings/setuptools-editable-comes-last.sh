#!/usr/bin/env bash
# setuptools: a project installed for editing (pip install -e) is found after every installed package of the same name.
#
# A project whose packages lie at the top of its checkout (a flat layout) has a package `config`. Installed as a copy, its
# `config` lies in site-packages. Expected of an editable installation: the same import gives the project's own package.
# Instead setuptools registers a finder at the end of sys.meta_path, so anything in site-packages wins: after the public
# package `config` 0.5.1 is installed, `import config` gives that one, in either order of installation, and pip is silent.
#
# Jianmen says so in `jianmen kiosk doctor` and `make test`, with the name of the other project (jianmen/own_packages.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
command -v "$PYTHON" >/dev/null || cannot "there is no $PYTHON (PYTHON=…)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir -p project/config project/other
echo 'OWNER = "the project"' >project/config/__init__.py
touch project/other/__init__.py
cat >project/pyproject.toml <<'TOML'
[build-system]
requires = ["setuptools==80.9.0"]
build-backend = "setuptools.build_meta"
[project]
name = "a-project"
version = "1.0"
[tool.setuptools]
packages = ["config", "other"]
TOML

owner() { (cd / && "$work/venv/bin/python" -c 'import config; print(getattr(config, "OWNER", "the stranger"))'); }
pip() { venv/bin/python -m pip --quiet --disable-pip-version-check "$@" || cannot "no package index"; }

"$PYTHON" -m venv venv
echo "Python $(venv/bin/python -V | cut -d ' ' -f 2), setuptools 80.9.0, config 0.5.1"
pip install pip==25.3 setuptools==80.9.0
pip install --no-build-isolation --editable project
alone=$(owner)
pip install config==0.5.1
with_stranger=$(owner)
pip install --no-build-isolation --force-reinstall --editable project
again=$(owner)
pip uninstall --yes config
without=$(owner)
echo "editable alone: $alone"
echo "then the stranger installed: $with_stranger"
echo "then the project installed again: $again"
echo "then the stranger removed: $without"
[ "$alone, $with_stranger, $again, $without" = "the project, the stranger, the stranger, the project" ] || {
    echo "That is not as described: the project, the stranger, the stranger, the project."
    exit 1
}
