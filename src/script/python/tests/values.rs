use super::{commands, each_runs};
use crate::invocation::Value;
use crate::script::evaluator::Surroundings;
use crate::script::evaluator::shown::{command, nothing_around};
use crate::script::marks::Marks;
use crate::source::{SourceFile, Text};
use std::sync::Arc;

#[test]
fn constants_are_followed() {
    each_runs(
        "$ pm2 delete all",
        &[
            "import os\nos.system(\"pm2 \" 'delete' r' all')",
            "import os\nt = 'all'\nos.system(f'pm2 delete {t}')",
            "import os\nt = 'all'\nos.system(f'pm2 {\"delete\"} {t!s:>3}')",
            "import os\nos.system('pm2 %s %s' % ('delete', 'all'))",
            "import os\nos.system('pm2 delete %s' % 'all')",
            "import os\nos.system('pm2 %(v)s all' % {'v': 'delete'})",
            "import os\nos.system('pm2 {} {target}'.format('delete', target='all'))",
            "import os\nos.system('pm2 {1} {0}'.format('all', 'delete'))",
            "import os\nos.system(' '.join(['pm2', 'delete', 'all']))",
            "import os\ncmd = 'pm2'\ncmd += ' delete'\ncmd = cmd + ' all'\nos.system(cmd)",
            "import os\nconf = {'pm2': {'verb': 'delete'}, 'target': 'all'}\nos.system(f\"pm2 {conf['pm2']['verb']} {conf.get('target')}\")",
            "import os\nverb, target = 'delete', 'all'\nos.system(f'pm2 {verb} {target}')",
            "import os\ndef run(verb, target='all', *rest, **kw):\n  os.system(f'pm2 {verb} {target}')\nrun('delete')",
            "import os\ndef run(target, verb):\n  os.system(f'pm2 {verb} {target}')\nrun(verb='delete', target='all')",
            "import os\nrun = lambda t, v='delete': os.system('pm2 ' + v + ' ' + t)\nrun('all')",
            "import os\nclass D:\n  def __init__(self, t):\n    self.t = t\n  def run(self):\n    os.system('pm2 delete ' + self.t)\nd = D('all')\nd.run()",
            "import os\ntarget = 'x'\ndef set():\n  global target\n  target = 'all'\nset()\nos.system('pm2 delete ' + target)",
            "import os\nif (t := 'all'):\n  os.system('pm2 delete ' + t)",
            "import os\nos.system('pm2\\x20delete\\tall'.replace('\\t', ' ').strip())",
            "import os\nos.system('pm2 delete all' if x else 'pm2 delete all')",
            "import os\nif x:\n  t = 'all'\nelse:\n  t = 'all'\nos.system('pm2 delete ' + t)",
        ],
    );
}

#[test]
fn what_may_be_one_or_another_is_both() {
    each_runs(
        "$ pm2 delete web | pm2 delete all",
        &[
            "import os\nfor t in ['web', 'all']:\n  os.system('pm2 delete ' + t)",
            "import os\nfor t in ('web', 'all'): os.system('pm2 delete ' + t)",
            "import os\n[os.system('pm2 delete ' + t) for t in ['web', 'all']]",
            "import os\nfor c in [f'pm2 delete {t}' for t in ('web', 'all')]:\n  os.system(c)",
            "import os\nfor name, port in {'web': 1, 'all': 2}.items():\n  os.system('pm2 delete ' + name)",
            "import os\nfor name in {'web': 1, 'all': 2}.keys():\n  os.system('pm2 delete ' + name)",
            "import os\nfor n, t in enumerate(['web', 'all']):\n  os.system('pm2 delete ' + t)",
            "import os\nt = 'web'\nif x:\n  t = 'all'\nos.system('pm2 delete ' + t)",
            "import os\nif x:\n  t = 'web'\nelse:\n  t = 'all'\nos.system('pm2 delete ' + t)",
            "import os\ndef t():\n  if x: return 'web'\n  return 'all'\nos.system('pm2 delete ' + t())",
        ],
    );
    each_runs(
        "$ pm2 delete ‹$APP› | pm2 delete all",
        &[
            "import os\nos.system('pm2 delete ' + os.environ.get('APP', 'all'))",
            "import os\nos.system('pm2 delete ' + os.getenv('APP', 'all'))",
            "import os\nos.system('pm2 delete ' + (os.environ.get('APP') or 'all'))",
        ],
    );
    assert_eq!(
        commands(
            "import os\nif x:\n  cmd = 'pm2 stop web'\n  os.system(cmd)\nelse:\n  cmd = 'pm2 list'\n  os.system(cmd)"
        ),
        ["$ pm2 stop web", "$ pm2 list"]
    );
}

#[test]
fn what_is_unknown_is_a_hole_as_it_is_written() {
    each_runs("$ pm2 delete ‹$APP›", &["import os\nos.system('pm2 delete ' + os.environ['APP'])"]);
    each_runs(
        "$ pm2 delete ‹sys.argv[1]›",
        &["import os, sys\nos.system('pm2 delete ' + sys.argv[1])"],
    );
    each_runs(
        "$ pm2 delete ‹${{ inputs.app }}›",
        &[
            "import os\nos.system('pm2 delete ${{ inputs.app }}')",
            "import os\nos.system(f'pm2 delete ${{ inputs.app }}')",
            "import os\nos.system('pm2 delete ' + ${{ inputs.app }})",
        ],
    );
}

#[test]
fn arguments_and_own_modules_are_known() {
    let file = |name: &str, text: &str| Text::of_file(Arc::new(SourceFile::new(name, text)));
    let held = |text: &str| {
        let mut word = Text::default();
        word.push_made_up(text, None);
        Value::known(word)
    };
    let script = "import sys\nfrom lib.shell import sh\nfrom .names import *\nsh('pm2 delete ' + sys.argv[1] + name)";
    let code = Marks::default().value(&file("ops/x.py", script));
    let found = |path: &str| match path {
        "ops/lib/shell.py" => Some(file(
            path,
            "import os\ndef sh(c):\n  os.system(c)\nif __name__ == '__main__':\n  sh('never')",
        )),
        "ops/names.py" => Some(file(path, "name = '-web'")),
        _ => None,
    };
    let around = Surroundings {
        arguments: Some(vec![held("old")]),
        file: &found,
        folder: "ops".to_owned(),
        ..nothing_around()
    };
    let reading = super::read(&code.alternatives()[0], &around);
    assert_eq!(reading.calls.iter().map(command).collect::<Vec<_>>(), ["$ pm2 delete old-web"]);
    let location = reading.calls[0].location.clone().unwrap();
    assert_eq!(location.file.path().to_str(), Some("ops/lib/shell.py"));
}
