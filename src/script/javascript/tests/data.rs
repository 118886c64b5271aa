use super::{commands, each_runs};

#[test]
fn what_is_only_said_is_not_run() {
    for script in [
        "console.log('pm2 delete all')",
        "core.info('pm2 delete all')",
        "// exec('pm2 delete all')",
        "/* exec('pm2 delete all') */",
        "const text = `exec('pm2 delete all')`",
        "const command = 'pm2 delete all'; console.log(command)",
        "/pm2 (.*)/.exec('pm2 delete all')",
        "const re = /x/; re.exec('pm2 delete all')",
        "db.exec('delete from pm2')",
        "github.rest.issues.createComment({ body: 'run `pm2 delete all`' })",
        "$('pm2 delete all')",
        "const exec = text => console.log(text); exec('pm2 delete all')",
        "function f(exec) { exec('pm2 delete all') } f(console.log)",
    ] {
        assert_eq!(commands(script), [""; 0], "{script}");
    }
}

#[test]
fn what_is_never_reached_is_not_run() {
    for script in [
        "function stop() { exec('pm2 delete all') }",
        "const stop = () => exec('pm2 delete all')",
        "export function stop() { exec('pm2 delete all') }",
        "export default () => exec('pm2 delete all')",
        "module.exports = async ({ exec }) => { await exec.exec('pm2 delete all') }",
        "exports.stop = () => exec('pm2 delete all')",
        "class Deploy { stop() { exec('pm2 delete all') } }",
        "if (false) exec('pm2 delete all')",
        "if (true) {} else exec('pm2 delete all')",
        "false && exec('pm2 delete all')",
        "true || exec('pm2 delete all')",
        "const mode = 'test'; if (mode === 'production') exec('pm2 delete all')",
        "const dry = true; if (!dry) exec('pm2 delete all')",
        "process.exit(0); exec('pm2 delete all')",
        "return; exec('pm2 delete all')",
        "function f() { return 1; exec('pm2 delete all') } f()",
        "throw new Error('x'); exec('pm2 delete all')",
        "if (ok) { process.exit(0) } else { process.exit(1) } exec('pm2 delete all')",
    ] {
        assert_eq!(commands(script), [""; 0], "{script}");
    }
}

#[test]
fn what_may_be_reached_is_run() {
    each_runs(
        "$ pm2 delete all",
        &[
            "if (bad) process.exit(1); exec('pm2 delete all')",
            "let dry = true; if (process.argv[2]) dry = false; if (!dry) exec('pm2 delete all')",
            "let first = true; for (const x of xs) { if (!first) exec('pm2 delete all'); first = false }",
            "try { return_early() } finally { exec('pm2 delete all') }",
            "function f(x) { if (x) return; exec('pm2 delete all') } f(y)",
            "for (const x of xs) { if (x) break; exec('pm2 delete all') }",
            "list.forEach(() => { return }); exec('pm2 delete all')",
            "(() => process.exit)(); exec('pm2 delete all')",
        ],
    );
}
