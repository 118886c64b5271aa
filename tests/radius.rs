//! What workflows can do to what others share.

mod support;

use insta::assert_snapshot;
use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{repository, tagout, workflow};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flyer-crawler");

#[test]
fn each_workflow_says_what_it_can_do_the_gravest_first() {
    let output = tagout(Path::new(FIXTURE), &["radius"]);
    assert_eq!(output.status.code(), Some(0));
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    .gitea/workflows/deploy-to-prod.yml  deploys flyer-crawler/production
      deploy
        deny   deletes PM2 processes of every app, on the runner's host (projectium)
               .gitea/workflows/deploy-to-prod.yml:55  pm2 delete p.pm2_env.pm_id

    .gitea/workflows/deploy-to-prod-repaired.yml  deploys flyer-crawler/production
      deploy
        allow  deletes PM2 process `flyer-crawler-api`, `flyer-crawler-worker`, `flyer-crawler-analytics-worker`, on the runner's host (projectium)
               .gitea/workflows/deploy-to-prod-repaired.yml:63  pm2 delete p.pm2_env.pm_id

    .gitea/workflows/deploy-to-test.yml  deploys flyer-crawler/test
      deploy
        allow  deletes PM2 process `*-test`, on the runner's host (projectium)
               .gitea/workflows/deploy-to-test.yml:39  pm2 delete p.pm2_env.pm_id

    .gitea/workflows/manual-db-restore.yml  deploys flyer-crawler/production
      restore
        allow  stops PM2 process `flyer-crawler-api`, `flyer-crawler-worker`, `flyer-crawler-analytics-worker`, on the runner's host (projectium)
               .gitea/workflows/manual-db-restore.yml:32  pm2 stop flyer-crawler-api flyer-crawler-worker flyer-crawler-analytics-worker
        allow  restarts PM2 process `flyer-crawler-api`, `flyer-crawler-worker`, `flyer-crawler-analytics-worker`, on the runner's host (projectium)
               .gitea/workflows/manual-db-restore.yml:44  pm2 restart flyer-crawler-api flyer-crawler-worker flyer-crawler-analytics-worker

    .gitea/workflows/manual-deploy-major.yml  deploys flyer-crawler/production
      deploy
        allow  stops PM2 process `flyer-crawler-api`, `flyer-crawler-worker`, `flyer-crawler-analytics-worker`, on the runner's host (projectium)
               .gitea/workflows/manual-deploy-major.yml:43  pm2 stop flyer-crawler-api flyer-crawler-worker flyer-crawler-analytics-worker
    ");
}

#[test]
fn what_is_not_sure_and_what_is_thrown_away_is_said() {
    let text = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker system prune -af\n  deploy:\n    runs-on: self-hosted\n    steps:\n      - run: pm2 restart \"$APP\"\n";
    let folder = repository(&[(".github/workflows/d.yml", text)]);
    let output = tagout(folder.path(), &["radius"]);
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    .github/workflows/d.yml
      build
        note   deletes every unused container thing on the host, on ubuntu-latest, thrown away after the job
               .github/workflows/d.yml:6  docker system prune -af
      deploy
        warn   may: restarts a PM2 process that reading does not tell (`$APP`), on the runner's host (self-hosted)
               .github/workflows/d.yml:10  pm2 restart $APP
    ");
    let markdown = tagout(folder.path(), &["radius", "--format", "markdown"]);
    assert_snapshot!(String::from_utf8(markdown.stdout).unwrap(), @r"
    # Blast radius

    ## .github/workflows/d.yml

    | job | | what it can do | where | command |
    |---|---|---|---|---|
    | build | note | deletes every unused container thing on the host | ubuntu-latest, thrown away after the job | `docker system prune -af` |
    | deploy | warn | may: restarts a PM2 process that reading does not tell (\`$APP\`) | the runner's host (self-hosted) | `pm2 restart $APP` |
    ");
}

#[test]
fn the_json_has_every_effect_with_its_verdict() {
    let output = tagout(Path::new(FIXTURE), &["radius", "--format", "json"]);
    let radius: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(radius["version"], 1);
    let worst = &radius["workflows"][0];
    assert_eq!(worst["environments"][0], "flyer-crawler/production");
    let reach = &worst["jobs"][0]["reaches"][0];
    assert_eq!(reach["verdict"], "deny");
    assert_eq!(reach["effect"]["verb"], "destroy");
    assert_eq!(reach["rule"], "pm2-unfiltered");
}

#[test]
fn the_page_needs_nothing_but_itself_and_names_cannot_write_html() {
    let text = workflow("pm2 delete '<script>alert(1)</script>'").replace("deploy:", "'a<b>':");
    let folder = repository(&[(".github/workflows/d&e.yml", &text)]);
    let output = tagout(folder.path(), &["radius", "--html", "page.html"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("d&amp;e.yml"), "{page}");
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<path class=").count(), 1);
}

#[test]
fn the_picture_shows_what_goes_beyond_a_machine_that_is_thrown_away() {
    let hosted = |command| workflow(command).replace("self-hosted", "ubuntu-latest");
    for (command, drawn) in [("terraform destroy -auto-approve", 1), ("docker system prune -af", 0)]
    {
        let folder = repository(&[(".github/workflows/d.yml", &hosted(command))]);
        tagout(folder.path(), &["radius", "--html", "page.html"]);
        let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
        assert_eq!(page.matches("<path class=").count(), drawn, "{command}");
    }
}
