use super::{commands, each_runs};

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
