//! Loops over what runs on the host: by what do they choose?

use super::each_runs;

const LIST: &str = "const { exec, execSync } = require('child_process');
    const list = JSON.parse(execSync('pm2 jlist').toString());\n";

/// Every body, put after the list, runs only the listing and this command.
fn each_body_runs(command: &str, bodies: &[&str]) {
    for body in bodies {
        let found = super::commands(&format!("{LIST}{body}"));
        assert_eq!(found, ["$ pm2 jlist", command], "{body}");
    }
}

#[test]
fn the_incidents_loop_deletes_by_status_whoevers_it_is() {
    each_body_runs(
        "$ pm2 delete ‹p.pm2_env.pm_id: any›",
        &[
            "list.forEach(p => {
                if (p.pm2_env.status === 'errored' || p.pm2_env.status === 'stopped') {
                    exec('pm2 delete ' + p.pm2_env.pm_id);
                }
            })",
            "list.forEach((p) => { exec(`pm2 delete ${p.pm2_env.pm_id}`, () => {}) })",
            "for (const p of list) { if (p.pm2_env.status !== 'online') execSync('pm2 delete ' + p.pm2_env.pm_id) }",
            "for (const p of list) { if (p.pm2_env.status === 'online') continue; exec('pm2 delete ' + p.pm2_env.pm_id) }",
            "list.filter(p => p.pm2_env.status === 'errored').forEach(p => exec('pm2 delete ' + p.pm2_env.pm_id))",
            "list.filter(p => p.monit.memory > 1e9).map(p => p.pm2_env.pm_id).forEach(id => exec('pm2 delete ' + id))",
            "list.map(p => `pm2 delete ${p.pm2_env.pm_id}`).forEach(c => exec(c))",
            "list.forEach(remove); function remove(p) { exec('pm2 delete ' + p.pm2_env.pm_id) }",
            "const remove = (id) => exec('pm2 delete ' + id); list.forEach(p => remove(p.pm2_env.pm_id))",
            "list.forEach(p => { const id = p.pm2_env.pm_id; exec('pm2 delete ' + id) })",
            "const ids = []; for (const p of list) { if (p.pm2_env.status === 'errored') ids.push(p.pm2_env.pm_id) } exec('pm2 delete ' + ids.join(' '))",
            "exec('pm2 delete ' + list.map(p => p.pm2_env.pm_id).join(' '))",
            "Promise.all(list.map(async p => { await exec('pm2 delete ' + p.pm2_env.pm_id) }))",
            "_.each(list, p => exec('pm2 delete ' + p.pm2_env.pm_id))",
            "list.forEach(p => p.pm2_env.status === 'errored' && exec('pm2 delete ' + p.pm2_env.pm_id))",
            "list.forEach(p => p.pm2_env.status === 'errored' ? exec('pm2 delete ' + p.pm2_env.pm_id) : null)",
            "list.forEach(p => { switch (p.pm2_env.status) { case 'errored': case 'stopped': exec('pm2 delete ' + p.pm2_env.pm_id) } })",
        ],
    );
    each_body_runs(
        "[pm2, delete, ‹p.pm_id: any›]",
        &[
            "list.forEach(p => { if (p.pm2_env.status === 'stopped') execFileSync('pm2', ['delete', p.pm_id]) })",
            "const pm2 = require('pm2'); list.forEach(p => pm2.delete(p.pm_id))",
        ],
    );
    each_body_runs(
        "$ pm2 delete ‹list[i].name: any›",
        &["for (let i = 0; i < list.length; i++) { exec('pm2 delete ' + list[i].name) }"],
    );
    each_body_runs(
        "$ pm2 delete ‹name: any›",
        &[
            "for (const { name, pm2_env } of list) { if (pm2_env.status === 'errored') exec('pm2 delete ' + name) }",
            "list.forEach(({ name, pm2_env: { status } }) => { if (status === 'errored') exec(`pm2 delete ${name}`) })",
        ],
    );
}

