//! Whose things a workflow touches, by the inventory.

mod support;

use support::{findings, repository, workflow};

const CONFIG: &str = "
version: 1
inventory:
  shop:
    environments:
      production:
        workflows: [prod.yml]
        pm2: [shop-api]
        ecosystem: ecosystem.config.cjs
        paths: [/var/www/shop]
        units: [shop, 'shop-*']
        containers: [shop-web]
        databases: [shop]
        namespaces: [shop]
        ports: [3000]
      test:
        workflows: [test.yml]
        pm2: ['*-test']
        paths: [/var/www/shop/preview]
        units: [shop-test]
        databases: [shop_test]
neighbours:
  pm2: ['stock-*']
  paths: [/srv/stock]
  units: [stock]
  containers: ['stock-*']
  databases: [stock]
  namespaces: [stock]
  ports: [4000]
shared: [nginx, 'redis*', router]
";

/// What is found on a command in a workflow, as `level rule`.
fn found(workflow_name: &str, command: &str) -> Vec<String> {
    let path = format!(".gitea/workflows/{workflow_name}");
    let ecosystem = "module.exports = { apps: [{ name: 'shop-worker', script: 'w.js' }] }";
    let folder = repository(&[
        (&path, &workflow(command)),
        ("tagout.yml", CONFIG),
        ("ecosystem.config.cjs", ecosystem),
    ]);
    let found = findings(folder.path(), &[]).into_iter();
    found.map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn what_belongs_to_others_is_denied_in_every_kind() {
    for command in [
        "pm2 stop stock-alert-api",
        "pm2 delete web-test",
        "rm -rf /srv/stock/uploads",
        "rm -rf /var/www/shop/preview",
        "systemctl restart stock",
        "systemctl stop shop-test.service",
        "docker stop stock-web",
        "dropdb stock",
        "psql -c 'DROP DATABASE shop_test'",
        "kubectl delete namespace stock",
        "fuser -k 4000/tcp",
    ] {
        assert_eq!(found("prod.yml", command), ["deny foreign-thing"], "{command}");
    }
    for command in ["pm2 delete shop-api", "pm2 restart shop-worker", "rm -rf /var/www/shop/dist"] {
        assert_eq!(found("test.yml", command), ["deny foreign-thing"], "{command}");
    }
}

#[test]
fn what_is_the_workflows_own_is_fine() {
    for command in [
        "pm2 restart shop-api shop-worker",
        "pm2 delete shop-worker",
        "rm -rf /var/www/shop/dist",
        "rm -rf /var/www/shop/releases/*",
        "systemctl restart shop",
        "systemctl stop shop-worker",
        "docker stop shop-web && docker rm -f shop-web",
        "fuser -k 3000/tcp",
    ] {
        assert_eq!(found("prod.yml", command), [""; 0], "{command}");
    }
    assert_eq!(found("test.yml", "pm2 restart web-test"), [""; 0]);
}

#[test]
fn ones_own_data_is_lost_all_the_same_when_it_is_dropped() {
    assert_eq!(found("prod.yml", "dropdb shop"), ["deny database-drop"]);
}

#[test]
fn what_is_shared_is_not_stopped_and_may_be_reloaded() {
    for (command, expected) in [
        ("systemctl stop nginx", vec!["deny shared-service"]),
        ("systemctl stop redis-server", vec!["deny shared-service"]),
        ("pm2 stop router", vec!["deny shared-service"]),
        ("pm2 restart router", vec!["note shared-service-restart"]),
        ("systemctl reload nginx", vec![]),
        ("pm2 reload router", vec![]),
    ] {
        assert_eq!(found("prod.yml", command), expected, "{command}");
    }
}

#[test]
fn the_fixtures_workflows_touch_only_what_is_theirs() {
    let config = include_str!("../fixtures/flyer-crawler/tagout.yml");
    let by_suffix = "node -e \"
      const { execSync } = require('child_process');
      const list = JSON.parse(execSync('pm2 jlist').toString());
      list.filter(p => p.name.endsWith('-test')).forEach(p => execSync('pm2 delete ' + p.pm2_env.pm_id));
    \"";
    for (file, command, denied) in [
        ("deploy-to-prod.yml", "pm2 stop stock-alert-api", true),
        ("deploy-to-prod.yml", "pm2 restart flyer-crawler-api", false),
        ("deploy-to-test.yml", "pm2 delete flyer-crawler-api", true),
        ("deploy-to-test.yml", by_suffix, false),
        ("deploy-to-prod.yml", by_suffix, true),
    ] {
        let path = format!(".gitea/workflows/{file}");
        let folder = repository(&[(&path, &workflow(command)), ("tagout.yml", config)]);
        let found = findings(folder.path(), &[]);
        assert_eq!(found.iter().any(|line| line.starts_with("deny")), denied, "{file} {command}");
    }
}
