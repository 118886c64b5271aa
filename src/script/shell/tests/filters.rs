use super::{calls, each_calls, each_is_dangerous, each_is_harmless};

#[test]
fn what_is_decoded_into_a_shell_is_read() {
    each_is_dangerous(&[
        "echo cG0yIGRlbGV0ZSBhbGw= | base64 -d | bash",
        "base64 --decode <<< cG0yIGRlbGV0ZSBhbGwK | sh",
        "eval \"$(echo cG0yIGRlbGV0ZSBhbGw= | base64 -d)\"",
        "echo cG0yIGRlbGV0ZSBhbGw= | openssl base64 -d | bash",
        "echo cG0yIGRlbGV0ZSBhbGw= | openssl enc -d -base64 -A | bash",
        "echo 706d322064656c65746520616c6c | xxd -r -p | bash",
        "printf '\\x70\\x6d\\x32 delete all' | bash",
        "printf '\\160m2 delete all' | bash",
        "echo -e '\\x70m2 delete all' | bash",
        "$'\\x70m2' delete all",
        "echo 'lla eteled 2mp' | rev | bash",
        "echo 'cz2 qryrgr nyy' | tr a-z n-za-m | bash",
        "echo 'PM2 DELETE ALL' | tr '[:upper:]' '[:lower:]' | sh",
        "echo pm2_delete_all | tr _ ' ' | bash",
        "echo pm2 delete all | base64 | base64 -d | bash",
    ]);
    each_is_harmless(&["echo cG0yIGRlbGV0ZSBhbGw= | base64 -d", "echo 'lla eteled 2mp' | bash"]);
}

#[test]
fn simple_filters_choose_the_words() {
    each_is_dangerous(&[
        "pm2 delete $(echo 'web all' | awk '{print $2}')",
        "pm2 delete $(echo web:all | cut -d: -f2)",
        "pm2 delete $(echo web,all | awk -F, '{print $2}')",
        "pm2 delete $(printf 'web\\nall\\n' | tail -1)",
        "pm2 delete $(printf 'web\\nall\\n' | tail -n 1)",
        "pm2 delete $(printf 'all\\nweb\\n' | head -n1)",
        "pm2 delete $(printf 'web\\nall\\n' | grep all)",
        "pm2 delete $(printf 'web\\nall\\n' | grep -v web)",
        "pm2 delete $(printf 'web\\nall\\n' | sort | head -1)",
        "pm2 delete $(echo xll | sed 's/x/a/')",
        "pm2 delete $(echo web-all | sed -e 's/^web-//')",
        "pm2 delete $(echo a.l.l | sed 's/\\.//g')",
        "pm2 delete $(printf 'web\\nall\\n' | sed -n 2p)",
        "pm2 delete $(basename /srv/all.js .js)",
        "pm2 delete $(basename $(dirname /srv/all/x))",
        "export T=all; echo 'pm2 delete $T' | envsubst | bash",
        "echo all | xargs pm2 delete",
        "echo all | cat | xargs pm2 delete",
    ]);
    each_calls(&["pm2 delete web"], &["pm2 delete $(echo all web | cut -d' ' -f2)"]);
}

#[test]
fn a_list_of_what_runs_keeps_its_origin_through_variables() {
    use crate::invocation::Origin;
    for script in [
        "L=$(pm2 jlist | jq -r '.[].name'); echo \"$L\" | xargs pm2 delete",
        "pm2 jlist | jq -r '.[].name' > list; xargs pm2 delete < list",
        "for a in $(pm2 jlist | jq -r '.[].name'); do pm2 delete $a; done",
        "while read a; do pm2 delete $a; done < <(pm2 jlist | jq -r '.[].name')",
        "mapfile -t L < <(pm2 jlist | jq -r '.[].name'); pm2 delete \"${L[@]}\"",
        "pm2 jlist | jq -r '.[].name' | while read -r a; do pm2 delete $a; done",
    ] {
        let reading = super::reading(script);
        let from_list = reading.invocations.iter().any(|invocation| {
            let words: Vec<_> = invocation.argv.iter().map(ToString::to_string).collect();
            words.starts_with(&["pm2".into(), "delete".into()])
                && invocation.argv[2..].iter().flat_map(|word| word.holes()).any(|hole| {
                    matches!(&hole.origin, Origin::Output(stages)
                        if stages.iter().any(|stage| stage.argv[0].to_string() == "jq"))
                })
        });
        assert!(from_list, "{script}: {:?}", calls(script));
    }
}

#[test]
fn a_temporary_file_is_in_the_folder_of_its_template() {
    each_calls(
        &["rm -rf /srv/web/.new-‹XXXXXX›"],
        &[
            "rm -rf \"$(mktemp -d /srv/web/.new-XXXXXX)\"",
            "D=$(mktemp -d /srv/web/.new-XXXXXX); rm -rf $D",
        ],
    );
}
