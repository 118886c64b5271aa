//! Scripts of every kind that bash understands, and that can do no harm: they call recording
//! shims, wrappers around them and a few text tools, and write to files of their own folder.
//!
//! The grammar is a list of templates. What stands between `«` and `»` is a part:
//!
//! | part | becomes |
//! |---|---|
//! | `«lit»` | a plain word |
//! | `«name»` | a variable |
//! | `«shim»` | a program that is recorded |
//! | `«word»`, `«words»` | words with quotes, expansions and substitutions |
//! | `«call»`, `«line»` | a command, or a list of them, on one line |
//! | `«plain»` | a line without quotes in quotes, which a heredoc would tear apart |
//! | `«block»` | statements on lines of their own, one level simpler |
//! | `«n»` | the level, so that what nests has names of its own and nothing calls itself |
//!
//! A part in `'…'`, `"…"`, `$…$` or `` `…` `` is quoted that way (`$`: in double quotes, but what it
//! expands is expanded by the outer script).

use proptest::{prelude::*, strategy::Union};

const LITERALS: &[&str] = &["all", "app", "web-1", "x", "stop", "down", "a_b"];

pub const SHIMS: &[&str] = &["pm2", "systemctl", "docker"];

const QUOTED: &[&str] = &[
    "'«lit» «lit»'",
    "\"«lit» b\"",
    "''",
    "\"\"",
    "a\\ b",
    "'a'\"b\"c",
    "$'a\\tb'",
    "$'\\x41\\u00e9\\'q'",
    "$\"«lit»\"",
    "\\$X",
    "\"\\$X\"",
    "'$X'",
    "\"a\\\\b\"",
    "a\\\\b",
    "\"a\\xb\"",
    "\"it's\"",
    "'say \"hi\"'",
    "\"a \\\"b\\\"\"",
    "\"#\"",
    "a#b",
    "\"*\"",
    "'{a,b}'",
    "'a\nb'",
    "a\\\nb",
    "*.none",
    "s[xy].n?",
    "--opt=«lit»",
    "-«lit»",
];

const VARIABLES: &[&str] = &[
    "$«name»",
    "\"$«name»\"",
    "${«name»}",
    "\"${«name»}-«lit»\"",
    "«lit»$«name»",
    "\"$«name»$«name»\"",
    "${«name»:-«word»}",
    "\"${«name»:-«lit» b}\"",
    "\"${«name»:-'«lit»'}\"",
    "${«name»-«lit»}",
    "${«name»:=«lit»}",
    "${«name»:+«word»}",
    "\"${«name»+«lit»}\"",
    "\"${«name»:?}\"",
    "${«name»%-*}",
    "${«name»%%[0-9]*}",
    "${«name»#*-}",
    "${«name»##*-}",
    "\"${«name»%1}\"",
    "${«name»/a/b}",
    "${«name»//[ae]/-}",
    "${«name»/#w/}",
    "${«name»/%1/2}",
    "${«name»^^}",
    "${«name»^}",
    "${«name»,,}",
    "${«name»:1}",
    "\"${«name»:0:2}\"",
    "${«name»: -1}",
    "${#«name»}",
    "${!P}",
    "\"${«name»:-}\"",
    "\"${«name»:-$«name»}\"",
    "${«name»:-«word» b}",
    "\"${«name»//-/ }\"",
    "${«name»//-/ }",
    "${«name»@U}",
    "${«name»:+--opt \"$«name»\"}",
];

