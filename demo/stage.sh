# shellcheck shell=bash
# What the demo tells its story with, and what cleans up behind it. `demo/run` reads this.

status=0
scenes=0
finished=

# scene TEXT: what is going to be shown.
scene() {
    scenes=$((scenes + 1))
    printf '\n== %d. %s\n' "$scenes" "$1"
}

# run COMMAND…: shows the command and what it prints. Its exit code and output are kept. Ctrl-C ends
# the command, and not those that show its last words.
run() {
    printf '\n$ %s\n' "$*"
    set +e
    "$@" 2>&1 | (trap '' INT TERM; tee "$work/output" | indent)
    status=${PIPESTATUS[0]}
    set -e
}

# Line by line, as it comes.
indent() {
    local line
    while IFS= read -r line || [ -n "$line" ]; do printf '  %s\n' "$line"; done
}

# expect TEXT COMMAND…: what must hold now; the command says whether it does.
expect() {
    local text=$1
    shift
    if "$@"; then
        printf '  [ok] %s\n' "$text"
    else
        printf '  [FAILED] %s (the last command exited %d)\n' "$text" "$status"
        exit 1
    fi
}

exited() { [ "$status" = "$1" ]; }
printed() { grep --quiet --fixed-strings -- "$1" "$work/output"; }

# none_of OLD NEW: no line of one is in the other.
none_of() { ! grep --quiet --line-regexp --fixed-strings "$1" <<<"$2"; }

# Every process that PM2 knows, in the order of their starts: name, status and pid.
processes() {
    pm2 --silent jlist | node -e '
        const list = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
        for (const p of list.sort((a, b) => a.pm_id - b.pm_id)) {
            console.log(p.name.padEnd(36), p.pm2_env.status.padEnd(8), p.pid);
        }'
}

# These three read what `run processes` has just printed.
count_online() { grep --count ' online ' "$work/output" || true; }
names() { awk '{ print $1 }' "$work/output"; }
pids() { awk '{ print $1, $3 }' "$work/output"; }

get() { node -e 'fetch(process.argv[1]).then((answer) => answer.text()).then((text) => process.stdout.write(text))' "$1"; }

# The order of restoration in the runbook.
in_order() {
    printf '%s\n' \
        flyer-crawler-api flyer-crawler-worker flyer-crawler-analytics-worker stock-alert-api \
        flyer-crawler-api-test flyer-crawler-worker-test flyer-crawler-analytics-worker-test
}

# Stops the demo's own PM2 by its pid; it takes its processes with it, and its pid file when done.
clean_up() {
    local code=$? pid file
    trap '' INT TERM
    if pid=$(cat "$PM2_HOME/pm2.pid" 2>/dev/null) && kill "$pid" 2>/dev/null; then
        for _ in {1..100}; do
            [ -e "$PM2_HOME/pm2.pid" ] || break
            sleep 0.1
        done
    fi
    for file in "$PM2_HOME/pm2.pid" "$PM2_HOME"/pids/*.pid; do
        [ ! -e "$file" ] || kill -KILL "$(cat "$file")" 2>/dev/null || true
    done
    cd /
    rm -rf "$work"
    printf '\nPM2 and all that it ran are stopped.\n'
    [ -n "$finished" ] || printf 'The demo did not reach its end (exit code %d).\n' "$code"
    exit "$code"
}
