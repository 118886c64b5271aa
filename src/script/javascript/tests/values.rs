use super::{Surroundings, command, commands, each_runs, nothing_around, read};
use crate::invocation::{Value, Word};
use crate::source::{SourceFile, Text};
use std::sync::Arc;

#[test]
fn constants_are_followed() {
    each_runs(
        "$ pm2 delete all",
        &[
            "exec(\"pm2 delete all\")",
            "exec(`pm2 delete all`)",
            r"exec('pm2 \x64elete\u0020al\l')",
            "exec('pm2 ' + 'delete' + \" all\")",
            "const target = 'all'; exec(`pm2 delete ${target}`)",
            "let cmd = 'pm2'; cmd += ' delete'; cmd = cmd + ' all'; exec(cmd)",
            "exec(['pm2', 'delete', 'all'].join(' '))",
            "const cmd = ['pm2']; cmd.push('delete', 'all'); exec(cmd.join(' '))",
            "const o = { target: 'all', pm2: { verb: 'delete' } }; exec(`pm2 ${o.pm2.verb} ${o['target']}`)",
            "const { verb, target = 'all' } = { verb: 'delete' }; exec(`pm2 ${verb} ${target}`)",
            "const [verb, target] = ['delete', 'all']; exec(`pm2 ${verb} ${target}`)",
            "const [, target] = ['web', 'all']; exec('pm2 delete ' + target)",
            "const run = c => exec('pm2 ' + c); run('delete all')",
            "function run(verb, target = 'all') { return exec(`pm2 ${verb} ${target}`) } run('delete')",
            "function run(...words) { exec(words.join(' ')) } run('pm2', 'delete', 'all')",
            "const name = () => 'all'; exec('pm2 delete ' + name())",
            "exec(' pm2 delete all\\n'.trim())",
            "exec('pm2 VERB all'.replace('VERB', 'delete'))",
            "exec('pm2 '.concat('delete', ' all'))",
            "exec(String('pm2 delete all').toString())",
            "const o = {}; o.cmd = 'pm2 delete all'; exec(o.cmd)",
            "exec(('first', 'pm2 delete all'))",
            "exec('all' ? 'pm2 delete all' : 'pm2 list')",
            "setTimeout(() => exec(cmd)); const cmd = 'pm2 delete all'",
        ],
    );
}

#[test]
fn what_may_be_one_or_another_is_both() {
    each_runs(
        "$ pm2 delete web | pm2 delete all",
        &[
            "exec('pm2 delete ' + (one ? 'web' : 'all'))",
            "const t = one ? 'web' : 'all'; exec(`pm2 delete ${t}`)",
            "let t = 'web'; if (x) t = 'all'; exec('pm2 delete ' + t)",
            "let t; if (x) { t = 'web' } else { t = 'all' } exec('pm2 delete ' + t)",
            "['web', 'all'].forEach(t => exec('pm2 delete ' + t))",
            "for (const t of ['web', 'all']) { exec('pm2 delete ' + t) }",
            "for (const t of new Set(['web', 'all'])) exec('pm2 delete ' + t)",
            "['web', 'all'].map(t => 'pm2 delete ' + t).forEach(c => exec(c))",
            "const f = t => exec('pm2 delete ' + t); f('web'); f('all')",
            "const apps = [{ name: 'web' }, { name: 'all' }]; for (const { name } of apps) exec('pm2 delete ' + name)",
            "const targets = ['web', 'all']; for (let i = 0; i < targets.length; i++) exec('pm2 delete ' + targets[i])",
            "Object.keys({ web: 1, all: 2 }).forEach(t => exec('pm2 delete ' + t))",
            "function f() { if (x) return 'web'; return 'all' } exec('pm2 delete ' + f())",
        ],
    );
    each_runs("$ ‹$CMD› | pm2 delete all", &["exec(process.env.CMD || 'pm2 delete all')"]);
    each_runs(
        "$ pm2 delete ‹$APP› | pm2 delete all",
        &[
            "exec('pm2 delete ' + (process.env.APP ?? 'all'))",
            "const { APP = 'all' } = process.env; exec(`pm2 delete ${APP}`)",
        ],
    );
    assert_eq!(
        commands("['stop', 'delete'].forEach(v => spawn('pm2', [v, 'all']))"),
        ["[pm2, stop, all]", "[pm2, delete, all]"]
    );
    each_runs(
        "$ pm2 delete b",
        &["['a', 'b'].filter(x => x !== 'a').forEach(x => exec('pm2 delete ' + x))"],
    );
}

#[test]
fn what_is_unknown_is_a_hole_as_it_is_written() {
    each_runs(
        "$ pm2 delete ‹$APP›",
        &[
            "exec('pm2 delete ' + process.env.APP)",
            "exec(`pm2 delete ${process.env['APP']}`)",
            "const { APP } = process.env; exec('pm2 delete ' + APP)",
            "const app = process.env.APP; exec('pm2 delete ' + app)",
        ],
    );
    each_runs("$ pm2 delete ‹process.argv[2]›", &["exec('pm2 delete ' + process.argv[2])"]);
    each_runs(
        "$ pm2 delete ‹target›",
        &["function f(target) { exec(`pm2 delete ${target}`) } f()"],
    );
    each_runs("$ ‹build('all')›", &["exec(build('all'))"]);
    each_runs(
        "[pm2, delete, ‹ids()›]",
        &["spawn('pm2', ['delete', ids()])", "spawn('pm2', ['delete', ...ids()])"],
    );
}

#[test]
fn what_the_workflow_puts_in_is_a_hole() {
    each_runs(
        "$ pm2 delete ‹${{ inputs.app }}›",
        &[
            "exec('pm2 delete ${{ inputs.app }}')",
            "exec(`pm2 delete ${{ inputs.app }}`)",
            "const app = '${{ inputs.app }}'; exec('pm2 delete ' + app)",
            "exec('pm2 delete ' + ${{ inputs.app }})",
        ],
    );
}

#[test]
fn what_the_environment_holds_is_known() {
    let script = "if (process.env.STAGE !== 'test') exec(`pm2 delete ${process.env.TARGET}`)";
    let code = Word::known(Text::of_file(Arc::new(SourceFile::new("x.js", script))));
    let run = |stage: &'static str| {
        let held = move |name: &str| {
            let mut text = Text::default();
            text.push_made_up(if name == "STAGE" { stage } else { "all" }, None);
            Some(Value::known(text))
        };
        read(&code, &Surroundings { environment: &held, ..nothing_around() })
            .calls
            .iter()
            .map(command)
            .collect::<Vec<_>>()
    };
    assert_eq!(run("production"), ["$ pm2 delete all"]);
    assert_eq!(run("test"), [""; 0]);
}