const ARRAYS: &[&str] = &[
    "${A[0]}",
    "\"${A[@]}\"",
    "${A[@]}",
    "${A[*]}",
    "\"${A[*]}\"",
    "${A[1]}",
    "\"${A[-1]}\"",
    "\"${A[N]}\"",
    "\"${A[@]:1}\"",
    "\"${A[@]:0:1}\"",
    "${#A[@]}",
    "\"${!A[@]}\"",
    "\"x${A[@]}y\"",
    "${A[@]/a/b}",
    "\"${A[@]%1}\"",
    "\"${A[@]:-«lit»}\"",
    "$A",
    "${M[k]}",
    "\"${M[«lit»]}\"",
    "\"${M[@]}\"",
    "${!M[@]}",
    "${#M[@]}",
    "\"${A[@]/#/--}\"",
    "\"${A[@]: -1}\"",
    "\"${A[@]^^}\"",
    "${A[@]+\"${A[@]}\"}",
    "\"${A[$N]}\"",
];

const POSITIONAL: &[&str] = &[
    "$1",
    "\"$2\"",
    "${1}",
    "\"$@\"",
    "$@",
    "$*",
    "\"$*\"",
    "$#",
    "\"${@:2}\"",
    "\"${@:1:1}\"",
    "${1:-«lit»}",
    "${@: -1}",
    "\"${@/a/b}\"",
    "\"${1:-$2}\"",
    "\"${*:1}\"",
    "${1##*-}",
    "\"${1+\"$@\"}\"",
    "${!#}",
];

const BRACES: &[&str] = &[
    "{«lit»,«lit»}",
    "a{x,y}b",
    "{1..3}",
    "{a..c}",
    "{08..10}",
    "web-{1..2}",
    "{a,b}{c,d}",
    "{«lit»,}",
    "{a}",
    "\"{a,b}\"",
    "{$«name»,b}",
    "{a,{b,c}}",
    "{3..1}",
    "{1..5..2}",
    "{«word»,'b c'}",
];

const SUBSTITUTIONS: &[&str] = &[
    "$(«line»)",
    "\"$(«line»)\"",
    "`«`line`»`",
    "$(echo «words»)",
    "\"$(echo «words»)\"",
    "$(printf '%s ' «words»)",
    "\"$(printf '%s-%s' «word» «word»)\"",
    "$(cat <<< «word»)",
    "$(echo $(echo «word»))",
    "\"$(echo \"$(echo «word»)\")\"",
    "$(\n«block»\n)",
    "$(echo «words» | tr a-z A-Z)",
    "$(echo «words» | tr ' ' '\\n')",
    "$(echo «words» | cut -d' ' -f1)",
    "\"$(echo «words» | sed 's/a/b/')\"",
    "$(printf '%s\\n' «words» | head -n1)",
    "$(printf '%s\\n' «words» | sort)",
    "$(printf '%s\\n' «words» | grep a)",
    "$(echo «words» | awk '{print $1}')",
    "$(basename /srv/«lit».sh .sh)",
    "\"$(dirname \"/srv/«lit»/x\")\"",
    "$(seq 1 2)",
    "\"$(echo -n «words»)\"",
    "\"$(printf '%s=%s,' «words»)\"",
    "$(«shim» «words»)",
    "\"$(«shim» «words»)\"",
    "$(«shim» «words» || echo «lit»)",
    "$((1 + 2))",
    "$((N * 2))",
    "$(( (1 << 2) | 1 ))",
    "$?",
];

