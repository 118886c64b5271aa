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
];
