use super::{command, commands, each_runs};

#[test]
fn exec_runs_its_text_in_a_shell_however_it_was_imported() {
    each_runs(
        "$ pm2 delete all",
        &[
            "require('child_process').exec('pm2 delete all')",
            "require('node:child_process').execSync('pm2 delete all')",
            "const cp = require('child_process'); cp.exec('pm2 delete all')",
            "const { exec } = require('child_process'); exec('pm2 delete all')",
            "const { exec: run } = require('child_process'); run('pm2 delete all')",
            "const run = require('child_process').exec; run('pm2 delete all')",
            "var cp = require('child_process'), run = cp.exec; run('pm2 delete all')",
            "let run; run = require('child_process')['exec']; run('pm2 delete all')",
            "import { execSync } from 'node:child_process'; execSync('pm2 delete all')",
            "import { exec as run } from 'child_process'; run('pm2 delete all')",
            "import cp from 'child_process'; cp.execSync('pm2 delete all')",
            "import * as cp from 'child_process'; cp.execSync('pm2 delete all')",
            "const { exec } = await import('child_process'); exec('pm2 delete all')",
            "const run = require('util').promisify(require('child_process').exec); await run('pm2 delete all')",
            "import { promisify } from 'util'; import { exec } from 'child_process'; await promisify(exec)('pm2 delete all')",
            "process.mainModule.require('child_process').execSync('pm2 delete all')",
            "child_process.execSync('pm2 delete all')",
            "exec('pm2 delete all')",
            "const cp = require('child_process'); cp.exec.call(cp, 'pm2 delete all')",
            "require('child_process')?.execSync?.('pm2 delete all', { stdio: 'inherit' })",
            "require('shelljs').exec('pm2 delete all')",
            "const shell = require('shelljs'); shell.exec('pm2 delete all', { silent: true })",
            "spawnSync('pm2', ['delete', 'all'], { shell: true })",
            "require('child_process').spawn('pm2 delete all', { shell: '/bin/bash' })",
            "import { $ } from 'zx'; await $`pm2 delete all`",
            "await $`pm2 delete all`",
            "import { $ } from 'execa'; await $({ stdio: 'inherit' })`pm2 delete all`",
        ],
    );
}

#[test]
fn spawn_runs_a_program_with_arguments() {
    each_runs(
        "[pm2, delete, all]",
        &[
            "require('child_process').execFileSync('pm2', ['delete', 'all'])",
            "import { spawn } from 'child_process'; spawn('pm2', ['delete', 'all'], { stdio: 'inherit' })",
            "const args = ['delete', 'all']; spawnSync('pm2', args)",
            "const args = ['delete']; args.push('all'); spawnSync('pm2', args)",
            "const args = ['all']; spawnSync('pm2', ['delete', ...args])",
            "spawn('pm2', 'delete all'.split(' '), { shell: false })",
            "import { execa } from 'execa'; await execa('pm2', ['delete', 'all'])",
            "import execa from 'execa'; await execa('pm2', ['delete', 'all'])",
            "import { execaCommand } from 'execa'; await execaCommand('pm2 delete all')",
            "await exec.exec('pm2', ['delete', 'all'])",
            "await exec.exec('pm2 delete all')",
            "await exec.exec('pm2  delete \"all\"')",
            "const { stdout } = await exec.getExecOutput('pm2 delete', ['all'])",
            "const exec = require('@actions/exec'); await exec.exec('pm2 delete all')",
            "import { exec } from '@actions/exec'; await exec('pm2 delete all')",
            "require('cross-spawn')('pm2', ['delete', 'all'])",
        ],
    );
    assert_eq!(
        commands("await exec.exec(x ? 'pm2 stop web' : 'pm2 delete all')"),
        ["[pm2, stop, web]", "[pm2, delete, all]"]
    );
    each_runs("[bash, -c, pm2 delete all]", &["execFileSync('bash', ['-c', 'pm2 delete all'])"]);
    each_runs("[node, ./stop.js, all]", &["require('child_process').fork('./stop.js', ['all'])"]);
    each_runs("[rm, -rf, /var/www]", &["require('shelljs').rm('-rf', '/var/www')"]);
}

