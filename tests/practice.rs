//! What good practice asks of a deploy as a whole.

mod support;

use support::{all_findings, repository};

const PATH: &str = ".gitea/workflows/deploy.yml";

/// A deploy that somebody looks at, alone.
const GOOD: &str = "on: push
concurrency: deploy
jobs:
  deploy:
    runs-on: self-hosted
    steps:
      - run: pm2 restart web
      - run: curl --fail --retry 10 http://127.0.0.1:3000/health
";

fn found_in(path: &str, workflow: &str) -> Vec<String> {
    all_findings(repository(&[(path, workflow)]).path(), &[])
}

fn found(workflow: &str) -> Vec<String> {
    found_in(PATH, workflow)
}

/// The findings on one step of a good deploy.
fn found_in_step(step: &str) -> Vec<String> {
    found(
        &GOOD.replace(
            "- run: pm2 restart web\n",
            &format!("- {step}\n      - run: pm2 restart web\n"),
        ),
    )
}

#[test]
fn a_good_deploy_has_nothing_to_be_said_of_it() {
    assert_eq!(found(GOOD), [""; 0]);
}

#[test]
fn a_deploy_that_can_run_beside_another_is_noted() {
    let noted = ["note deploy-without-lock .gitea/workflows/deploy.yml:3:3"];
    assert_eq!(found(&GOOD.replace("concurrency: deploy\n", "")), noted);
    let of_job = GOOD
        .replace("concurrency: deploy\n", "")
        .replace("    steps:", "    concurrency: {group: deploy}\n    steps:");
    assert_eq!(found(&of_job), [""; 0]);
    for locks in ["flock /var/lock/deploy.lock pm2 restart web", "tagout deploy -- pm2 restart web"]
    {
        let workflow = GOOD.replace("concurrency: deploy\n", "").replace("pm2 restart web", locks);
        assert_eq!(found(&workflow), [""; 0], "{locks}");
    }
}

#[test]
fn a_deploy_that_nobody_looks_at_is_noted() {
    let unseen = GOOD.replace("curl --fail --retry 10 http://127.0.0.1:3000/health", "echo done");
    let noted = ["note deploy-without-check .gitea/workflows/deploy.yml:4:3"];
    assert_eq!(found(&unseen), noted);
    // What is asked before the deploy proves nothing of it.
    let before = unseen
        .replace("- run: pm2 restart web", "- run: curl -f http://127.0.0.1/; pm2 restart web");
    assert_eq!(found(&before), noted);
    for verifies in [
        "pm2 restart web; sleep 5; curl -f http://127.0.0.1/",
        "pm2 restart web && pm2 jlist | jq -e '.[0].pm2_env.status == \"online\"'",
        "systemctl restart web && systemctl is-active web",
    ] {
        assert_eq!(found(&unseen.replace("pm2 restart web", verifies)), [""; 0], "{verifies}");
    }
    let by_action = unseen.replace("- run: echo done", "- uses: someone/url-health-check@v3");
    assert_eq!(found(&by_action), [""; 0]);
    let job = "  smoke:\n    needs: deploy\n    runs-on: self-hosted\n    steps:\n      - run: curl -f https://shop.example/\n";
    assert_eq!(found(&format!("{unseen}{job}")), [""; 0]);
}

#[test]
fn a_build_is_no_deploy() {
    let build = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker rm -f test-db\n";
    let notes = found_in(".github/workflows/build.yml", build);
    assert!(!notes.iter().any(|note| note.contains("deploy-")), "{notes:?}");
}

#[test]
fn a_list_that_is_saved_after_a_command_on_every_app_is_noted() {
    let step = "run: pm2 restart all && pm2 save";
    assert_eq!(
        found_in_step(step),
        [
            "deny pm2-all .gitea/workflows/deploy.yml:7:14",
            "note saved-after-all .gitea/workflows/deploy.yml:7:33"
        ]
    );
    assert_eq!(found_in_step("run: pm2 save"), [""; 0]);
    let before = "run: pm2 save && pm2 restart all";
    assert_eq!(found_in_step(before), ["deny pm2-all .gitea/workflows/deploy.yml:7:26"]);
}