const CALLS: &[&str] = &[
    "«shim» «words»",
    "«shim» «words» > /dev/null 2>&1",
    "\"«shim»\" «word»",
    "\\«shim» «word»",
    "$C «words»",
    "${C:-«shim»} «words»",
    "«shim» «words» <<< «word»",
    "X=«word» «shim» \"$X\"",
    "X=«lit» Y=$X «shim» $Y",
    "sudo «shim» «words»",
    "sudo -u deploy K=v «shim» «words»",
    "env K=«lit» «shim» «words»",
    "timeout 5 «shim» «words»",
    "nohup nice -n 5 «shim» «words»",
    "command «shim» «words»",
    "builtin eval «shim» «word»",
    "(exec «shim» «words»)",
    "time «shim» «words»",
    "! «shim» «words»",
    "eval «shim» «words»",
    "eval «'line'»",
    "eval «\"line\"»",
    "eval «$call$»",
    "bash -c «'line'»",
    "bash -c «\"line\"»",
    "bash -c «$call$»",
    "bash -ec '«shim» \"$@\"' _ «words»",
    "sh -c '«shim» \"$1\" $0' «word» «word»",
    "ssh host «'line'»",
    "ssh host «shim» «words»",
    "sudo bash -c «'line'»",
    "su deploy -c «'line'»",
    "echo «words» | xargs «shim» stop",
    "echo «words» | xargs -n1 «shim»",
    "printf '%s\\n' «lit» «lit» | xargs -I{} «shim» stop {}",
    "echo «lit» «lit» | xargs sh -c '«shim» \"$@\"' _",
    "find . -maxdepth 0 -exec «shim» «lit» \\;",
    "echo «'line'» | bash",
    "printf '%s\\n' «'line'» | sh",
    "bash <<< «'line'»",
    "bash <(echo «'line'»)",
    ". <(echo «'line'»)",
    "echo «'line'» > s«n».sh; bash s«n».sh «words»",
    "echo «'line'» | base64 | base64 -d | bash",
    "«shim» «words» | «shim» «word»",
    "«shim» «words» & wait",
    "f«n» «words»",
    "«shim» «words» |& cat",
    "«shim» «words» &> /dev/null",
    "«shim» \"$(cat «lit»)\" < /dev/null",
    "$S «shim» «words»",
    "DEBUG=1 $C «words»",
    "echo «words» | tr ' ' '\\n' | xargs -n 2 «shim»",
    "printf '%s\\0' «words» | xargs -0 «shim»",
    "echo «word» | xargs -I % «shim» % «lit»",
    "bash -euo pipefail -c «'line'» _ «words»",
    "exec «shim» «words»",
];

const ASSIGNMENTS: &[&str] = &[
    "«name»=«lit»",
    "«name»=«word»",
    "«name»=\"$«name» \"«word»",
    "«name»+=«word»",
    "export «name»=«word»",
    "declare «name»=«word»",
    "X=«lit» Y=$X",
    "unset «name»",
    ": ${«name»:=«lit»}",
    "A=(«words»)",
    "A=(«lit» \"«lit» b\")",
    "A+=(«words»)",
    "A[1]=«word»",
    "declare -a A=(«words»)",
    "unset A",
    "declare -A M=([k]=«lit» [app]=«word»)",
    "M[k]=«word»",
    "P=«name»",
    "C=«shim»",
    "N=1",
    "N=$((N + 1))",
    "((N++))",
    "let N=2+1",
    "set -- «words»",
    "set -- \"$@\" «word»",
    "shift",
    "read X Y <<< \"«lit» «lit»\"",
    "read -r X <<< «word»",
    "IFS=, read -r X Y <<< «lit»,«lit»",
    "IFS=- read -ra A <<< a-b-c",
    "printf -v X '%s-%s' «word» «word»",
    "mapfile -t A <<< $'a\\nb c'",
    "set -e",
    "set +e",
    "set -euo pipefail",
    "«name»=$(«shim» «words»)",
    "«name»=${1:-«lit»}",
    "«name»=${«name»:-«lit»}",
    "A=($«name» «words»)",
    "A=($(«shim» «words»))",
    "A+=(\"$«name»\")",
    "A=(\"${A[@]}\" «word»)",
    "unset 'A[0]'",
    "M[$«name»x]=«word»",
    "declare -A M=()",
    "readonly R«n»=«word»",
    "shift 2",
    "IFS=-",
    "unset IFS",
    "C=\"«shim» «lit»\"",
    "C=",
    "S=sudo",
    "«name»=\"«word» «word»\"",
    "«name»+=\" $«name»\"",
    "read -r X Y < <(«shim» «words»)",
    "mapfile -t A < <(printf '%s\\n' «words»)",
    "cd .",
];

