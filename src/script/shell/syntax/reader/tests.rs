//! The reader says what bash makes of shell text, or nothing; and where the grammar reads it
//! without an error, that is the same.

#[path = "../../../../../tests/bash/grammar.rs"]
mod generated;
#[path = "../../../../../tests/bash/templates.rs"]
mod templates;

use super::super::{grammar, reader, shown::Shown};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner},
};
use std::process::Command;

/// What is read of a text.
fn read(text: &str) -> Option<String> {
    reader::read(text).map(|statements| Shown(text).statements(&statements))
}

fn parsed(text: &str) -> String {
    let statements = grammar::parse(text).expect("it is short");
    Shown(text).statements(&statements)
}

/// Scripts as people write them, which both read alike.
const SCRIPTS: [&str; 9] = [
    "set -euo pipefail\n# why\nexport PATH=\"$PATH:/opt\" X=1\ncd /srv/web || exit 1\ngit pull \\\n  origin main # and more\nnpm ci --omit=dev 2>&1 | tail -n 5\npm2 restart web --update-env >/dev/null 2>&1 || true\n",
    "if [ -n \"$A\" ] && ! grep -q x file; then\n  echo a\nelif [[ $B == a* || (-f x && $C =~ ^[[:digit:]]+$) ]]; then\n  echo b; echo c &\nelse # otherwise\n\n  (cd x; make) >>log\nfi\n",
    "for x in a \"b c\" $(ls *.sh); do\n  f \"$x\" </dev/null\ndone\nfor ((i = 0; i < 3; i++)); do echo $i; done\nfor y; do g; done\nselect z in 1 2; do break; done\nwhile read -r l; do echo \"$l\"; done < file\nuntil curl -f localhost; do sleep 1; done\n",
    "case \"$1\" in\n  start|'re start') a ;;\n  (st*p) b; c ;&\n  [0-9]) ;;\n  *) d\nesac\ncase $x in y) z;; esac\n",
    "f() {\n  local a=1 b c=$(x)\n  return 1\n}\nfunction g { (echo); }\nfunction h() { :; }\ni () (\n  exit\n)\nf; g && h || { i; }\n",
    "cat > .env <<EOF\nA=$B\nEOF\nssh h 'bash -s' <<-'X' | tee log\n\tls\n\tX\ncat <<A <<\"B\"; echo c\na\nA\nb\nB\nbash <<< \"ls -l\"\n",
    "A=(a 'b c' # d\n  $e)\nB+=(x)\nC[1]=y D=\"z\" E= cmd\nF=1 G=$((1 + 2))\ndeclare -A M=([k]=v)\nunset A B\n(( n++ )) && let m=1\nn=${A[0]} o=\"${!A[@]}\"\n",
    "find . -name '*.log' -exec rm {} \\; -o -print\necho {a,b} ${X:-y} \"$(date '+%s')\" `id` $'a\\'b' <(ls)\nx=a\\ b; [ a = b ] || ! [ c ]\n! a | b |& c\n$CMD --flag=\"x\"y -- ${{ github.ref }} &\nwait\n",
    "echo a\r\nif b; then\r\n  c\r\nfi\r\n",
];

#[test]
fn what_people_write_is_read_as_the_grammar_reads_it() {
    for script in SCRIPTS {
        let read = read(script).unwrap_or_else(|| panic!("not read: {script}"));
        assert_eq!(read, parsed(script), "{script}");
    }
}

#[test]
fn own_scripts_are_read_as_the_grammar_reads_them() {
    for script in [
        include_str!("../../../../../demo/stage.sh"),
        include_str!("../../../../../demo/release.sh"),
    ] {
        assert_eq!(read(script), Some(parsed(script)));
    }
}

/// The scripts of the test against bash are read as the grammar reads them, or bash refuses them.
#[test]
fn generated_scripts_are_read_as_the_grammar_reads_them() {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let scripts = generated::script();
    for _ in 0..300 {
        let script = scripts.new_tree(&mut runner).expect("there is one").current();
        let parsed = parsed(&script);
        // It takes `time` for a program, and no items for those of the shell.
        if ["time ", " in ;", "broken"].iter().any(|part| (script.clone() + &parsed).contains(part))
        {
            continue;
        }
        match read(&script) {
            Some(read) => assert_eq!(read, parsed, "{script}"),
            None => assert!(!bash_understands(&script), "{script}"),
        }
    }
}

