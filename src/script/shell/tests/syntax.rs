use super::{calls, each_calls, each_is_dangerous, each_is_harmless, reading};

#[test]
fn a_name_is_what_its_quotes_make_of_it() {
    each_is_dangerous(&[
        "p''m2 delete all",
        "\"pm\"2 delete all",
        "\\pm2 delete all",
        "'pm2' \"delete\" al'l'",
        "pm2 delete \\\n  all",
        "pm2 delete all\r\necho x\r\n",
        "pm2 delete all # and more",
        "# first\npm2 delete all",
        "pm2 delete $'all'",
        "pm2 delete $\"all\"",
        "{pm2,delete,all}",
        "P=pm2; ${P} delete all",
        "P=p; ${P}m2 delete all",
        "if :; then # why\n  pm2 delete all # because\nfi",
        "pm2 delete all;",
        "true && # why\npm2 delete all",
    ]);
}

#[test]
fn blank_lines_and_comments_between_commands_are_understood() {
    for script in [
        "X=a\n\n# why\necho $X\n\n# and why\n\n  # more\npm2 ls\n",
        "createdb x\nif [ $? -ne 0 ]; then { echo no ; exit 1; } fi\necho done\n\npm2 ls\n",
    ] {
        assert!(reading(script).unread.is_empty(), "{script}");
    }
}

#[test]
fn the_status_of_a_command_that_is_kept_may_be_a_failure() {
    each_is_dangerous(&[
        "npm test\nR=$?\nif [ $R -ne 0 ]; then pm2 delete all; fi",
        "npm test | tee log\nR=$?\nif [ \"$R\" != 0 ]; then pm2 delete all; fi",
        "set +e\nnpm test > log 2>&1\nR=$?\nset -e\nif [ $R -gt 0 ]; then pm2 delete all; fi",
    ]);
}

#[test]
fn words_that_only_look_like_code_are_data() {
    each_is_harmless(&[
        "echo pm2 delete all",
        "echo 'x; pm2 delete all'",
        "# pm2 delete all",
        "echo x # ; pm2 delete all",
        "git commit -m 'pm2 delete all'",
        "X='pm2 delete all'",
        "printf '%s' 'pm2 delete all' | grep pm2",
        "logger \"$(echo pm2 delete all)\"",
        "case 'pm2 delete all' in x) ;; esac",
        "A=('pm2 delete all')",
        "[ 'pm2 delete all' = x ]",
        "read -p 'pm2 delete all' x",
        "for x in 'pm2 delete all'; do echo $x; done",
        ": pm2 delete all",
    ]);
}

#[test]
fn the_folder_is_known() {
    let folders = |script: &str| -> Vec<String> {
        let all = reading(script).invocations;
        all.iter().map(|i| format!("{}: {}", i.folder, i.argv[0])).collect()
    };
    assert_eq!(folders("cd /srv/web\npm2 ls"), ["/srv/web: pm2"]);
    assert_eq!(folders("cd /srv; cd web; pm2 ls"), ["/srv/web: pm2"]);
    assert_eq!(folders("cd /srv/web; cd ..; pm2 ls"), ["/srv: pm2"]);
    assert_eq!(folders("cd /srv/web; cd ../api; pm2 ls"), ["/srv/api: pm2"]);
    assert_eq!(folders("(cd /srv); pm2 ls"), [": pm2"]);
    assert_eq!(folders("pushd /srv; popd; pm2 ls"), [": pm2"]);
    assert_eq!(folders("cd \"$APP\" || exit 1; pm2 ls"), ["$APP: pm2"]);
    assert_eq!(folders("cd /a; cd /b; cd -; pm2 ls"), ["/a: pm2"]);
    assert_eq!(folders("cd; pm2 ls"), ["~: pm2"]);
}

#[test]
fn an_error_hides_only_itself() {
    each_is_read_in_part(&[
        "pm2 delete all\nif then fi (",
        "echo )\npm2 delete all",
        "if [ x ; then\n pm2 delete all\n",
    ]);
}

#[test]
fn what_is_missing_of_a_script_may_call_any_function() {
    each_is_read_in_part(&[
        "stop() { pm2 delete all; }\nstart() {\n  echo start\n",
        "log() { echo; }\nstop() {\n  pm2 delete all\n}\nlog x\nif true; then\n  log y\n",
        "stop() { pm2 delete all; }\nexample() {\n  log \"a\n  cat > x << 'END'\n}\nmain",
    ]);
    each_is_harmless(&["stop() { pm2 delete all; }\nstart() {\n  echo start\n}"]);
}

#[test]
fn what_an_open_string_turns_inside_out_is_read_line_by_line() {
    each_is_read_in_part(&[
        "pm2 delete all\nX=(a ☃",
        "pm2 delete all\n\"\"|[[ \"\"☃",
        "pm2 delete all\n((x☃",
        "pm2 delete all\nX=( } $( (( a) X=( a)\\☃",
        "welcome\"\npm2 delete all 2> /dev/null || echo \"none\"\n",
        "echo 'it is\necho 'a'\npm2 delete all\n",
    ]);
}

#[test]
fn brackets_that_bash_refuses_hide_nothing() {
    each_is_read_in_part(&[
        "echo done (#591); pm2 delete all",
        "echo \"was \"stopped (#591)\" ---\"; pm2 delete all",
        "ssh u@h \"echo \"--- stopped (#591) ---\"; pm2 delete all || true\"",
        "if true; then echo done (1 (of 2)); fi; pm2 delete all",
    ]);
}

/// Each script stops everything, and it is said that not all of it is understood.
#[track_caller]
fn each_is_read_in_part(scripts: &[&str]) {
    for script in scripts {
        assert_eq!(calls(script), ["pm2 delete all"], "{script}");
        assert!(reading(script).unread.iter().any(|unread| unread.is_code()), "{script}");
    }
}

#[test]
fn an_unknown_command_name_stays_unknown() {
    each_calls(&[], &["$TOOL delete all", "\"$(which x)\" delete all"]);
}
