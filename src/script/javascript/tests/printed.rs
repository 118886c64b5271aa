//! What a script prints is what `$(node -e …)` and `node -e … | xargs` take.

use super::reading;
use crate::script::evaluator::shown::value;

fn printed(script: &str) -> Option<String> {
    reading(script).printed.as_ref().map(value)
}

#[test]
fn a_filter_prints_the_items_that_it_selects() {
    let read = "let s = ''; process.stdin.on('data', d => s += d).on('end', () => {
        const list = JSON.parse(s);";
    for (body, expected) in [
        ("list.filter(p => p.name === 'web').forEach(p => console.log(p.pm_id))", "‹p.pm_id: web›"),
        (
            "for (const p of list) { if (p.name.endsWith('-test')) console.log(p.name) }",
            "‹p.name: *-test›",
        ),
        (
            "list.forEach(p => { if (p.pm2_env.status === 'errored') console.log(p.name) })",
            "‹p.name: any›",
        ),
        ("console.log(list.map(p => p.pm_id).join('\\n'))", "‹p.pm_id: any›"),
        (
            "console.log(list.find(p => p.name === process.env.APP)?.pm_id)",
            "‹list.find(p => p.name === process.env.APP)?.pm_id: some name›",
        ),
        (
            "process.stdout.write(list.find(p => p.name === 'web').pm2_env.status || 'missing')",
            "‹list.find(p => p.name === 'web').pm2_env.status: web› | missing | ",
        ),
        ("list.forEach(p => console.log(`pm2 delete ${p.name}`))", "pm2 delete ‹p.name: any›"),
    ] {
        assert_eq!(printed(&format!("{read} {body} }})")).as_deref(), Some(expected), "{body}");
    }
}

#[test]
fn constants_are_printed_in_their_order() {
    for (script, expected) in [
        ("console.log('pm2', 'delete', 'all')", Some("pm2 delete all")),
        ("console.log('a'); console.log('b')", Some("a\nb")),
        ("console.log(process.env.APP)", Some("‹$APP›")),
        ("console.log(x ? 'a' : 'b')", Some("a | b")),
        ("if (x) console.log('a')", Some("a | ")),
        ("if (x) console.log('a'); else console.log('b')", Some("a | b | ")),
        ("console.error('a')", None),
        ("", None),
    ] {
        assert_eq!(printed(script).as_deref(), expected, "{script}");
    }
}