#[test]
fn what_the_grammar_reads_wrongly_is_read_right() {
    for (script, expected) in [
        ("! ! pm2 delete all", "‹pm2›‹delete›‹all›"),
        ("! ! ! a", "not ‹a›"),
        ("a && b > f", "list [‹a› And ‹b› Output ‹f›]"),
        ("a | b > f", "pipe [‹a› | ‹b› Output ‹f›]"),
        ("a && b | c", "list [‹a› And pipe [‹b› | ‹c›]]"),
        ("a | b || c | d", "list [pipe [‹a› | ‹b›] Or pipe [‹c› | ‹d›]]"),
        ("f -l - 2>x", "‹f›‹-l›‹-› Other ‹x›"),
        ("p=a-$B-$c d", "‹d›[‹p›=‹a-$B-$c›]"),
        ("time -p a | b", "pipe [‹a› | ‹b›]"),
        ("time { a; }", "group {\n‹a›\n}"),
        ("echo }", "‹echo›‹}›"),
        ("echo if then", "‹echo›‹if›‹then›"),
        ("echo a#b #c", "‹echo›‹a#b›"),
        ("((a); b)", "subshell {\nsubshell {\n‹a›\n}\n‹b›\n}"),
        ("rm !(a|b)", "‹rm›‹!(a|b)›"),
        ("docker run \\\n  x \\\n", "‹docker›‹run›‹x›"),
        ("case x in *\"a b\"*) c;; esac", "case ‹x›\n‹*\"a b\"*›) {\n‹c›\n} Leaves"),
        ("exec 3<x {fd}>y 4<&0", "‹exec› Other ‹x› Other ‹y› Other ‹0›"),
        ("for x in; do a; done", "for ‹x› in Some(\"\") ‹do a; done›{\n‹a›\n}"),
        ("if a; then (b) fi", "if {\n‹a›\n} {\nsubshell {\n‹b›\n}\n}"),
    ] {
        assert_eq!(read(script).as_deref(), Some(expected), "{script}");
    }
}

#[test]
fn what_is_no_shell_is_left_to_the_grammar() {
    for script in [
        "if a; then b",
        "if a; then fi",
        "for x in a; do; b; done",
        "a )",
        "a; fi",
        "case x in a) b",
        "echo \"a",
        "echo $(a",
        "echo ${a",
        "a ;; b",
        "; a",
        "a && ; b",
        "a |",
        "{ a }",
        "(a",
        "f() a",
        "a (b)",
        "A=(a; b)",
        "A[1]=(a)",
        "[[ a == b ]",
        "cat <",
        "a\rb",
        "echo ${{ a",
        "while a; done",
        "else",
    ] {
        assert_eq!(read(script), None, "{script}");
    }
}

#[test]
fn what_nests_too_deep_is_left_to_the_grammar() {
    for (open, close) in
        [("{ ", "; }"), ("( ", ")"), ("if ", "; then b; fi"), ("while ", "; do b; done")]
    {
        let nested = |n: usize| open.repeat(n) + "a" + &close.repeat(n);
        assert!(read(&nested(40)).is_some(), "{open}");
        assert_eq!(read(&nested(20_000)), None, "{open}");
    }
}

/// Whether bash finds no error in a script, code in its words and conditions set aside.
fn bash_understands(script: &str) -> bool {
    let code = grammar::without_words(script).replace('\r', "").replace('_', "%");
    let checked = Command::new("bash").args(["-n", "-O", "extglob", "-c", "--", &code]).output();
    checked.expect("bash runs").status.success()
}

/// Scripts of which some characters are others.
fn changed(characters: &'static str) -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0usize..4, characters), 1..4);
    (0..SCRIPTS.len(), edits).prop_map(|(which, edits)| {
        let mut text: Vec<char> = SCRIPTS[which].chars().collect();
        for (at, removed, added) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, added.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    // The same each time; `PROPTEST_CASES=20000` tries more.
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn what_it_reads_bash_understands(
        script in changed("[-a1: \n#'\"|>()<\\[\\]{},&*!?\tx;$`=+~é\\\\]{0,3}")
    ) {
        let script = script.replace("${{", "$x");
        if !script.contains("[[") && reader::read(&script).is_some() {
            prop_assert!(bash_understands(&script), "{script}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn anything_is_read_to_an_end(
        script in changed("(?s:.{0,3})"),
        code in "[-a1 \n#'\"|>()<\\[\\]{},&!?;$`=\\\\é]{0,40}",
    ) {
        for text in [script, code] {
            if let Some(statements) = reader::read(&text) {
                // Every part is in the text, between characters.
                Shown(&text).statements(&statements);
            }
        }
    }
}