const LINES: &[&str] = &[
    "«call»",
    "«assignment»",
    "«assignment»; «call»",
    "«call»; «call»",
    "«call» && «call»",
    "«call» || «call»",
    "«call» && «call» || «call»",
    "false || «call»",
    "true && «call»",
    "[ «lit» = «lit» ] && «call»",
    "[ \"$«name»\" = «lit» ] && «call»",
    "[ \"$«name»\" != «lit» ] || «call»",
    "[[ $«name» == «lit» ]] && «call»",
    "[[ $«name» == a* ]] && «call»",
    "[[ $«name» =~ ^[a-m] ]] && «call»",
    "[[ -n $«name» && $«name» != x ]] && «call»",
    "[ -z \"$«name»\" ] || «call»",
    "[ $# -gt 1 ] && «call»",
    "((N > 1)) && «call»",
    "test -f s«n».sh || «call»",
    "{ «call»; «call»; }",
    "( «assignment»; «call»)",
    "for X in «words»; do «call»; done",
    "if [ -n \"$«name»\" ]; then «call»; else «call»; fi",
    "case $«name» in a*) «call» ;; *) «call» ;; esac",
    "(exit 1) || «call»",
    "[[ -v «name» ]] && «call»",
    "[ -n \"${«name»:-}\" ] || «call»",
    "[ \"$#\" -eq 0 ] || «call»",
    "[[ \" ${A[*]} \" == *\" «lit» \"* ]] && «call»",
    "command -v «shim» > /dev/null && «call»",
    "[ -e s«n».sh ] && «call»",
    "if «call»; then «call»; else «call»; fi",
    "while ((N-- > 0)); do «call»; done",
    "for X in $«name»; do «call»; done",
    "for X in \"$«name»\" «words»; do «call»; done",
    "case \"$(«shim» «lit»)\" in out*) «call» ;; *) «call» ;; esac",
    "case $# in 0) «call» ;; [12]) «call» ;; *) «call» ;; esac",
    "(cd . && «call»)",
    "«call» &",
    "{ «line»; } || true",
    "test -z \"$«name»\" && «assignment»; «call»",
];