#[test]
fn pm2s_own_interface_is_the_same_as_its_commands() {
    each_runs(
        "[pm2, delete, all]",
        &[
            "require('pm2').delete('all')",
            "pm2.connect(e => pm2.delete('all', () => pm2.disconnect()))",
            "import pm2 from 'pm2'; pm2.connect(function (err) { if (err) throw err; pm2.delete('all') })",
            "const { promisify } = require('util'); const pm2 = require('pm2'); promisify(pm2.delete)('all')",
            "const pm2 = require('pm2'); await promisify(pm2.connect.bind(pm2))(); const remove = require('util').promisify(pm2.delete.bind(pm2)); await remove('all')",
        ],
    );
    for (method, verb) in [("stop", "stop"), ("restart", "restart"), ("reload", "reload")] {
        let script = format!("const pm2 = require('pm2'); pm2.{method}('web', () => {{}})");
        assert_eq!(commands(&script), [format!("[pm2, {verb}, web]")]);
    }
    each_runs("[pm2, kill]", &["require('pm2').killDaemon()", "require('pm2').kill()"]);
    each_runs("[pm2, start, app.js]", &["require('pm2').start({ script: 'app.js', name: 'web' })"]);
}

#[test]
fn commands_stand_in_the_order_of_the_script() {
    let script = "
        setTimeout(() => exec('third'), 10);
        exec('first', () => exec('second'));
        main();
        function main() { exec('fourth') }";
    assert_eq!(commands(script), ["$ third", "$ first", "$ second", "$ fourth"]);
}

#[test]
fn callbacks_run_and_so_does_what_the_script_calls() {
    each_runs(
        "$ pm2 kill",
        &[
            "(async () => { await run(); function run() { exec('pm2 kill') } })()",
            "async function main() { exec('pm2 kill') } main().catch(e => process.exit(1))",
            "const main = async () => { exec('pm2 kill') }; main().then(() => console.log('done'))",
            "process.on('exit', () => exec('pm2 kill'))",
            "app.get('/stop', function (req, res) { exec('pm2 kill') })",
            "new Promise((resolve) => exec('pm2 kill', resolve))",
            "new Listr([{ title: 'stop', task: () => execSync('pm2 kill') }]).run()",
            "class Deploy { run() { this.stop() } stop() { exec('pm2 kill') } } new Deploy().run()",
            "class Deploy { name = 'x'; run = () => { exec('pm2 kill') } } new Deploy().run()",
            "if (!module.parent) exec('pm2 kill')",
            "const deploy = { stop() { exec('pm2 kill') } }; deploy.stop()",
            "fetch(url).then(r => r.json()).then(() => exec('pm2 kill'))",
            "try { check() } catch (e) { exec('pm2 kill') }",
            "if (require.main === module) exec('pm2 kill')",
            "fetch(url).catch(() => exec('pm2 kill'))",
            "switch (mode) { case 'stop': exec('pm2 kill'); break; default: log() }",
            "for (let i = 0; i < 3; i++) { exec('pm2 kill') }",
            "while (busy()) exec('pm2 kill')",
            "do { exec('pm2 kill') } while (false)",
            "if (execSync('pm2 kill').toString()) {}",
            "ready && exec('pm2 kill')",
        ],
    );
}

#[test]
fn the_tools_that_run_commands_are_known_by_their_own_ways() {
    each_runs(
        "$ pm2 delete all",
        &[
            "import { $ } from 'bun'; await $`pm2 delete ${'all'}`.quiet()",
            "import { $ } from 'execa'; const run = $({ cwd: '/srv' }); await run`pm2 delete all`",
            "const $$ = require('zx').$; await $$`pm2 delete all`",
            "require('shelljs/global'); exec('pm2 delete all')",
            "eval(\"exec('pm2 delete all')\")",
        ],
    );
    each_runs(
        "[pm2, delete, all]",
        &[
            "import { command } from 'execa'; command('pm2 delete all')",
            "import execa from 'execa'; execa.command('pm2 delete all')",
            "import spawn from 'cross-spawn'; spawn.sync('pm2', ['delete', 'all'])",
            "Bun.spawn(['pm2', 'delete', 'all'])",
            "await execa('pm2', ['delete', ...['all']])?.stdout",
        ],
    );
    each_runs("[bash] < pm2 delete all", &["execFileSync('bash', { input: 'pm2 delete all' })"]);
}

