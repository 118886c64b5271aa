//! A script that is passed over has nothing in it that matters.

use super::{Matters, matters};
use crate::{
    effect,
    program::Catalog,
    script::{Reading, read},
    source::{Language, Script, SourceFile, Text},
};
use proptest::{prelude::*, test_runner::RngSeed};
use std::sync::Arc;

fn script(text: &str) -> Script {
    let file = Arc::new(SourceFile::new("x.sh", text));
    Script::alone(Text::of_file(file), Language::Shell)
}

fn may_matter(script: &Script) -> bool {
    matters(script) == Matters::Itself
}

/// The effects that a reading finds, and the files that it misses. What is called in a script
/// that the shell itself does not understand is a guess, and counts only if it has an effect.
fn found(reading: &Reading) -> Vec<String> {
    let effects = reading
        .invocations
        .iter()
        .flat_map(|invocation| effect::of(invocation))
        .map(|effect| effect.to_string());
    let is_broken = reading.unread.iter().any(|unread| unread.is_code());
    let missing = reading.unread.iter().filter(|unread| !unread.is_code() && !is_broken);
    let reasons = missing.map(|unread| unread.reason.clone());
    // What is no path, or one with blanks in it, is here nonsense that the parser cut wrongly.
    let is_path = |reason: &String| {
        reason.split('`').nth(1).is_some_and(|path| path.contains('/') && !path.contains(' '))
    };
    effects.chain(reasons.filter(is_path)).collect()
}

#[test]
fn every_call_with_an_effect_matters() {
    for (path, program) in Catalog::built_in().all().filter(|(_, p)| !p.is_language) {
        for example in program.examples.iter().filter(|example| example.effect != "none") {
            assert!(may_matter(&script(&example.run)), "{path}: {}", example.run);
        }
    }
}

#[test]
fn a_name_that_is_put_together_matters() {
    for hidden in [
        "p'm'2 kill",
        "p\"\"m2 kill",
        "p\\m2 kill",
        "p\\\nm2 kill",
        "\"pm2\" kill",
        "X=m2; p$X kill",
        "X=m2; echo; sudo p${X} kill",
        "X=pm; ${X}2 kill",
        "X=p Y=m2; $X$Y kill",
        "$(echo pm2) kill",
        "`echo pm2` kill",
        "{pm2,kill}",
        "p{m2,} kill",
        "$'\\x70m2' kill",
        "C='pm2 kill'; $C",
        "eval \"$X\"",
        "echo cG0yIGtpbGw= | base64 -d | sh",
        "f() { \"$@\"; }; f p\"m2\" kill",
        "alias x=y; x",
        "/usr/bin/pm2 kill",
        "pm2@latest kill",
        "X=1 ./x.sh",
        "X=$(date) ./x.sh",
        "X=\"a b\" ./x.sh",
        "sudo -u me ./x.sh",
        "if ./x.sh; then :; fi",
        "> log ./x.sh",
        "2> log ./x.sh",
        ". ./x.sh",
        "a && \\\n  ./x.sh",
        "{ ./x.sh; }",
        "'my tools/x' y",
        "case $X in\n  a) scripts/x ;;\nesac",
        "bash x",
        "env A=b make all",
        "X=pm2; X=${X} ; echo; ${X#a} kill",
        "${{ env.X }} kill",
        "sudo ${{ env.X }}",
        "echo A=b >> $GITHUB_ENV",
        "echo \"A=b\" >> \"${GITHUB_OUTPUT}\"",
        "echo A=b >> ${{ github.env }}",
        "echo ::set-output name=a::b",
        "cat <<E > a.md\n$(pm2 kill)\nE",
        "cat <<E > a.md\nx\nE\n$X kill",
        "cat <<E > a.md\n$(date)\nE\n$X kill",
        "cat <<E > a.sh\n$X kill\nE",
        "X=$(cat <<E\n$Y kill\nE\n)\neval \"$X\"",
        "echo \\\\`echo pm2` kill",
        "echo \"p\\`true\\`m2 kill\"",
        "echo \"\\`echo p\\`m2 kill\"",
        "echo \"\\` \\`echo p\\`m2 kill\"",
        "echo \"run \\`pm2 kill\\`\"",
        "echo \"npm run deploy\" > x.sh",
        "printf '%s\\n' 'npm run deploy' | tee -a x",
        "echo \"npm run deploy\" >a",
        "echo \"npm run deploy\" > \"$GITHUB_WORKSPACE\"/x",
        "echo \"npm run deploy\" > $GITHUB_WORKSPACE/x.sh",
        "X=$(cat <<E\nnpm run deploy\nE\n)\necho \"$X\" >> bin/x",
    ] {
        assert_ne!(matters(&script(hidden)), Matters::Not, "{hidden}");
    }
}