#[test]
fn code_from_the_network_that_is_run_on_the_host_is_noted() {
    for (script, column) in [
        ("curl -fsSL https://get.example/i.sh | bash", 52),
        ("wget -qO- https://get.example/i.sh | sudo -E bash -", 51),
        ("bash <(curl -fsSL https://get.example/i.sh)", 14),
        ("sh -c \"$(curl -fsSL https://get.example/i.sh)\"", 14),
        ("curl -fsSLO https://get.example/i.sh && sh i.sh", 54),
        ("source <(curl -fsSL https://get.example/i.sh)", 14),
        ("if . <(curl -fsSL https://get.example/i.sh); then true; fi", 17),
        ("V=1 source <(curl -fsSL https://get.example/i.sh)", 14),
    ] {
        let expected = format!("note downloaded-script .gitea/workflows/deploy.yml:7:{column}");
        assert_eq!(found_in_step(&format!("run: {script}")), [expected], "{script}");
    }
    for fine in [
        "curl -fsSL https://get.example/a.tgz | tar xz",
        "curl -f https://shop.example/ | grep bash",
    ] {
        assert_eq!(found_in_step(&format!("run: {fine}")), [""; 0], "{fine}");
    }
    // What it does to a machine that is thrown away is nobody's trouble.
    let hosted = GOOD
        .replace("self-hosted", "ubuntu-latest")
        .replace("pm2 restart web", "curl -f https://x.example/i.sh | sh");
    assert_eq!(found_in(".github/workflows/deploy.yml", &hosted), [""; 0]);
}

#[test]
fn a_secret_that_a_program_is_given_as_an_argument_is_noted() {
    let noted =
        |column| format!("note secret-on-command-line .gitea/workflows/deploy.yml:7:{column}");
    assert_eq!(found_in_step("run: mysql -p${{ secrets.DB_PASSWORD }} shop < a.sql"), [noted(20)]);
    let either = "run: mysql -p${{ secrets.DB_PASSWORD || secrets.DB_USER }} shop < a.sql";
    assert_eq!(found_in_step(either), [noted(20)]);
    let variable = "run: docker login -u ci -p \"$PW\"\n        env: {PW: \"${{ secrets.PW }}\"}";
    assert_eq!(found_in_step(variable), [noted(14)]);
    for fine in [
        "run: echo \"${{ secrets.PW }}\" | docker login -u ci --password-stdin",
        "run: export TOKEN=${{ secrets.TOKEN }}; npm run build",
        "run: ping -c 1 ${{ secrets.DEPLOY_HOST }}",
        "run: npm run build\n        env: {TOKEN: \"${{ secrets.TOKEN }}\"}",
    ] {
        assert_eq!(found_in_step(fine), [""; 0], "{fine}");
    }
}

#[test]
fn a_test_deploy_on_a_process_that_does_not_say_so_is_noted() {
    let path = ".gitea/workflows/deploy-to-test.yml";
    assert_eq!(
        found_in(path, GOOD),
        ["note test-deploy-names .gitea/workflows/deploy-to-test.yml:7:14"]
    );
    assert_eq!(found_in(path, &GOOD.replace("restart web", "restart web-test")), [""; 0]);
    assert_eq!(found_in(".gitea/workflows/tests.yml", GOOD), [""; 0]);
}

#[test]
fn a_finding_says_what_a_person_has_to_do_before() {
    let workflow = "on:
  workflow_dispatch:
    inputs:
      confirm: {description: Type DESTROY, required: true}
concurrency: deploy
jobs:
  drop:
    if: github.event.inputs.confirm == 'DESTROY'
    runs-on: self-hosted
    environment: production
    steps:
      - run: pm2 delete all
";
    let folder = repository(&[(PATH, workflow)]);
    let output = support::tagout(folder.path(), &["lint", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding =
        &report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "pm2-all").unwrap();
    assert_eq!(finding["level"], "deny");
    insta::assert_snapshot!(finding["message"].as_str().unwrap(), @"
    deletes every PM2 process that matches `all`, those of other apps too; it is behind the typed confirmation `github.event.inputs.confirm` and environment `production`
    ");
}
