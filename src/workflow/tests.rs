use super::*;
use crate::source::Location;
use insta::assert_snapshot;

/// What reading `text` as the file `path` gives: for each script its place, language and steps,
/// and its lines with the line and column at which each is written; then the problems.
fn show(path: &str, text: &str) -> String {
    show_with(path, text, &Config::default())
}

fn show_with(path: &str, text: &str, config: &Config) -> String {
    let reading = read(Arc::new(SourceFile::new(path, text)), config);
    let mut shown = String::new();
    for script in &reading.scripts {
        let via: Vec<&str> = script.via.iter().map(|hop| hop.step.as_str()).collect();
        let origin = [&script.origin.job, &script.origin.step].map(|o| o.as_deref().unwrap_or("-"));
        let head = format!("{} | {:?} | {:?}", origin.join(" / "), script.place, script.language);
        shown += &format!("{head} | {}\n", via.join(" > "));
        let mut at = 0;
        for line in script.text.as_str().split_inclusive('\n') {
            let location = script.text.locate(at..at + line.len()).unwrap();
            shown += &format!("  {} {}\n", position(&location), line.trim_end_matches('\n'));
            at += line.len();
        }
        for (name, value) in &script.env {
            shown += &format!("  {name}={:?}\n", value.as_str());
        }
    }
    for problem in &reading.problems {
        shown += &format!("{} {}\n", position(&problem.location), problem.kind);
    }
    shown
}

fn position(location: &Location) -> String {
    let start = location.file.line_column(location.range.start);
    format!("{}:{}", start.line, start.column)
}

const GITHUB: &str = ".github/workflows/deploy.yml";
const GITEA: &str = ".gitea/workflows/deploy.yml";

#[test]
fn run_and_ssh_action_scripts_are_found_with_their_lines() {
    assert_snapshot!(show(GITHUB, r#"
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - name: Restart
        uses: appleboy/ssh-action@v1
        with:
          host: prod
          username: deploy
          script: |
            cd /srv/app

            pm2 delete all
"#), @r#"
    deploy / step 2 | Ephemeral("ubuntu-latest") | Shell | run
      8:14 npm ci
    deploy / Restart | Remote("deploy@prod") | Shell | appleboy/ssh-action script
      15:13 cd /srv/app
      16:1 
      17:13 pm2 delete all
    "#);
}

#[test]
fn every_style_of_yaml_gives_the_same_script() {
    for run in [
        "pm2 delete all",
        "'pm2 delete all'",
        "\"pm2 delete\\x20all\"",
        ">-\n          pm2\n          delete\n          all",
        "|-\n          pm2 delete all",
        "|2-\n          pm2 delete all",
        "!!str pm2 delete all",
        "&script pm2 delete all",
    ] {
        let text = format!(
            "jobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - name: x\n        run: {run}\n"
        );
        let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
        let [script] = reading.scripts.as_slice() else { panic!("{run}: {reading:?}") };
        assert_eq!(script.text.as_str().trim_start(), "pm2 delete all", "{run}");
        assert_eq!(reading.problems.len(), 0, "{run}");
    }
}
#[test]
fn every_action_of_the_table_gives_the_code_of_its_example() {
    for action in Actions::built_in().unwrap().iter() {
        let uses = action.uses.replace('*', ":latest");
        let mut text = format!(
            "jobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {uses}@v1\n        with:\n"
        );
        for (name, value) in &action.example.with {
            text += &format!("          {name}: {value:?}\n");
        }
        let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
        let [script] = reading.scripts.as_slice() else { panic!("{}: {reading:?}", action.uses) };
        let (Place::Ephemeral(place) | Place::Host(place) | Place::Remote(place)) = &script.place;
        assert_eq!(script.text.as_str(), action.example.code, "{}", action.uses);
        assert_eq!(*place, action.example.place, "{}", action.uses);
        assert_eq!(script.language, action.language, "{}", action.uses);
    }
}
