use super::{each_calls, each_is_dangerous, each_is_harmless};

#[test]
fn a_file_that_is_written_and_run_is_read() {
    each_is_dangerous(&[
        "cat > x.sh <<EOF\npm2 delete all\nEOF\nbash x.sh",
        "cat <<'EOF' > x.sh\npm2 delete all\nEOF\nchmod +x x.sh && ./x.sh",
        "echo 'pm2 delete' > x.sh; sed -i s/x/y/ z; echo 'pm2 delete all' > x.sh; sh ./x.sh",
        "echo '#!/bin/sh' > x.sh; echo 'pm2 delete all' >> x.sh; ./x.sh",
        "{ echo '#!/bin/sh'; echo 'pm2 delete all'; } > x.sh; bash x.sh",
        "tee x.sh <<EOF >/dev/null\npm2 delete all\nEOF\nbash x.sh",
        "echo 'pm2 delete all' | sudo tee /opt/x.sh; bash /opt/x.sh",
        "F=$(mktemp); echo 'pm2 delete all' > \"$F\"; bash \"$F\"",
        "F=$(mktemp \"$APP/.x-XXXXXX.sh\"); echo 'pm2 delete all' > \"$F\"; bash \"$F\"",
        "D=$(mktemp -d); echo 'pm2 delete all' > \"$D/x.sh\"; bash \"$D/x.sh\"",
        "echo 'pm2 delete all' > \"$RUNNER_TEMP/x.sh\"; bash \"$RUNNER_TEMP/x.sh\"",
        "echo 'pm2 delete all' > \"$TMP/x.sh\"; \"$TMP/x.sh\"",
        "echo 'pm2 delete all' > a.sh; cp a.sh b.sh; bash b.sh",
        "echo 'pm2 delete all' > a.sh; mv a.sh /opt/b.sh; bash /opt/b.sh",
        "echo 'pm2 delete all' > a.sh; install -m 755 a.sh /usr/local/bin/b; bash /usr/local/bin/b",
        "echo 'pm2 delete all' > a.sh; scp a.sh me@h:/tmp/ && ssh me@h bash /tmp/a.sh",
        "echo 'pm2 delete all' > a.sh; scp -P 22 a.sh me@h:b.sh; ssh me@h 'bash b.sh'",
        "echo 'pm2 delete all' > a.sh; ssh h bash -s < a.sh",
        "echo 'pm2 delete all' > a.sh; cat a.sh | ssh h",
        "echo 'pm2 delete all' > a.sh; bash < a.sh",
        "echo 'pm2 delete all' > a.sh; source a.sh",
        "echo 'T=all' > env; . ./env; pm2 delete $T",
        "echo 'T=all' > env; set -a; source env; set +a; bash -c 'pm2 delete $T'",
        "cd /opt; echo 'pm2 delete all' > x.sh; cd /; bash /opt/x.sh",
        "cd /opt; echo 'pm2 delete all' > x.sh; cd /; cd opt; bash x.sh",
        "if $C; then echo 'echo' > x.sh; else echo 'pm2 delete all' > x.sh; fi; sh x.sh",
        "echo all > t; pm2 delete $(cat t)",
        "echo all > t; pm2 delete $(< t)",
        "echo all > t; read T < t; pm2 delete $T",
        "source <(echo 'pm2 delete all')",
        "bash <(echo 'pm2 delete all')",
        "eval \"$(echo pm2 delete all)\"",
        "f() { echo 'pm2 delete all'; }; f > x.sh; bash x.sh",
    ]);
}

#[test]
fn a_file_that_is_only_written_is_data() {
    each_is_harmless(&[
        "cat > x.sh <<EOF\npm2 delete all\nEOF",
        "echo 'pm2 delete all' > a.sh; echo 'ls' > a.sh; bash a.sh",
        "echo 'pm2 delete all' > a.sh; cat a.sh",
        "echo 'pm2 delete all' > a.sh; bash -n a.sh",
        "cat <<EOF\npm2 delete all\nEOF",
        "cat <<EOF | grep x\npm2 delete all\nEOF",
        "cat <<A <<B\nx\nA\npm2 delete all\nB",
    ]);
}

#[test]
fn code_goes_through_pipes_and_heredocs_to_shells() {
    each_is_dangerous(&[
        "ssh h <<EOF\npm2 delete all\nEOF",
        "ssh h 'bash -s' <<'EOF'\npm2 delete all\nEOF",
        "ssh h <<-EOF\n\tpm2 delete all\n\tEOF",
        "cat <<EOF | ssh h\npm2 delete all\nEOF",
        "T=all; ssh h <<EOF\npm2 delete $T\nEOF",
        "ssh h <<EOF 2>&1 | tee log\npm2 delete all\nEOF",
        "ssh h <<EOF &\npm2 delete all\nEOF\nwait",
        "cat <<A; ssh h <<B\nx\nA\npm2 delete all\nB",
        "bash <<< 'pm2 delete all'",
        "while read -r l; do eval \"$l\"; done <<EOF\npm2 delete all\nEOF",
        "sh <<EOF || true\npm2 delete all\nEOF",
        "if ssh h <<EOF\npm2 delete all\nEOF\nthen echo; fi",
        "(cat <<EOF\npm2 delete all\nEOF\n) | bash",
    ]);
    each_calls(&["pm2 delete ‹$T?›"], &["T=all; ssh h <<'EOF'\npm2 delete $T\nEOF"]);
}