#[test]
fn what_node_removes_itself_is_the_command_that_does_it() {
    each_runs(
        "[rm, -rf, /var/www]",
        &[
            "import fs from 'node:fs'; fs.rmSync('/var/www', { recursive: true, force: true })",
            "import { rm } from 'fs/promises'; await rm('/var/www', { recursive: true })",
            "const { promises: fs } = require('fs'); await fs.rmdir('/var/www')",
            "const fs = require('fs-extra'); fs.emptyDirSync('/var/www')",
            "import { rimraf } from 'rimraf'; await rimraf('/var/www')",
            "require('rimraf')('/var/www', () => {})",
            "const path = require('path'); fs.rmSync(path.join('/var', 'www'))",
        ],
    );
    each_runs("[kill, 1]", &["process.kill(1, 'SIGKILL')"]);
}

#[test]
fn what_another_host_runs_is_said_to_run_there() {
    each_runs(
        "$ pm2 delete all @ prod",
        &[
            "const { NodeSSH } = require('node-ssh'); const ssh = new NodeSSH(); await ssh.connect({ host: 'prod' }); await ssh.execCommand('pm2 delete all')",
            "const { NodeSSH } = require('node-ssh'); const ssh = new NodeSSH(); ssh.connect({ host: 'prod' }).then(() => ssh.execCommand('pm2 delete all'))",
            "const { Client } = require('ssh2'); const conn = new Client(); conn.on('ready', () => { conn.exec('pm2 delete all', (err, stream) => {}) }).connect({ host: 'prod', port: 22 })",
        ],
    );
}

#[test]
fn the_list_of_pm2s_own_interface_is_a_list_of_processes() {
    for (guard, chosen) in
        [("p.pm2_env.status === 'errored'", "any"), ("names.includes(p.name)", "web, api")]
    {
        let script = format!(
            "const pm2 = require('pm2'); const names = ['web', 'api'];
            pm2.connect(() => pm2.list((err, list) => list.forEach(p => {{ if ({guard}) pm2.delete(p.pm_id, () => {{}}) }})))"
        );
        assert_eq!(commands(&script), [format!("[pm2, delete, ‹p.pm_id: {chosen}›]")]);
    }
}

#[test]
fn own_files_and_arguments_are_known() {
    use crate::script::evaluator::{Surroundings, shown::nothing_around};
    use crate::{
        invocation::Value,
        script::marks::Marks,
        source::{SourceFile, Text},
    };
    use std::sync::Arc;

    let file = |name: &str, text: &str| Text::of_file(Arc::new(SourceFile::new(name, text)));
    let found = |path: &str| match path {
        "ops/run.js" => Some(file(
            path,
            "const { execSync } = require('child_process'); module.exports = c => execSync(c)",
        )),
        "lib/names.js" => {
            Some(file(path, "exports.old = 'old'; exports.stop = () => exec('never')"))
        }
        "lib/more.mjs" => Some(file(
            path,
            "export const more = '-web'; export default function () { return 'pm2' }",
        )),
        _ => None,
    };
    let mut argument = Text::default();
    argument.push_made_up("delete", None);
    let around = Surroundings {
        arguments: Some(vec![Value::known(argument)]),
        file: &found,
        folder: "ops".to_owned(),
        ..nothing_around()
    };
    let script = "const run = require('./run'); const { old } = require('../lib/names.js');
        import pm2, { more } from '../lib/more.mjs'; const [, , verb] = process.argv;
        run(`${pm2()} ${process.argv[2]} ${old}${more}`); run(`pm2 ${verb} all`)";
    let code = Marks::default().value(&file("ops/x.js", script));
    let reading = super::read(&code.alternatives()[0], &around);
    let found: Vec<String> = reading.calls.iter().map(command).collect();
    assert_eq!(found, ["$ pm2 delete old-web | pm2 delete all"]);
}

#[test]
fn typescript_is_read_without_its_types() {
    for script in [
        "interface App { name: string }\nexec('pm2 delete all')",
        "type Name = 'a' | 'b';\nexec('pm2 delete all')",
        "import type { X } from './x';\nexec('pm2 delete all' as string)",
        "enum E { A = 'a' }\nexec('pm2 delete all')",
    ] {
        let found = super::reading(script);
        let calls: Vec<String> = found.calls.iter().map(command).collect();
        assert_eq!(calls, ["$ pm2 delete all"], "{script}");
        assert!(found.unread.is_empty(), "{script}");
    }
}