#[test]
fn the_list_is_known_wherever_it_comes_from() {
    let act = "list.forEach(p => exec('pm2 delete ' + p.name))";
    let listed = [
        "const list = JSON.parse(execSync('pm2 -s jlist', { encoding: 'utf8' }));",
        "const out = execSync('pm2 jlist'); const list = JSON.parse(String(out).trim());",
        "const { stdout } = await promisify(exec)('pm2 jlist'); const list = JSON.parse(stdout);",
        "let list; try { list = JSON.parse(execSync('pm2 jlist')) } catch (e) { list = [] }",
        "function read() { return JSON.parse(execSync('pm2 jlist')) } const list = read();",
        "const list = JSON.parse(spawnSync('pm2', ['jlist']).stdout.toString());",
        "const { stdout: out } = await execa('pm2', ['jlist']); const list = JSON.parse(out) || [];",
    ];
    for list in listed {
        let found = super::commands(&format!("{list}\n{act}"));
        assert_eq!(found.last().unwrap(), "$ pm2 delete ‹p.name: any›", "{list}");
    }
    each_runs(
        "$ pm2 delete ‹p.name: any›",
        &[
            "let s = ''; process.stdin.on('data', d => s += d).on('end', () => { JSON.parse(s).forEach(p => exec('pm2 delete ' + p.name)) })",
            "let s = ''; process.stdin.on('data', d => { s += d.toString() }); process.stdin.on('end', () => { const list = JSON.parse(s); for (const p of list) exec('pm2 delete ' + p.name) })",
            "const chunks = []; process.stdin.on('data', c => chunks.push(c)); process.stdin.on('end', () => JSON.parse(Buffer.concat(chunks)).forEach(p => exec('pm2 delete ' + p.name)))",
            "JSON.parse(require('fs').readFileSync(0, 'utf8')).forEach(p => exec('pm2 delete ' + p.name))",
            "JSON.parse(require('fs').readFileSync('/dev/stdin')).forEach(p => exec('pm2 delete ' + p.name))",
            "let s = ''; for await (const chunk of process.stdin) s += chunk; JSON.parse(s).forEach(p => exec('pm2 delete ' + p.name))",
            "const pm2 = require('pm2'); pm2.list((err, list) => list.forEach(p => exec('pm2 delete ' + p.name)))",
            "const list = await require('pm2').list(); list.forEach(p => exec('pm2 delete ' + p.name))",
            "getList().forEach(p => { if (p.pm2_env.status === 'errored') exec('pm2 delete ' + p.name) })",
        ],
    );
    let callback = "exec('pm2 jlist', (err, stdout) => {
        if (err) return;
        const list = JSON.parse(stdout);
        list.forEach(p => exec('pm2 delete ' + p.name));
    })";
    assert_eq!(super::commands(callback), ["$ pm2 jlist", "$ pm2 delete ‹p.name: any›"]);
    let stream = "const child = spawn('pm2', ['jlist']); let out = '';
        child.stdout.on('data', d => { out += d });
        child.on('close', () => JSON.parse(out).forEach(p => exec('pm2 delete ' + p.name)))";
    assert_eq!(super::commands(stream), ["[pm2, jlist]", "$ pm2 delete ‹p.name: any›"]);
}

#[test]
fn another_list_is_no_list_of_processes() {
    each_runs("$ rm -rf ‹f›", &["fs.readdirSync('tmp').forEach(f => exec('rm -rf ' + f))"]);
    let containers =
        "JSON.parse(execSync('docker ps --format json')).forEach(c => exec('docker rm ' + c.ID))";
    assert_eq!(super::commands(containers), ["$ docker ps --format json", "$ docker rm ‹c.ID›"]);
}

#[test]
fn the_repaired_loops_choose_by_exact_names() {
    let names = "const names = ['web', 'worker'];\n";
    for test in [
        "names.includes(p.name)",
        "names.indexOf(p.name) !== -1",
        "names.indexOf(p.name) >= 0",
        "~names.indexOf(p.name)",
        "new Set(names).has(p.name)",
        "names.some(n => n === p.name)",
        "p.name === 'web' || p.name === 'worker'",
        "p.name == 'web' || 'worker' === p.name",
        "/^(web|worker)$/.test(p.name)",
        "p.name.match(/^(?:web|worker)$/)",
        "p.name in { web: 1, worker: 1 }",
        "({ web: 1, worker: 1 })[p.name]",
        "['worker', 'web'].includes(p.pm2_env.name) && names.includes(p.name)",
        "isOurs(p)",
        "(p.pm2_env.status === 'errored' || p.pm2_env.status === 'stopped') && names.includes(p.name)",
        "p && p.name && names.includes(p.name)",
        "names.includes(p.name) === true",
        "!!names.includes(p.name)",
        "!(!names.includes(p.name) || p.pm2_env.status === 'online')",
        "names.includes(p.name.trim())",
        "names.includes(p?.name)",
    ] {
        let is_ours =
            "function isOurs(x) { if (!x.name) return false; return names.includes(x.name) }\n";
        for body in [
            format!("list.forEach(p => {{ if ({test}) {{ exec('pm2 delete ' + p.pm_id) }} }})"),
            format!("list.filter(p => {test}).forEach(p => {{ exec('pm2 delete ' + p.pm_id) }})"),
            format!(
                "for (const p of list) {{ if (!({test})) continue; exec('pm2 delete ' + p.pm_id) }}"
            ),
        ] {
            let found = super::commands(&format!("{LIST}{names}{is_ours}{body}"));
            let expected = ["web, worker", "worker, web"];
            let expected = expected.map(|names| format!("$ pm2 delete ‹p.pm_id: {names}›"));
            assert!(found.len() == 2 && expected.contains(&found[1]), "{body}: {found:?}");
        }
    }
}