#[test]
fn ordinary_steps_do_not_matter() {
    for plain in [
        "echo \"$GITHUB_REF on ${{ runner.os }}\"",
        "cargo test --workspace --locked",
        "go vet ./...",
        "VERSION=\"v1 of $NAME\"\necho \"building $VERSION\" > out/version.txt",
        "if [ -f package.json ]; then\n  echo \"tag=${GITHUB_REF#refs/tags/}\"\nfi",
        "pip install -r requirements.txt -e .",
        "mkdir -p ~/.ssh && chmod 700 ~/.ssh",
        "for i in 1 2 3; do curl -fsS \"https://$HOST/health\" && break; sleep 3; done",
        "tar -czf \"app-$(date +%s).tar.gz\" dist/ # not ./x.sh",
        "terraform plan -out=\"$PLAN\"",
        "npm ci --omit=dev && npx tsc --noEmit -p .",
        "docker build -t \"$IMAGE\" --build-arg RUN=exec .",
        "docker push $IMAGE 2> log",
        "sudo docker compose up -d --remove-orphans",
        "ls -l /var/run/docker.sock && curl https://shop.example.net",
        "git fetch --all; git checkout \"$BRANCH\"",
        "bundle exec rspec && python -m pip install --upgrade pip",
        "yarn install --frozen-lockfile\npnpm add -D x",
        "psql --version",
        "find . -name '*.json' -not -path './node_modules/*'",
        "echo \"| check | ./result.sh |\" >> $GITHUB_STEP_SUMMARY",
        "vendor/bin/phpunit --testsuite web",
        "rsync -avz --exclude .git ./ \"$USER@$HOST:/srv/web\"",
        "BODY=$(cat <<E\n| \\`$SHA\\` | $URL |\n$X (see ./x.sh)\nE\n)\njq -n --arg body \"$BODY\" '{$body}'",
        "BODY=$(cat <<E\nRun \\`npm test -- --grep \"its name\"\\`.\nE\n)\necho \"$BODY\"",
        "echo \"Run \\`npm test -- --grep name\\` and \\`x\\`\" >> log.md",
        "echo \"Run npm test\" >&2; x > /dev/null; echo \"or make all\" | tee \"log.txt\"",
        "echo \"Run npm test\" >> \"$GITHUB_STEP_SUMMARY\"; echo \"or make all\" >> ${GITHUB_STEP_SUMMARY}",
        "curl -d '{\"a\": \"b\", \"c\": {d: 1}}' https://x.example && echo '{a: $B}'",
        "cat > NEWS.md <<E\n$(git log \"$RANGE\" --pretty='- %s (%an)' || true)\n$X of $(date)\nE\nmv NEWS.md x",
    ] {
        assert_eq!(matters(&script(plain)), Matters::Not, "{plain}");
    }
}

/// Parts that scripts are made of, and those that hide a name in them.
const PARTS: &[&str] = &[
    "npm ",
    "run ",
    "docker ",
    "rm ",
    "compose ",
    "down -v ",
    "system ",
    "prune ",
    "build ",
    "--context x ",
    "2> ",
    "\\\n",
    "net ",
    "stop ",
    ".",
    "pm2",
    "kill",
    "p",
    "m2",
    "all",
    "delete",
    "pm",
    "2",
    " ",
    " ",
    " ",
    "\n",
    ";",
    "|",
    "&&",
    "\"",
    "'",
    "\\",
    "$X",
    "${X}",
    "${X:-p}",
    "${X#a}",
    "$(",
    ")",
    "(",
    "`",
    "{",
    "}",
    ",",
    "X=",
    "Y=m2",
    "echo ",
    "sudo ",
    "sh ",
    "-c ",
    "bash ",
    "eval ",
    "f() {",
    "$@",
    "$1",
    "./x.sh",
    "a/b",
    "/",
    "<<E\n",
    "\nE\n",
    "> o",
    "if ",
    "; then ",
    "; fi",
    "for i in ",
    "; do ",
    "; done",
    "case p in ",
    ";; ",
    "esac",
    "#",
    "xargs ",
    "env ",
    "${{ env.X }}",
    "source ",
    ". ",
    "$'\\x70'",
    "[",
    "]",
    "=",
    "@",
    "*",
    "printf %s ",
    "export ",
    "! ",
    "base64 -d",
    "node -e ",
    "make ",
];

proptest! {
    // The same in every run: of nonsense that no shell understands its parser makes now and then
    // calls that are not there.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::with_cases(6000)
    })]

    #[test]
    fn what_is_passed_over_has_no_effect_and_calls_no_file(
        parts in prop::collection::vec(prop::sample::select(PARTS), 1..14),
    ) {
        let script = script(&parts.concat());
        if !may_matter(&script) {
            prop_assert_eq!(found(&read(&script)), Vec::<String>::new());
        }
    }
}

#[test]
fn a_subcommand_that_matters_is_seen_however_it_is_written() {
    for call in [
        "docker rm web",
        "docker --context prod rm web",
        "docker \"rm\" web",
        "docker r'm' web",
        "docker \\\n  rm web",
        "docker $VERB web",
        "docker ${{ inputs.verb }} web",
        "docker 2>/dev/null rm web",
        "docker &> log rm web",
        "docker < list rm web",
        "docker {rm,web}",
        "docker compose -f prod.yml down -v",
        "docker compose $FILES down -v",
        "docker.exe rm web",
        "/usr/bin/docker rm web",
        "docker@latest rm web",
        "echo rm web | xargs docker",
        "sudo docker system prune --volumes",
        "service nginx stop",
        "OPTS=--rsync-path=x; rsync \"$OPTS\" a b",
        "npx -y -c \"./x\"",
        "find . -name x -exec ./x.sh \\;",
        "bundle exec ./x.sh",
        "psql < x.sql",
        "yarn $SCRIPT",
        "echo \"a\" ; ./x.sh ; echo \"b\"",
        "echo \"one\ntwo\" ; ./x.sh ; echo \"three\"",
        "echo '\"' ; ./x.sh ; echo '\"'",
        "sudo bash -c \"cd /srv; ./x.sh\"",
    ] {
        assert!(may_matter(&script(call)), "{call}");
    }
}

#[test]
fn a_line_that_hands_code_to_a_file_matters() {
    assert_eq!(super::of_text("echo \"pm2 kill\" > x.sh"), super::Matters::Itself);
    assert!(super::has_code_in_strings("echo \"pm2 kill\" | tee x.sh"));
    assert!(!super::has_code_in_strings("echo \"deployed\" > x.log"));
}
