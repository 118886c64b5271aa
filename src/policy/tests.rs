//! What steps leave to later ones, from workflow to finding.

use super::{Configs, Level, lint};
use crate::source::SourceFile;

/// The findings on a workflow, each as its level and command.
fn found(workflow: &str) -> Vec<String> {
    let file = SourceFile::new(".github/workflows/deploy.yml", workflow);
    let report = lint(vec![file], &Configs::One(Box::default()), false);
    // What a job does as a whole is another matter.
    let commands = report.findings.iter().filter(|finding| !finding.command.is_empty());
    let shown = commands.map(|finding| {
        let level = if finding.level == Level::Deny { "deny" } else { "warn" };
        format!("{level} {}", finding.command.join(" "))
    });
    shown.collect()
}

/// The findings on a job of these steps on a host that others share.
fn in_steps(steps: &str) -> Vec<String> {
    let steps = steps.replace('\n', "\n      ");
    found(&format!("on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      {steps}\n"))
}

#[test]
fn a_variable_that_an_earlier_step_sets_is_known_in_later_ones() {
    for sets in [
        r#"echo "TARGET=all" >> $GITHUB_ENV"#,
        r#"echo TARGET=all >> "${GITHUB_ENV}""#,
        r#"echo "TARGET=all" | tee -a "$GITHUB_ENV""#,
        r#"printf 'TARGET=%s\n' all >> $GITHUB_ENV"#,
        r#"T=all; echo "TARGET=$T" >> $FORGEJO_ENV"#,
        r#"echo "TARGET=all" >> ${{ github.env }}"#,
        r#"echo "::set-env name=TARGET::all""#,
        "{\n    echo TARGET=all\n    echo B=2\n  } >> $GITHUB_ENV",
        "cat >> $GITHUB_ENV <<X\n  A=1\n  TARGET=all\n  X",
        "echo 'TARGET<<END' >> $GITHUB_ENV\n  echo all >> $GITHUB_ENV\n  echo END >> $GITHUB_ENV",
    ] {
        for uses in
            ["pm2 delete $TARGET", "pm2 delete ${{ env.TARGET }}", "bash -c 'pm2 delete $TARGET'"]
        {
            let found = in_steps(&format!(
                "- run: |\n    {}\n- run: {uses}",
                sets.replace("\n  ", "\n    ")
            ));
            assert_eq!(found, ["deny pm2 delete all"], "{sets} / {uses}");
        }
    }
}

#[test]
fn an_output_of_an_earlier_step_is_known_by_the_id_of_the_step() {
    for sets in [
        r#"echo "target=all" >> $GITHUB_OUTPUT"#,
        r#"echo "target=all" >> "$GITEA_OUTPUT""#,
        r#"echo "::set-output name=target::all""#,
    ] {
        let uses = "- run: pm2 delete ${{ steps.pick.outputs.target }}";
        let found = in_steps(&format!("- id: pick\n  run: |\n    {sets}\n{uses}"));
        assert_eq!(found, ["deny pm2 delete all"], "{sets}");
    }
}

#[test]
fn what_is_set_only_sometimes_is_possible_beside_what_was_set_before() {
    let set = |first: &str, second: &str| {
        in_steps(&format!(
            "- run: echo APP={first} >> $GITHUB_ENV\n- if: github.ref == 'x'\n  run: echo APP={second} >> \
             $GITHUB_ENV\n- run: pm2 delete $APP"
        ))
    };
    assert_eq!(set("all", "web"), ["deny pm2 delete all"]);
    assert_eq!(set("web", "all"), ["deny pm2 delete all"]);
    assert!(set("web", "api").is_empty());
    let in_branch = "- run: test -f x && echo APP=web >> $GITHUB_ENV\n- run: pm2 delete $APP";
    assert_eq!(in_steps(in_branch), ["warn pm2 delete $APP"]);
    let replaced = "- run: echo APP=all >> $GITHUB_ENV\n- run: echo APP=web >> $GITHUB_ENV\n- run: pm2 delete $APP";
    assert!(in_steps(replaced).is_empty());
}

#[test]
fn a_condition_is_decided_with_what_was_set_before() {
    let steps = |before: &str| {
        let workflow = format!(
            "on: push\njobs:\n  d:\n    runs-on: x\n    env: {{ON: 'no'}}\n    steps:\n      - run: {before}\n      - \
             if: env.ON == 'yes'\n        run: pm2 delete all\n"
        );
        found(&workflow)
    };
    assert!(steps("ls").is_empty());
    assert_eq!(steps("echo ON=yes >> $GITHUB_ENV"), ["deny pm2 delete all"]);
}