#[test]
fn a_test_of_the_name_selects_by_pattern() {
    for (test, selection) in [
        ("p.name === 'web'", "web"),
        ("p.name && p.name.endsWith('-test')", "*-test"),
        ("p.name?.startsWith('flyer-')", "flyer-*"),
        ("p.name.includes('test')", "*test*"),
        ("p.name.indexOf('test') > -1", "*test*"),
        ("/-test$/.test(p.name)", "*-test"),
        ("new RegExp(suffix).test(p.name)", "some name"),
        ("p.name.match(/^flyer-.*-test$/)", "flyer-*-test"),
        ("p.name.startsWith('flyer-') && p.name !== 'flyer-api'", "flyer-*"),
        ("p.name.startsWith(process.env.APP)", "some name"),
        ("p.name === process.env.APP", "some name"),
        ("p.name.split('-')[0] === 'flyer'", "some name"),
        ("ours(p.name)", "some name"),
        ("process.env.NAMES.split(',').includes(p.name)", "some name"),
        ("(process.env.NAMES || 'web').split(',').includes(p.name)", "some name"),
        ("p.pm2_env.namespace === 'flyer'", "some name"),
        ("p.pm2_env.pm_cwd.startsWith('/var/www/flyer')", "some name"),
        ("['-test', '-dev'].some(end => p.name.endsWith(end))", "some name"),
    ] {
        let body = format!("list.forEach(p => {{ if ({test}) exec('pm2 delete ' + p.pm_id) }})");
        each_body_runs(&format!("$ pm2 delete ‹p.pm_id: {selection}›"), &[&body]);
    }
}

#[test]
fn a_test_that_lets_others_pass_selects_any() {
    for test in [
        "!names.includes(p.name)",
        "p.name !== 'web'",
        "names.includes(p.name) || p.pm2_env.status === 'errored'",
        "p.name.endsWith('')",
        "p.name.includes('')",
        "/.*/.test(p.name)",
        "/^(?!stock)/.test(p.name)",
        "p.name",
        "p.pm_id > 3",
        "p.pm2_env.restart_time > 10 && p.name.length > 3",
        "names.indexOf(p.name) === -1",
        "names.indexOf(p.name) < 0",
        "!keep.has(p.name)",
        "p.pm2_env.namespace === 'default'",
        "names.includes(other.name)",
        "p.name === 'web' ? false : true",
    ] {
        let body = format!(
            "const names = ['web']; const keep = new Set(['web']);
            list.forEach(p => {{ if ({test}) exec('pm2 delete ' + p.pm_id) }})"
        );
        each_body_runs("$ pm2 delete ‹p.pm_id: any›", &[&body]);
    }
}

#[test]
fn a_guard_before_the_command_counts_and_one_after_it_does_not() {
    each_body_runs(
        "$ pm2 delete ‹p.pm_id: web›",
        &[
            "list.forEach(p => { if (p.name !== 'web') return; exec('pm2 delete ' + p.pm_id) })",
            "list.forEach(p => { if (!['web'].includes(p.name)) { log(p); return } if (p.pm2_env.status === 'errored') { exec('pm2 delete ' + p.pm_id) } })",
            "for (const p of list) { if (p.name === 'web') { log(p) } else { continue } exec('pm2 delete ' + p.pm_id) }",
            "const p = list.find(p => p.name === 'web'); exec('pm2 delete ' + p.pm_id)",
            "list.forEach(p => { const ours = p.name === 'web'; if (ours) exec('pm2 delete ' + p.pm_id) })",
            "list.forEach(p => { switch (p.name) { case 'web': exec('pm2 delete ' + p.pm_id); break; default: log(p) } })",
        ],
    );
    each_body_runs(
        "$ pm2 delete ‹p.pm_id: any›",
        &[
            "list.forEach(p => { exec('pm2 delete ' + p.pm_id); if (p.name !== 'web') return })",
            "list.forEach(p => { if (p.name === 'web') { log(p) } exec('pm2 delete ' + p.pm_id) })",
            "list.forEach(p => { if (p.name === 'web') return; exec('pm2 delete ' + p.pm_id) })",
            "list.forEach(q => { if (q.name === 'web') list.forEach(p => exec('pm2 delete ' + p.pm_id)) })",
            "list.filter(p => p.name === 'web'); list.forEach(p => exec('pm2 delete ' + p.pm_id))",
            "list.forEach(p => { switch (p.name) { case 'web': log(p); default: exec('pm2 delete ' + p.pm_id) } })",
        ],
    );
    each_body_runs(
        "$ pm2 delete ‹p.pm_id: web›",
        &[
            "list.filter(p => p.name === 'web').map(p => ({ id: p.pm_id })).forEach(({ id }) => exec(`pm2 delete ${id}`))",
        ],
    );
    each_body_runs(
        "$ pm2 delete ‹p.name.replace('-test', '')›",
        &[
            "list.forEach(p => { if (p.name.endsWith('-test')) exec('pm2 delete ' + p.name.replace('-test', '')) })",
        ],
    );
}

#[test]
fn a_command_made_before_its_guard_is_guarded_too() {
    each_body_runs(
        "$ pm2 delete ‹p.pm_id: *-test›",
        &[
            "list.forEach(p => { const id = p.pm_id; if (p.name.endsWith('-test')) exec('pm2 delete ' + id) })",
            "list.forEach(p => { const cmd = 'pm2 delete ' + p.pm_id; if (p.name.endsWith('-test')) exec(cmd) })",
        ],
    );
}
