#!/bin/sh
# `make release-check`: everything that has to hold before a version is given away, on what is committed.
#   TESTS='make lint types'   what to run in place of all that has to pass, which takes about a quarter of an hour
#   DIST=dist                 where the two files are left
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
tests=${TESTS-bash .ci/run}
dist=$(pwd)/${DIST:-dist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s\n' "$*"; }
stop() { printf 'Error: %s\n' "$*" >&2; exit 1; }

step "What is committed, and its version"
[ -z "$(git status --porcelain)" ] || stop "There are changes that are not committed. A release is made of commits."
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' xai_cam/_version.py)
grep -Eq "^## $version \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$" CHANGELOG.md || stop "CHANGELOG.md has no dated heading for $version."
grep -q "^version: $version\$" CITATION.cff || stop "CITATION.cff is not of version $version."
echo "xai-cam $version, $(git log -1 --format='%h %s')"

if [ -n "$tests" ]; then
    step "Tests: $tests"
    sh -c "$tests"
fi

step "Source distribution, and the wheel made from it"
git clone --quiet . "$work/source"
"$python" -m venv "$work/tools"
"$work/tools/bin/python" -m pip install --quiet --upgrade pip build twine
rm -rf "$dist"
"$work/tools/bin/python" -m build --outdir "$dist" "$work/source" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$work/tools/bin/twine" check --strict "$dist"/*
ls -l "$dist"

step "The wheel in a fresh environment"
"$python" -m venv "$work/fresh"
"$work/fresh/bin/python" -m pip install --quiet --upgrade pip
"$work/fresh/bin/python" -m pip install --quiet "$dist"/*.whl
"$work/fresh/bin/python" -m pip check
mkdir "$work/empty"
cd "$work/empty"
run() { env -u PYTHONPATH PATH="$work/fresh/bin:/usr/bin:/bin" XDG_CACHE_HOME="$work/cache" "$@"; }
[ "$(run xai-cam --version)" = "xai-cam $version" ] || stop "The wheel says that it is $(run xai-cam --version)."
run xai-cam doctor

step "The demo, and the commands that it prints"
run xai-cam demo --count 2 | tee demo.txt
[ -s xai-cam-demo/figure.png ] || stop "The demo left no figure."
sed -n '/^  /,$p' demo.txt >commands.sh
[ "$(grep -c 'xai-cam explain' commands.sh)" = 2 ] || stop "The demo prints other than two commands."
run sh -e commands.sh

step "Version $version is ready: $(cd "$dist" && echo *)"