const STATEMENTS: &[&str] = &[
    "«call» # «lit» it's",
    "if «line»\nthen\n«block»\nfi",
    "if [[ $«name» == «lit» ]]; then\n«block»\nelif [ «lit» = \"$«name»\" ]; then\n«block»\nelse\n«block»\nfi",
    "if ! «call»; then\n«block»\nfi",
    "for «name» in «words»; do\n«block»\ndone",
    "for X in \"$@\"; do\n«block»\ndone",
    "for X; do\n«block»\ndone",
    "for X in \"${A[@]}\"; do\n«block»\ndone",
    "for X in a b c; do\n[ $X = b ] && continue\n«block»\ndone",
    "for X in a b c; do\n«block»\n[ $X = b ] && break\ndone",
    "for ((i = 0; i < 2; i++)); do\n«block»\n«shim» $i \"${A[i]}\"\ndone",
    "i=0\nwhile [ $i -lt 2 ]; do\n«shim» $i\ni=$((i + 1))\ndone",
    "until true; do\n«block»\ndone",
    "while read -r X; do\n«block»\ndone <<< «word»",
    "echo «words» | while read -r X Y; do\n«shim» \"$X\" \"$Y\"\ndone",
    "printf '%s\\n' «words» | while IFS= read -r X; do\n«block»\ndone",
    "while read -r X; do\n«block»\ndone < <(printf '%s\\n' «words»)",
    "while read -r X Y; do\n«shim» $Y $X\ndone <<EOF«n»\n«lit» «lit»\n$«name» b c\nEOF«n»",
    "case «word» in\n«lit»)\n«block»\n;;\n«lit»|a*)\n«block»\n;;\n*)\n«block»\n;;\nesac",
    "case \"$«name»\" in\n\"$«name»\") «call» ;;\n?*) «call» ;&\n'') «call» ;;\nesac",
    "f«n»() {\n«block»\n}\nf«n» «words»",
    "function f«n» {\nlocal X=$1 Y=«word»\n«block»\n«shim» \"$@\"\n}\nf«n» «words»\n«shim» $X",
    "f«n»() (\n«block»\n)\nf«n» «words»",
    "f«n»() {\n[ \"$1\" = x ] && return 1\n«block»\n}\nf«n» «words» || «call»",
    "f«n»() { echo «words»; }\n«shim» $(f«n»)",
    "f«n»() { shift; «shim» \"$@\"; }\nf«n» «words»",
    "f«n»() { while [ $# -gt 0 ]; do «shim» \"$1\"; shift; done; }\nf«n» «words»",
    "f«n»() { for X; do «shim» stop \"$X\"; done; }\nf«n» «words»",
    "(\n«block»\n)",
    "{\n«block»\n} 2> /dev/null",
    "(\n«block»\nexit 0\n«shim» never\n)",
    "bash <<EOF«n»\n«plain»\nEOF«n»",
    "bash <<'EOF«n»'\n«block»\nEOF«n»",
    "bash -s «words» <<'EOF«n»'\n«shim» \"$@\"\n«block»\nEOF«n»",
    "ssh host <<EOF«n»\n«plain»\nEOF«n»",
    "ssh host 'bash -s' <<'EOF«n»'\n«block»\nEOF«n»",
    "cat <<EOF«n» | bash\n«plain»\nEOF«n»",
    "bash <<-EOF«n»\n\t«call»\n\tEOF«n»",
    "cat > s«n».sh <<'EOF«n»'\n«block»\nEOF«n»\nbash s«n».sh «words»",
    "cat <<EOF«n» > s«n».sh\n«plain»\nEOF«n»\n. ./s«n».sh «words»\nbash < s«n».sh",
    "echo «'line'» > s«n».sh\necho «'line'» >> s«n».sh\nsource ./s«n».sh",
    "{\necho «'line'»\necho «\"line\"»\n} > s«n».sh\nsh s«n».sh",
    "echo «words» | tee s«n».txt\nfor X in $(cat s«n».txt); do «shim» $X; done",
    "echo «words» > s«n».txt\nxargs «shim» < s«n».txt",
    "«shim» \"$(cat <<EOF«n»\n«word» it\nEOF«n»\n)\"",
    "shopt -s expand_aliases\nalias g«n»='«shim» stop'\ng«n» «words»",
    "trap «'line'» EXIT",
    "trap '«shim» \"$X\"' EXIT",
    "X=$(\n«block»\n)\n«shim» $X",
    "«shim» \\\n  «words» \\\n  «word»",
    "«call» |\n  «shim» «word»",
    "«call» &&\n  «call»",
    "if false; then\n«block»\nfi",
    "exit\n«block»",
    "set -e\ntrap «'line'» EXIT\n«call»\nfalse\n«shim» never",
    "trap '«shim» err' ERR\n«call»",
    "while IFS=- read -r X Y; do\n«shim» \"$Y\" \"$X\"\ndone <<EOF«n»\na-b c\n$«name»-$«name»\nEOF«n»",
    "while read -r X || [ -n \"$X\" ]; do\n«shim» $X\ndone < <(printf '%s' «words»)",
    "«shim» «words» | while read -r X Y; do\n«shim» \"$Y\" \"$X\"\ndone",
    "for X in $(«shim» «words»); do\n«block»\n«shim» \"$X\"\ndone",
    "for X in {1..3}; do\n«shim» «lit»-$X\ndone",
    "for X in *.none; do\n[ -e \"$X\" ] || continue\n«call»\ndone",
    "until [ $N -ge 2 ]; do\nN=$((N + 1))\n«call»\ndone",
    "f«n»() {\nlocal X=${1:-«lit»}\nshift\n«shim» \"$X\" \"$@\"\n«block»\n}\nf«n»\nf«n» «words»",
    "f«n»() {\n[ $# -eq 0 ] && return\n«shim» \"$1\"\nshift\nf«n» \"$@\"\n}\nf«n» «words»",
    "f«n»() {\nwhile [[ $# -gt 0 ]]; do\ncase $1 in\n-«lit») X=$2; shift ;;\n--opt=*) Y=${1#*=} ;;\n*) A+=(\"$1\") ;;\nesac\nshift\ndone\n«shim» \"$X\" \"$Y\" \"${A[@]}\"\n}\nf«n» «words» -«lit» «word»",
    "f«n»() { local -a A=(\"$@\"); «shim» \"${#A[@]}\" \"${A[@]}\"; }\nf«n» «words»",
    "f«n»() { local IFS=,; echo \"$*\"; }\n«shim» \"$(f«n» «words»)\"",
    "f«n»() { return 1; }\nf«n» || «call»\nf«n» && «call»",
    "case \"$1\" in\n-*) «call» ;;\n*[!a-z]*) «call» ;;\n?|??) «call» ;;\nesac",
    "{\n«block»\n} > s«n».txt\n«shim» \"$(cat s«n».txt)\"",
    "if [ \"$«name»\" = «lit» ]; then\necho «words» > s«n».txt\nelse\necho «lit» > s«n».txt\nfi\n«shim» $(cat s«n».txt)",
    "if [ \"$1\" = «lit» ]; then A+=(«word»); fi\n«shim» \"${A[@]}\" ${#A[@]}",
    "«shim» «words» \\\n  --opt \"$(echo «words» |\n    tr a-z A-Z)\"",
    "«call»\n\n# it's «lit» \"\n\n«call» # `«lit»",
];

