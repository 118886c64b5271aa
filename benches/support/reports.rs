//! The long scripts of builds: what they write is mostly text.

pub const REPORTS: &[&str] = &[
    r##"set -euo pipefail
REPORT=build/reports/{app}.md
mkdir -p "$(dirname "$REPORT")"
{
  echo "# {app}, build ${{ github.run_number }}"
  echo
  echo "| what | result |"
  echo "|---|---|"
  echo "| branch | ${{ github.ref_name }} |"
  echo "| commit | ${{ github.sha }} |"
  echo "| started by | ${{ github.actor }} |"
  echo "| runner | $RUNNER_OS, $RUNNER_ARCH |"
} > "$REPORT"
for suite in unit integration contract; do
  file="build/test-results/$suite/summary.json"
  if [ -f "$file" ]; then
    passed=$(jq '.passed' "$file")
    failed=$(jq '.failed' "$file")
    skipped=$(jq '.skipped' "$file")
    echo "| $suite | $passed passed, $failed failed, $skipped skipped |" >> "$REPORT"
  else
    echo "| $suite | not run |" >> "$REPORT"
  fi
done
echo >> "$REPORT"
echo "Files over {n} kB:" >> "$REPORT"
find dist -type f -size +{n}k -printf '- %p (%k kB)\n' | sort >> "$REPORT" || true
cat "$REPORT" >> "$GITHUB_STEP_SUMMARY""##,
    r##"LAST=$(git describe --tags --abbrev=0 2>/dev/null || echo "")
RANGE="${LAST:+$LAST..}HEAD"
echo "Changes of {app} in $RANGE"
cat > CHANGELOG.next.md <<CHANGES
## {app} ${{ github.ref_name }}

Released on $(date -u +%Y-%m-%d) from \`${{ github.sha }}\`.

### New
$(git log "$RANGE" --pretty='- %s (%an)' --grep='^feat' || true)

### Mended
$(git log "$RANGE" --pretty='- %s (%an)' --grep='^fix' || true)

### Other
$(git log "$RANGE" --pretty='- %s' --invert-grep --grep='^feat' --grep='^fix' | head -n {n})

The full list is at https://github.com/${{ github.repository }}/commits/${{ github.sha }}.
CHANGES
if [ "$(wc -l < CHANGELOG.next.md)" -lt 8 ]; then
  echo "::warning::nothing worth telling since $LAST"
fi
cat CHANGELOG.next.md CHANGELOG.md > CHANGELOG.joined.md
mv CHANGELOG.joined.md CHANGELOG.md"##,
    r##"echo "Checking the licences of what {app} is built from"
ALLOWED="MIT|Apache-2.0|BSD-2-Clause|BSD-3-Clause|ISC|MPL-2.0|Unicode-3.0|Zlib|CC0-1.0"
BAD=$(jq -r '.[] | select(.license != null) | "\(.name) \(.version) \(.license)"' licences.json \
  | grep -Ev " ($ALLOWED)$" || true)
UNKNOWN=$(jq -r '.[] | select(.license == null) | "\(.name) \(.version)"' licences.json)
if [ -n "$UNKNOWN" ]; then
  echo "::group::No licence is given for"
  echo "$UNKNOWN"
  echo "::endgroup::"
fi
if [ -n "$BAD" ]; then
  echo "::error::these licences are not on the list:"
  echo "$BAD"
  echo ""
  echo "Ask on the #{app} channel before you add one to the list; it takes a day or two."
  exit 1
fi
echo "All $(jq length licences.json) are fine.""##,
    r##"# The size of what people download, against the one of {branch}.
BEFORE=$(curl -fsSL "https://{host}/size.txt" || echo 0)
AFTER=$(du -sb dist | cut -f1)
DIFF=$((AFTER - BEFORE))
PERCENT=0
if [ "$BEFORE" -gt 0 ]; then
  PERCENT=$((DIFF * 100 / BEFORE))
fi
printf 'before: %12d bytes\nafter:  %12d bytes\nmore:   %12d bytes (%d %%)\n' \
  "$BEFORE" "$AFTER" "$DIFF" "$PERCENT"
if [ "$PERCENT" -gt {n} ]; then
  echo "::warning title=Size::{app} grows by $PERCENT %, which is more than {n} %"
fi
# What is largest in it.
du -ab dist | sort -rn | head -n 20 | while read -r size name; do
  printf '%10d  %s\n' "$size" "$name"
done
# Source maps must not be published.
if find dist -name '*.map' | grep -q .; then
  echo "::error::there are source maps in dist"
  exit 1
fi"##,
    r##"cat > config/application-test.yml <<'YAML'
server:
  port: {port}
  shutdown: graceful
spring:
  application:
    name: {app}
  datasource:
    url: jdbc:postgresql://localhost:5432/{app}_test
    username: postgres
    password: postgres
    hikari:
      maximum-pool-size: {n}
      connection-timeout: 20000
  jpa:
    open-in-view: false
    hibernate:
      ddl-auto: validate
logging:
  level:
    root: WARN
    net.example: INFO
management:
  endpoints:
    web:
      exposure:
        include: health,info,prometheus
YAML
echo "Wrote $(wc -l < config/application-test.yml) lines for the tests of {app}"
if ! grep -q "port: {port}" config/application-test.yml; then
  echo "::error file=config/application-test.yml::the port is not that of the tests"
  exit 1
fi"##,
    r##"# What the others of this repository expect of a log line.
log() { printf '%s [%s] %s\n' "$(date -u +%H:%M:%S)" "$1" "$2"; }
fail() {
  log error "$1"
  echo "::error title={app}::$1"
  exit 1
}
retry() {
  local tries=$1 pause=$2 try
  shift 2
  for try in $(seq 1 "$tries"); do
    if curl -fsS --max-time 20 "$@" > answer.json; then
      log info "answered at try $try"
      return 0
    fi
    log warn "try $try of $tries did not succeed, waiting for $pause s"
    sleep "$pause"
  done
  return 1
}

log info "----------------------------------------------------------------------"
log info "{app}: the smoke test of ${{ github.ref_name }} (${{ github.sha }})"
log info "runner:  $RUNNER_NAME, $RUNNER_OS"
log info "address: https://{host}"
log info "----------------------------------------------------------------------"

retry {n} 3 "https://{host}/api/health" || fail "the health page of {app} does not answer"
[ "$(jq -r .status answer.json)" = "ok" ] || fail "the health page says $(jq -c . answer.json)"
log info "version: $(jq -r '.version // "unknown"' answer.json)"

for page in "" login imprint privacy terms help pricing contact; do
  code=$(curl -s -o page.html -w '%{http_code}' "https://{host}/$page")
  size=$(wc -c < page.html)
  log info "$(printf '%-10s %s %8d bytes' "/$page" "$code" "$size")"
  case "$code" in
    200|301|302) ;;
    404) fail "there is no page /$page" ;;
    5*) fail "the page /$page answers with $code" ;;
    *) log warn "the page /$page answers with $code, which nobody expects" ;;
  esac
  if [ "$size" -lt 500 ]; then
    log warn "the page /$page is nearly empty"
  fi
done
log info "All pages are there.""##,
    r##"BODY=$(cat <<TEXT
## {app}: the build of ${{ github.ref_name }} is red

The build [${{ github.run_number }}](https://github.com/${{ github.repository }}/actions/runs/${{ github.run_id }})
of \`${{ github.sha }}\` by @${{ github.actor }} did not succeed.

### What to do
1. Open the run and look at the first step with a red cross; the steps after it are only its echo.
2. If it is the one that installs the dependencies, start the run again: the registry is slow at night.
3. If it is a test, run it alone on your own machine first: \`npm test -- --grep "its name"\`.
4. If nothing of that helps, ask in the channel of {app}. Please do not switch the test off.

### What is known of this branch
| what | value |
|---|---|
| event | ${{ github.event_name }} |
| base | ${{ github.base_ref }} |
| attempt | ${{ github.run_attempt }} of 3 |
| port of the tests | {port} |
| page | https://{host}/ |

This text is written by the workflow; whoever closes the issue tells in a sentence what the reason was.
TEXT
)
NUMBER=$(jq -r '.[0].number // empty' open-issues.json)
if [ -n "$NUMBER" ]; then
  echo "There is an issue already: $NUMBER"
  jq -n --arg body "$BODY" '{body: $body}' > comment.json
  curl -fsS -X POST -H "Authorization: Bearer ${{ secrets.GITHUB_TOKEN }}" \
    -H "Accept: application/vnd.github+json" -d @comment.json \
    "https://api.github.com/repos/${{ github.repository }}/issues/$NUMBER/comments"
else
  jq -n --arg body "$BODY" --arg title "{app}: red build" \
    '{title: $title, body: $body, labels: ["build"]}' > issue.json
  curl -fsS -X POST -H "Authorization: Bearer ${{ secrets.GITHUB_TOKEN }}" \
    -H "Accept: application/vnd.github+json" -d @issue.json \
    "https://api.github.com/repos/${{ github.repository }}/issues"
fi"##,
    r##"cat > docs/index.html <<'HTML'
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{app}</title>
    <link rel="stylesheet" href="style.css">
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60em; padding: 1em; }
      table { border-collapse: collapse; width: 100%; }
      td, th { border-bottom: 1px solid #ccc; padding: .3em .6em; text-align: left; }
      .bad { color: #a00; } .good { color: #070; } .unknown { color: #777; }
    </style>
  </head>
  <body>
    <h1>{app}</h1>
    <p>The state of the builds of {branch}, written after each of them.</p>
    <table>
      <thead><tr><th>part</th><th>state</th><th>since</th></tr></thead>
      <tbody>
        <tr><td>unit tests</td><td class="good">fine</td><td>today</td></tr>
        <tr><td>browser tests</td><td class="unknown">not run</td><td>last week</td></tr>
        <tr><td>documentation</td><td class="good">fine</td><td>today</td></tr>
        <tr><td>packages</td><td class="bad">{n} are old</td><td>yesterday</td></tr>
      </tbody>
    </table>
    <footer><a href="https://{host}/">{host}</a></footer>
  </body>
</html>
HTML
echo "The page has $(wc -c < docs/index.html) bytes""##,
];
