use super::{Verdict, judge};
use crate::{
    config::{Condition, Names},
    probe::facts::{Bounded, Facts, duration, list, map, of_json, time},
};
use proptest::prelude::*;
use std::time::Duration;

fn names() -> Names {
    Names {
        subject: "an http probe".to_owned(),
        variables: vec!["status", "json", "body", "latency", "absent"],
        fields: Vec::new(),
        sampled: true,
    }
}

/// What becomes of a condition about an answer with this body.
fn judged(condition: &str, body: &str) -> String {
    let condition = match Condition::parse(condition, &names()) {
        Ok(condition) => condition,
        Err(misfit) => return format!("config error: {}", misfit.message),
    };
    let mut facts = Facts::after(Duration::from_millis(120));
    facts.set("status", 200);
    let mut read = Bounded::default();
    read.push(body.as_bytes());
    facts.set_text_and_json("body", &read);
    facts.set("now", time("2026-11-28T12:00:00Z".parse().unwrap()));
    facts.set("before", map([("latency", duration(Duration::from_millis(50)))]));
    facts.set("samples", list([1, 5, 3].map(cel::Value::Int)));
    facts.sample_times = vec![0.0, 1.0, 2.0];
    match judge(&condition, &facts) {
        Verdict::Holds => "pass".to_owned(),
        Verdict::Fails(seen) => format!("fail ({seen})"),
        Verdict::Unclear(reason) => format!("error: {reason}"),
    }
}