/// What scripts start with of which every variable is known, also to the programs that they start.
pub const KNOWN: &str = "export X=app Y='web-1 b' Z= P=X C=pm2 N=1 S=env
A=(a1 'b c')
declare -A M=([k]=v)
set -- all 'x y'
";

/// What other scripts start with: one of each.
const BEFORE: &[&[&str]] = &[
    &["export X=app", "export X=app", "X='a b'", "X=$2", "export X=\"$1\"", "", "X="],
    &["export Y='web-1 b'", "Y=web-1", "Y=\"$2 c\"", ""],
    &["Z=", "export Z=a", "Z=$(docker ps)", "Z=*", ""],
    &["A=(a1 'b c')", "A=(a1 'b c')", "A=(\"$X\" b)", "A=($Y)", "A=()", ""],
    &["declare -A M=([k]=v)", "declare -A M=([k]=v [app]='x y')", ""],
    &["P=X", "P=Y", ""],
    &["C=pm2", "C=docker", "C='sudo pm2'", ""],
    &["N=1", "N=0", "export N=2", ""],
    &["set -- all 'x y'", "set -- all 'x y'", "set --", ""],
];

/// What scripts of one level of nesting are made of.
#[derive(Clone)]
struct Level {
    number: u32,
    word: BoxedStrategy<String>,
    assignment: BoxedStrategy<String>,
    call: BoxedStrategy<String>,
    line: BoxedStrategy<String>,
    block: BoxedStrategy<String>,
}

/// How deep substitutions, functions and code in code nest.
const LEVELS: u32 = 3;

/// A script.
pub fn script() -> BoxedStrategy<String> {
    let simple = |alternatives: &[&str]| prop::sample::select(to_strings(alternatives)).boxed();
    let call = "pm2 stop app";
    let mut level = Level {
        number: 0,
        word: simple(LITERALS),
        assignment: simple(&["X=y"]),
        call: simple(&[call]),
        line: simple(&[call]),
        block: simple(&[call]),
    };
    for _ in 0..LEVELS {
        level = level.next();
    }
    let lines = BEFORE.iter().map(|lines| simple(lines)).collect::<Vec<_>>();
    let before = prop_oneof![
        Just(KNOWN.to_owned()),
        lines.prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect()),
    ];
    (before, prop::collection::vec(level.block, 1..3))
        .prop_map(|(before, blocks)| format!("{before}{}\n", blocks.join("\n")))
        .boxed()
}

