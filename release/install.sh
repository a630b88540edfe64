#!/bin/sh
# `make install` and `make uninstall`: xai-cam on the path of the user, by pipx, by uv, or in an environment of its own.
#   EXTRAS=fast,report   what else to install
#   WITH=pipx|uv|venv    which of them; otherwise the first that is here
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
own=${XDG_DATA_HOME:-$HOME/.local/share}/xai-cam
bin=$HOME/.local/bin
what=$(pwd)${EXTRAS:+[$EXTRAS]}

has() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$*"; }
stop() { printf 'Error: %s\n' "$*" >&2; exit 1; }

in_pipx() { has pipx && pipx list --short 2>/dev/null | grep -q '^xai-cam '; }
in_uv() { has uv && uv tool list 2>/dev/null | grep -q '^xai-cam '; }

tool_here() {
    for tool in pipx uv; do
        if has "$tool"; then say "$tool"; return; fi
    done
    say venv
}

with_venv() {
    if [ -e "$bin/xai-cam" ] && [ "$(readlink "$bin/xai-cam")" != "$own/bin/xai-cam" ]; then
        stop "$bin/xai-cam is there and is not of this install. Remove it first."
    fi
    "$python" -m venv --clear "$own" || { rm -rf "$own"; exit 1; }
    "$own/bin/python" -m pip install --quiet --upgrade pip
    "$own/bin/python" -m pip install --quiet "$what"
    mkdir -p "$bin"
    ln -sf "$own/bin/xai-cam" "$bin/xai-cam"
}

install() {
    with=${WITH:-$(tool_here)}
    say "Installing with $with; TensorFlow is large, so this can take some minutes."
    case $with in
        pipx)
            pipx install --force --python "$(command -v "$python")" "$what"
            bin=$(pipx environment --value PIPX_BIN_DIR 2>/dev/null || say "$bin") ;;
        uv)
            uv tool install --quiet --force --reinstall-package xai-cam --python "$(command -v "$python")" "$what"
            bin=$(uv tool dir --bin) ;;
        venv) with_venv ;;
        *) stop "WITH is pipx, uv or venv, not $with." ;;
    esac
    [ -x "$bin/xai-cam" ] || stop "$with left no xai-cam in $bin."
    say "Installed $("$bin/xai-cam" --version) with $with: $bin/xai-cam"
    say_path
}

say_path() {
    found=$(command -v xai-cam || true)
    if [ "$found" = "$bin/xai-cam" ]; then
        say "Run: xai-cam demo"
    elif [ -n "$found" ]; then
        say "But \`xai-cam\` is $found, which comes first on PATH. Run: $bin/xai-cam demo"
    else
        say "$bin is not on PATH. For this shell: export PATH=\"$bin:\$PATH\""
        say "For all later ones, put that line into ~/.profile. Or run: $bin/xai-cam demo"
    fi
}

uninstall() {
    removed=
    if in_pipx; then pipx uninstall xai-cam; removed=1; fi
    if in_uv; then uv tool uninstall xai-cam; removed=1; fi
    if [ -d "$own" ]; then
        if [ "$(readlink "$bin/xai-cam" 2>/dev/null)" = "$own/bin/xai-cam" ]; then rm "$bin/xai-cam"; fi
        rm -rf "$own"
        say "Removed $own"
        removed=1
    fi
    [ -n "$removed" ] || say "xai-cam is not installed for this user."
}

case ${1:-} in
    install | uninstall) "$1" ;;
    *) stop "Say install or uninstall." ;;
esac
