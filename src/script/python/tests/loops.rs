use super::{commands, reading};
use crate::script::evaluator::shown::value;

const LIST: &str = "import json, os, subprocess, sys, re, fnmatch\nfrom pathlib import Path\nlist = json.loads(subprocess.check_output(['pm2', 'jlist']))\n";

/// The last command of a script that has the list of processes.
fn last(script: &str) -> String {
    commands(&format!("{LIST}{script}")).pop().unwrap_or_default()
}

#[test]
fn a_loop_that_chooses_by_status_takes_whoevers_process_it_is() {
    for script in [
        "for p in list:\n  if p['pm2_env']['status'] == 'errored':\n    os.system('pm2 delete ' + str(p['pm_id']))",
        "for p in list:\n  if p.get('pm2_env', {}).get('status') != 'online': os.system('pm2 delete %s' % p['pm_id'])",
        "for p in [q for q in list if q['pm2_env']['status'] == 'errored']:\n  os.system(f\"pm2 delete {p['pm_id']}\")",
        "for i in [p['pm_id'] for p in list]:\n  os.system('pm2 delete {}'.format(i))",
        "for p in list:\n  if p['name'] in names or p['pm_id'] > 3:\n    os.system('pm2 delete ' + p['name'])",
    ] {
        let found = last(script);
        assert!(found.starts_with("$ pm2 delete ‹"), "{found}");
        assert!(found.ends_with(": any›"), "{found}");
    }
}

#[test]
fn a_loop_that_chooses_by_name_says_which() {
    for (guard, selection) in [
        ("p['name'] == 'web'", "web"),
        ("p['name'] in ('web', 'api')", "web, api"),
        ("p.get('name') in ['web', 'api']", "web, api"),
        ("p['name'].endswith('-test')", "*-test"),
        ("p['name'].startswith('flyer-') and p['pm2_env']['status'] == 'errored'", "flyer-*"),
        ("'-test' in p['name']", "*-test*"),
        ("re.match('flyer-', p['name'])", "flyer-*"),
        ("re.search('-test$', p['name'])", "*-test"),
        ("re.compile('-test$').search(p['name'])", "*-test"),
        ("fnmatch.fnmatch(p['name'], '*-test')", "*-test"),
        ("p['name'] in names", "some name"),
        ("is_ours(p['name'])", "some name"),
    ] {
        let script =
            format!("for p in list:\n  if {guard}:\n    os.system(f\"pm2 delete {{p['pm_id']}}\")");
        let found = last(&script);
        assert!(found.ends_with(&format!(": {selection}›")), "{guard}: {found}");
    }
    for script in [
        "for p in list:\n  if p['name'] not in ('web', 'api'):\n    continue\n  os.system('pm2 delete ' + p['name'])",
        "for p in [q for q in list if q['name'] in ('web', 'api')]:\n  os.system('pm2 delete ' + p['name'])",
        "for p in filter(lambda q: q['name'] in ('web', 'api'), list):\n  os.system('pm2 delete ' + p['name'])",
        "names = [q['name'] for q in list if q['name'] in ('web', 'api')]\nfor n in names:\n  os.system('pm2 delete ' + n)",
    ] {
        let found = last(script);
        assert!(found.ends_with(": web, api›"), "{script}: {found}");
    }
}

#[test]
fn the_list_is_known_wherever_it_comes_from() {
    for source in [
        "json.loads(subprocess.run(['pm2', 'jlist'], capture_output=True).stdout)",
        "json.loads(subprocess.run('pm2 jlist', shell=True, stdout=-1).stdout.decode('utf-8'))",
        "json.loads(os.popen('pm2 jlist').read())",
        "json.load(sys.stdin)",
        "json.loads(sys.stdin.read())",
        "json.loads(subprocess.Popen(['pm2', 'jlist'], stdout=-1).communicate()[0])",
    ] {
        let found = last(&format!("for p in {source}:\n  os.system(f\"pm2 delete {{p['id']}}\")"));
        assert!(found.ends_with(": any›"), "{source}: {found}");
    }
}

#[test]
fn a_filter_prints_what_it_selects() {
    let script = format!("{LIST}for p in list:\n  if p['name'] == 'web':\n    print(p['pm_id'])");
    let printed = reading(&script).printed.map(|printed| value(&printed));
    assert_eq!(printed.as_deref(), Some("‹p['pm_id']: web›"));
    let told = reading("import sys\nprint('pm2', 'list')\nprint('x', file=sys.stderr)");
    assert_eq!(told.printed.map(|printed| value(&printed)).as_deref(), Some("pm2 list"));
}