#[test]
fn what_another_machine_or_another_job_sets_is_not_known_here() {
    let remote = "- run: ssh prod 'echo APP=all >> $GITHUB_ENV'\n- run: pm2 delete $APP";
    assert_eq!(in_steps(remote), ["warn pm2 delete $APP"]);
    let other_job = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo APP=all >> $GITHUB_ENV\n  \
                     b:\n    runs-on: x\n    steps:\n      - run: pm2 delete $APP\n";
    assert_eq!(found(other_job), ["warn pm2 delete $APP"]);
}

#[test]
fn the_outputs_of_a_job_are_known_in_the_jobs_that_need_it() {
    let workflow = r#"
on: push
jobs:
  pick:
    runs-on: ubuntu-latest
    outputs: {list: "${{ steps.s.outputs.list }}"}
    steps:
      - id: s
        run: echo 'list=["web", "all"]' >> $GITHUB_OUTPUT
  deploy:
    needs: pick
    runs-on: self-hosted
    strategy:
      matrix:
        app: ${{ fromJSON(needs.pick.outputs.list) }}
    steps:
      - run: pm2 delete ${{ matrix.app }}
"#;
    assert_eq!(found(workflow), ["deny pm2 delete all"]);
}

#[test]
fn a_value_that_is_not_known_stays_a_question_in_later_steps() {
    let steps = "- run: echo \"APP=$(cat name)\" >> $GITHUB_ENV\n- run: pm2 delete $APP\n- run: pm2 delete web-$APP";
    let found = in_steps(steps);
    let expected = ["warn pm2 delete ${{ $(cat name) }}", "warn pm2 delete web-${{ $(cat name) }}"];
    assert_eq!(found, expected);
}

#[test]
fn variables_around_a_script_are_resolved_and_keep_together() {
    let workflow = |run: &str| {
        found(&format!(
            r#"
on: push
env: {{WHICH: "${{{{ github.ref == 'refs/heads/main' && 'all' || 'web' }}}}"}}
jobs:
  d:
    runs-on: self-hosted
    strategy:
      matrix:
        include:
          - {{does: list, what: all}}
          - {{does: delete, what: web}}
    env: {{DOES: "${{{{ matrix.does }}}}", WHAT: "${{{{ matrix.what }}}}"}}
    steps:
      - run: {run}
"#
        ))
    };
    assert_eq!(workflow("pm2 delete $WHICH"), ["deny pm2 delete all"]);
    assert_eq!(workflow("pm2 stop $WHAT"), ["deny pm2 stop all"]);
    assert!(workflow("pm2 $DOES $WHAT").is_empty());
    assert!(workflow("pm2 $DOES ${{ matrix.what }}").is_empty());
    assert!(workflow("echo $WHICH").is_empty());
}

#[test]
fn a_script_that_an_earlier_step_writes_is_read_where_a_later_one_runs_it() {
    let writes = "- run: |\n    cat > deploy.sh <<X\n    docker volume prune -f\n    X";
    let runs = |command: &str| in_steps(&format!("{writes}\n- run: {command}"));
    let denied = ["deny docker volume prune -f"];
    assert_eq!(runs("bash deploy.sh"), denied);
    assert_eq!(runs("chmod +x deploy.sh && ./deploy.sh"), denied);
    let copied = "scp deploy.sh ${{ secrets.U }}@${{ secrets.H }}:~/x.sh; ssh ${{ secrets.U }}@${{ secrets.H }} 'bash ~/x.sh'";
    assert_eq!(runs(copied), denied);
    assert!(runs("cat deploy.sh").is_empty());
    for writes in [
        r#"echo "pm2 kill" > x.sh"#,
        r#"echo 'set -e' > x.sh; echo "pm2 kill" >> x.sh"#,
        r#"echo "pm2 kill" | tee x.sh"#,
        r#"{ echo "set -e"; echo "pm2 kill"; } > x.sh"#,
    ] {
        let found = in_steps(&format!("- run: |\n    {writes}\n- run: ./x.sh"));
        assert_eq!(found, ["deny pm2 kill"], "{writes}");
        assert!(in_steps(&format!("- run: |\n    {writes}")).is_empty(), "{writes}");
    }
}
