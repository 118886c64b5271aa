use super::*;
use crate::workflow::actions;
use insta::assert_snapshot;
use std::fs;

#[test]
fn an_ssh_action_is_named_by_its_machine_as_it_is_written() {
    assert_snapshot!(show(GITEA, r#"
jobs:
  d:
    runs-on: docker
    env: {APP: web, TOKEN: x}
    steps:
      - uses: https://github.com/appleboy/ssh-action@v1
        with: {host: "${{ secrets.HOST }}", username: deploy, envs: "APP,GITHUB_SHA", script: a}
      - uses: appleboy/ssh-action@v1
        with: {Host: prod, Script: b}
      - uses: appleboy/ssh-action@v1
        with: {script: c}
      - uses: easingthemes/ssh-deploy@v2
        env: {REMOTE_HOST: prod, REMOTE_USER: root, SCRIPT_AFTER: d}
"#), @r#"
    d / step 1 | Remote("${{ secrets.HOST }}") | Shell | appleboy/ssh-action script
      8:95 a
      APP="web"
    d / step 2 | Remote("prod") | Shell | appleboy/ssh-action script
      10:36 b
    d / step 3 | Remote("appleboy/ssh-action") | Shell | appleboy/ssh-action script
      12:24 c
    d / step 4 | Remote("root@prod") | Shell | easingthemes/ssh-deploy SCRIPT_AFTER
      14:67 d
    d / step 4 | Host("docker") | Shell | easingthemes/ssh-deploy
      13:15 rsync   root@prod:
      APP="web"
      TOKEN="x"
      REMOTE_HOST="prod"
      REMOTE_USER="root"
      SCRIPT_AFTER="d"
    "#);
}

#[test]
fn every_action_of_the_table_gives_the_code_of_its_example() {
    for action in actions::built_in() {
        let example = action.example.as_ref().unwrap();
        let uses = action.uses.replace('*', "x");
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!(
            "jobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {uses}@v1\n        with:\n"
        );
        for (name, value) in &example.with {
            let block = value.replace('\n', "\n            ");
            text += &match value.contains('\n') {
                true => format!("          {name}: |\n            {block}\n"),
                false => format!("          {name}: {value:?}\n"),
            };
            if action.files.contains(name) {
                fs::write(folder.path().join(value), &example.code).unwrap();
            }
        }
        let path = folder.path().join(GITHUB);
        let reading = read(Arc::new(SourceFile::new(path, text)), &Config::default());
        let found = reading.scripts.iter().find(|script| script.text.as_str() == example.code);
        let Some(script) = found else { panic!("{}: {reading:?}", action.uses) };
        let (Place::Ephemeral(place) | Place::Host(place) | Place::Remote(place)) = &script.place;
        assert_eq!(*place, example.place, "{}", action.uses);
        assert_eq!(script.language, action.language, "{}", action.uses);
    }
}