fn table(rows: &[(&str, &str)]) -> String {
    let lines = rows
        .iter()
        .map(|(condition, body)| format!("{condition:<45} {body:<32} {}", judged(condition, body)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Twelve conditions that Gatus 5.36 gets wrong.
#[test]
fn nothing_passes_on_nothing() {
    insta::assert_snapshot!(table(&[
        ("json.queue < 50", "{}"),
        ("json.queue < 50", r#"{"queue":null}"#),
        ("json.queue < 50", "not json"),
        ("json.queue < 50", r#"{"queue":"N/A"}"#),
        ("json.lag <= 1", r#"{"lag":1.9}"#),
        ("json.err > 0", r#"{"err":0.99}"#),
        ("json.err < 1", r#"{"err":0.99}"#),
        (r#"json.status != "degraded""#, "{}"),
        ("size(json.failed) < 1", "{}"),
        ("json.a == 1.0", r#"{"a":1}"#),
        ("json.name == json.a == json.b", r#"{"name":"a"}"#),
        ("json.lag < 2", r#"{"lag":1.9}"#),
    ]), @r#"
    json.queue < 50                               {}                               error: json.queue is missing
    json.queue < 50                               {"queue":null}                   error: json.queue is null
    json.queue < 50                               not json                         error: there is no `json`: the body is not JSON: expected ident at line 1 column 2
    json.queue < 50                               {"queue":"N/A"}                  error: json.queue: "N/A" is a text and cannot be compared with 50, which is a number
    json.lag <= 1                                 {"lag":1.9}                      fail (json.lag is 1.9)
    json.err > 0                                  {"err":0.99}                     pass
    json.err < 1                                  {"err":0.99}                     pass
    json.status != "degraded"                     {}                               error: json.status is missing
    size(json.failed) < 1                         {}                               error: json.failed is missing
    json.a == 1.0                                 {"a":1}                          pass
    json.name == json.a == json.b                 {"name":"a"}                     config error: this compares the outcome of a comparison; write `a == b && b == c`
    json.lag < 2                                  {"lag":1.9}                      pass
    "#);
}

#[test]
fn an_error_is_never_swallowed() {
    insta::assert_snapshot!(table(&[
        ("json.nope == 1 || status == 200", "{}"),
        ("status == 200 || json.nope == 1", "{}"),
        ("status == 500 && json.nope == 1", "{}"),
        ("!(json.nope == 1)", "{}"),
        ("json.items.all(i, i.ok)", r#"{"items":[]}"#),
        ("!json.items.exists(i, i.bad)", r#"{"items":[]}"#),
        ("json.items.exists(i, i.ok)", r#"{"items":[{"ok":true},{}]}"#),
        ("json.items.all(i, i.ok)", r#"{"items":[{"ok":true},{}]}"#),
        ("size(json.items.filter(i, i.bad)) == 0", r#"{"items":[]}"#),
        (r#"!("down" in json.states)"#, r#"{"states":[]}"#),
        (r#"json.state in ["up", "degraded"]"#, r#"{"state":null}"#),
        (r#"!body.contains("error")"#, ""),
        ("json.a / json.b < 2", r#"{"a":1,"b":0}"#),
        ("json.a / json.b < 2.0", r#"{"a":1.0,"b":0.0}"#),
        ("double(json.a) < 2.0", r#"{"a":"NaN"}"#),
        ("latency < 5", "{}"),
        ("status", "{}"),
        ("json.ok", r#"{"ok":"yes"}"#),
        ("json.deep.er == 1", r#"{"deep":3}"#),
        ("json.items[2] == 1", r#"{"items":[1]}"#),
    ]), @r#"
    json.nope == 1 || status == 200               {}                               error: json.nope is missing
    status == 200 || json.nope == 1               {}                               error: json.nope is missing
    status == 500 && json.nope == 1               {}                               error: json.nope is missing
    !(json.nope == 1)                             {}                               error: json.nope is missing
    json.items.all(i, i.ok)                       {"items":[]}                     error: json.items is empty
    !json.items.exists(i, i.bad)                  {"items":[]}                     error: json.items is empty
    json.items.exists(i, i.ok)                    {"items":[{"ok":true},{}]}       error: json.items[1].ok is missing
    json.items.all(i, i.ok)                       {"items":[{"ok":true},{}]}       error: json.items[1].ok is missing
    size(json.items.filter(i, i.bad)) == 0        {"items":[]}                     error: json.items is empty
    !("down" in json.states)                      {"states":[]}                    error: json.states is empty
    json.state in ["up", "degraded"]              {"state":null}                   error: json.state is null
    !body.contains("error")                                                        error: body is empty
    json.a / json.b < 2                           {"a":1,"b":0}                    error: json.a / json.b divides by zero
    json.a / json.b < 2.0                         {"a":1.0,"b":0.0}                error: the result is inf
    double(json.a) < 2.0                          {"a":"NaN"}                      error: the result is NaN
    latency < 5                                   {}                               error: latency: 120ms is a duration and cannot be compared with 5, which is a number; a duration is written `duration("5s")`
    status                                        {}                               error: it gives 200, which is a number and not an answer
    json.ok                                       {"ok":"yes"}                     error: it gives "yes", which is a text and not an answer
    json.deep.er == 1                             {"deep":3}                       error: json.deep is 3, which is a number and has no fields
    json.items[2] == 1                            {"items":[1]}                    error: json.items has no [2], for its length is 1
    "#);
}

#[test]
fn what_is_asked_for_in_so_many_words_passes() {
    insta::assert_snapshot!(table(&[
        ("has(json.x) && json.x > 1", "{}"),
        ("!has(json.x) || json.x > 1", "{}"),
        ("size(json.items) == 0 ? true : json.items[0].ok", r#"{"items":[]}"#),
        ("json.error == null", r#"{"error":null}"#),
        ("json.error == null", "{}"),
        (r#"body == """#, ""),
        ("size(body) == 0", ""),
        ("size(json.failed) == 0", r#"{"failed":[]}"#),
        ("json.n / 2 == 3", r#"{"n":7}"#),
        ("json.n * 1.5 == 3", r#"{"n":2}"#),
        (r#"latency < duration("1s") * 0.5"#, "{}"),
        (r#"json.tags == ["a", "b"]"#, r#"{"tags":["a","b"]}"#),
        (r#""db" in json.parts && json.parts["db"].ok"#, r#"{"parts":{"db":{"ok":true}}}"#),
        (r#"json.v.matches("^v[0-9]+$")"#, r#"{"v":"v12"}"#),
        (r#"json.v.trim().lowerAscii() == "ok""#, r#"{"v":" OK "}"#),
        ("json.id == 9007199254740993", r#"{"id":9007199254740993}"#),
        ("json.id > 9223372036854775807", r#"{"id":18446744073709551615}"#),
    ]), @r#"
    has(json.x) && json.x > 1                     {}                               fail (has(json.x) is false)
    !has(json.x) || json.x > 1                    {}                               pass
    size(json.items) == 0 ? true : json.items[0].ok {"items":[]}                     pass
    json.error == null                            {"error":null}                   pass
    json.error == null                            {}                               error: json.error is missing
    body == ""                                                                     pass
    size(body) == 0                                                                pass
    size(json.failed) == 0                        {"failed":[]}                    pass
    json.n / 2 == 3                               {"n":7}                          pass
    json.n * 1.5 == 3                             {"n":2}                          pass
    latency < duration("1s") * 0.5                {}                               pass
    json.tags == ["a", "b"]                       {"tags":["a","b"]}               pass
    "db" in json.parts && json.parts["db"].ok     {"parts":{"db":{"ok":true}}}     pass
    json.v.matches("^v[0-9]+$")                   {"v":"v12"}                      pass
    json.v.trim().lowerAscii() == "ok"            {"v":" OK "}                     pass
    json.id == 9007199254740993                   {"id":9007199254740993}          pass
    json.id > 9223372036854775807                 {"id":18446744073709551615}      pass
    "#);
}

#[test]
fn a_failed_condition_shows_what_it_saw() {
    insta::assert_snapshot!(table(&[
        ("json.rows[0].n < 50", r#"{"rows":[{"n":73}]}"#),
        ("status == 200 && json.up", r#"{"up":false}"#),
        ("size(json.failed) == 0", r#"{"failed":[1,2]}"#),
        (r#"latency < duration("100ms")"#, "{}"),
        (r#"json.parts.all(p, p.state == "up")"#, r#"{"parts":[{"state":"up"},{"state":"down"}]}"#),
        (r#"json.parts.exists(p, p.state == "up")"#, r#"{"parts":[{"state":"down"}]}"#),
        (r#"body.contains("ready")"#, "starting"),
        ("json.a - json.b < 2", r#"{"a":5,"b":1}"#),
    ]), @r#"
    json.rows[0].n < 50                           {"rows":[{"n":73}]}              fail (json.rows[0].n is 73)
    status == 200 && json.up                      {"up":false}                     fail (status is 200, json.up is false)
    size(json.failed) == 0                        {"failed":[1,2]}                 fail (size(json.failed) is 2)
    latency < duration("100ms")                   {}                               fail (latency is 120ms)
    json.parts.all(p, p.state == "up")            {"parts":[{"state":"up"},{"state":"down"}]} fail (json.parts[1].state is "down")
    json.parts.exists(p, p.state == "up")         {"parts":[{"state":"down"}]}     fail (json.parts is [{state: "down"}])
    body.contains("ready")                        starting                         fail (body is "starting")
    json.a - json.b < 2                           {"a":5,"b":1}                    fail (json.a - json.b is 4)
    "#);
}

#[test]
fn sizes_times_series_and_what_was_before_can_be_asked_about() {
    insta::assert_snapshot!(table(&[
        ("json.free > 2 * GiB", r#"{"free":1610612736}"#),
        ("json.free > 2 * GiB", r#"{"free":3000000000}"#),
        ("json.free > 1.5 * MB", r#"{"free":1500001}"#),
        ("latency < before.latency * 2.0", "{}"),
        ("before.status == 200", "{}"),
        (r#"now - timestamp(json.at) < duration("10m")"#, r#"{"at":"2026-11-28T11:45:00Z"}"#),
        (r#"now - timestamp(json.at) < duration("10m")"#, r#"{"at":"2026-11-28T11:55:00Z"}"#),
        (r#"now - timestamp(json.at) < duration("10m")"#, r#"{"at":"soon"}"#),
        ("max(samples) <= 4", "{}"),
        ("min(samples) == 1 && last(samples) == 3 && first(samples) == 1", "{}"),
        ("avg(samples) == 3.0 && sum(samples) == 9 && median(samples) == 3", "{}"),
        ("slope(samples) < 0.5", "{}"),
        ("slope(samples) == 1.0", "{}"),
        ("p95(samples) == 5", "{}"),
        ("max(json.list) < 3", r#"{"list":[]}"#),
        ("max(json.list) < 3", r#"{"list":[1,null]}"#),
        ("max(json.list) < 3", r#"{"list":[1,"2"]}"#),
        ("sum(json.list) < 3", r#"{"list":[1,"2"]}"#),
        ("avg(json.list.map(x, x.ms)) < 3", r#"{"list":[{"ms":1},{"ms":2.5}]}"#),
        ("max(json) < 3", r#"{"list":[1]}"#),
    ]), @r#"
    json.free > 2 * GiB                           {"free":1610612736}              fail (json.free is 1.5 GiB)
    json.free > 2 * GiB                           {"free":3000000000}              pass
    json.free > 1.5 * MB                          {"free":1500001}                 pass
    latency < before.latency * 2.0                {}                               fail (latency is 120ms, before.latency * 2 is 100ms)
    before.status == 200                          {}                               error: before.status is missing
    now - timestamp(json.at) < duration("10m")    {"at":"2026-11-28T11:45:00Z"}    fail (now - timestamp(json.at) is 15m)
    now - timestamp(json.at) < duration("10m")    {"at":"2026-11-28T11:55:00Z"}    pass
    now - timestamp(json.at) < duration("10m")    {"at":"soon"}                    error: timestamp(json.at) cannot be answered: Error executing function 'timestamp': premature end of input
    max(samples) <= 4                             {}                               fail (max(samples) is 5)
    min(samples) == 1 && last(samples) == 3 && first(samples) == 1 {}                               pass
    avg(samples) == 3.0 && sum(samples) == 9 && median(samples) == 3 {}                               pass
    slope(samples) < 0.5                          {}                               fail (slope(samples) is 1)
    slope(samples) == 1.0                         {}                               pass
    p95(samples) == 5                             {}                               pass
    max(json.list) < 3                            {"list":[]}                      error: json.list is empty
    max(json.list) < 3                            {"list":[1,null]}                error: json.list: [1] is null
    max(json.list) < 3                            {"list":[1,"2"]}                 error: json.list: 1 is a number and cannot be compared with "2", which is a text
    sum(json.list) < 3                            {"list":[1,"2"]}                 error: json.list: [1] is "2", which is a text and cannot be added
    avg(json.list.map(x, x.ms)) < 3               {"list":[{"ms":1},{"ms":2.5}]}   pass
    max(json) < 3                                 {"list":[1]}                     error: json is an object and not a list
    "#);
}

#[test]
fn a_hostile_body_cannot_keep_a_condition_busy() {
    let body = format!("[{}1]", "1,".repeat(400_000));
    let judged = judged("json.all(a, json.all(b, a == b))", &body);
    assert_eq!(judged, "error: there is too much to look at");
}

fn one_of(words: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

/// Mostly numbers.
fn number() -> impl Strategy<Value = String> {
    let known = one_of(&["1", "2", "-7", "0", "2.5", "json.n", "json.f", "json.list[0]", "status"]);
    let odd = one_of(&["json.null", "json.missing", "json.list[9]", "absent", "json.s", "latency"]);
    prop_oneof![12 => known, 1 => odd].prop_recursive(3, 8, 2, |inner| {
        let operator = one_of(&["+", "-", "*", "/", "%"]);
        (inner.clone(), operator, inner)
            .prop_map(|(a, operator, b)| format!("({a}) {operator} ({b})"))
    })
}

/// Mostly true or false.
fn truth() -> impl Strategy<Value = String> {
    let operator = || one_of(&["<", "<=", ">", ">=", "==", "!="]);
    let compared = (number(), operator(), number()).prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    let known = one_of(&[
        "json.s == 'a'",
        "body != 'b'",
        "json.s in ['a', 'b']",
        "has(json.n)",
        "'x' in json.map",
        "size(json.list) == 3",
        "size(json.empty) > 0",
        "latency < duration('1s')",
        "json.null == null",
        "has(json.missing) && json.missing > 1",
        "json.map == {'x': 1, 'y': 'b'}",
    ]);
    prop_oneof![compared, known].prop_recursive(3, 12, 3, move |inner| {
        let each = one_of(&["all", "exists", "exists_one"]);
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (each, operator(), number(), inner)
                .prop_map(|(each, op, b, c)| format!("json.list.{each}(e, e {op} {b} || ({c}))")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Strictness turns answers into errors, and never one answer into the other.
    #[test]
    fn where_both_answer_cel_agrees(source in truth()) {
        let Ok(condition) = Condition::parse(&source, &names()) else { return Ok(()) };
        let json = serde_json::json!({
            "n": 7, "f": 2.5, "s": "a", "list": [1, 2, 7], "empty": [], "null": null,
            "map": {"x": 1, "y": "b"},
        });
        let mut facts = Facts::after(Duration::from_millis(120));
        facts.set("status", 200);
        facts.set("json", of_json(json.clone()));
        facts.set_text("body", "a");
        facts.set_absent("absent", "nobody has it");
        let strict = match judge(&condition, &facts) {
            Verdict::Holds => true,
            Verdict::Fails(_) => false,
            Verdict::Unclear(_) => return Ok(()),
        };
        let mut context = cel::Context::default();
        context.add_variable_from_value("status", 200);
        context.add_variable_from_value("json", of_json(json));
        context.add_variable_from_value("body", "a");
        context.add_variable_from_value("latency", duration(Duration::from_millis(120)));
        if let Ok(cel::Value::Bool(lax)) = cel::Value::resolve(&condition.expression, &context) {
            prop_assert_eq!(strict, lax);
        }
    }

    #[test]
    fn no_text_makes_a_condition_crash(source in "[a-z0-9.()\\[\\]{}'\"!&|<>=+*/%?:, -]{0,60}") {
        judged(&source, "{}");
    }
}