impl Level {
    /// The level above this one.
    fn next(&self) -> Self {
        let mut next = Self { number: self.number + 1, ..self.clone() };
        let weighted = [
            (6, LITERALS),
            (2, QUOTED),
            (4, VARIABLES),
            (2, ARRAYS),
            (1, POSITIONAL),
            (1, BRACES),
            (2, SUBSTITUTIONS),
        ];
        next.word = Union::new_weighted(
            weighted.iter().map(|(weight, list)| (*weight, self.one_of(list))).collect(),
        )
        .boxed();
        next.assignment = next.one_of(ASSIGNMENTS);
        next.call = Union::new_weighted(vec![
            (1, next.template(CALLS[0])),
            (2, Level { call: self.call.clone(), ..next.clone() }.one_of(CALLS)),
        ])
        .boxed();
        next.line =
            Union::new_weighted(vec![(1, next.call.clone()), (2, next.one_of(LINES))]).boxed();
        let statement = Union::new_weighted(vec![
            (2, next.line.clone()),
            (2, next.assignment.clone()),
            (3, Level { block: self.block.clone(), ..next.clone() }.one_of(STATEMENTS)),
        ]);
        next.block = prop::collection::vec(statement, 1..4)
            .prop_map(|statements| statements.join("\n"))
            .boxed();
        next
    }

    fn one_of(&self, templates: &[&'static str]) -> BoxedStrategy<String> {
        Union::new(templates.iter().map(|template| self.template(template))).boxed()
    }

    fn template(&self, template: &'static str) -> BoxedStrategy<String> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('«') {
            let (part, after) = after.split_once('»').expect("a part ends");
            parts.push(Just(before.to_owned()).boxed());
            parts.push(self.part(part));
            rest = after;
        }
        parts.push(Just(rest.to_owned()).boxed());
        parts.prop_map(|parts| parts.concat()).boxed()
    }

    fn part(&self, part: &str) -> BoxedStrategy<String> {
        let quote: Option<fn(&str) -> String> = match part.as_bytes()[0] {
            b'\'' => Some(single_quoted),
            b'"' => Some(|text| double_quoted(text, &['\\', '"', '$', '`'])),
            b'$' => Some(|text| double_quoted(text, &['\\', '"', '`'])),
            b'`' => Some(|text| escaped(text, &['\\', '`'])),
            _ => None,
        };
        if let Some(quote) = quote {
            let inner = self.part(&part[1..part.len() - 1]);
            return inner.prop_map(move |text| quote(&text)).boxed();
        }
        match part {
            "lit" => prop::sample::select(to_strings(LITERALS)).boxed(),
            "name" => prop::sample::select(to_strings(&["X", "Y", "Z"])).boxed(),
            "shim" => prop::sample::select(to_strings(SHIMS)).boxed(),
            "n" => Just(self.number.to_string()).boxed(),
            "word" => self.word.clone(),
            "words" => prop::collection::vec(self.word.clone(), 1..4)
                .prop_map(|words| words.join(" "))
                .boxed(),
            "assignment" => self.assignment.clone(),
            "call" => self.call.clone(),
            "line" => self.line.clone(),
            "plain" => self
                .line
                .clone()
                .prop_filter("quotes in quotes", |line| !line.contains("'\\''"))
                .boxed(),
            "block" => self.block.clone(),
            _ => panic!("the grammar has no `{part}`"),
        }
    }
}

fn to_strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn double_quoted(text: &str, escapes: &[char]) -> String {
    format!("\"{}\"", escaped(text, escapes))
}

fn escaped(text: &str, escapes: &[char]) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        if escapes.contains(&char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}
