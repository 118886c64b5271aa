use super::{Contexts, Matrix, PossibleValues, Setting, Settings, Value, expressions};
use indexmap::IndexMap;
use proptest::prelude::*;
use std::sync::Arc;

fn json(text: &str) -> Value {
    fn templates(value: Value) -> Value {
        match value {
            Value::String(text) => Value::template(text),
            Value::Array(items) => Value::Array(items.into_iter().map(templates).collect()),
            Value::Object(entries) => {
                Value::Object(entries.into_iter().map(|(k, v)| (k, templates(v))).collect())
            }
            other => other,
        }
    }
    templates(Value::of_json(text).unwrap())
}

fn settings(entries: &[(&str, &str)]) -> Arc<Settings> {
    let setting = |(name, text): &(&str, &str)| ((*name).to_owned(), Value::template(*text).into());
    Arc::new(entries.iter().map(setting).collect())
}

fn inputs(entries: &[(&str, &[&str], bool)]) -> Arc<IndexMap<String, PossibleValues>> {
    let possible = entries.iter().map(|(name, values, others)| {
        let values = values.iter().map(|value| Value::template(*value)).collect();
        ((*name).to_owned(), PossibleValues { values, others: *others })
    });
    Arc::new(possible.collect())
}

fn matrix(written: &str) -> Contexts {
    Contexts { matrix: Some(Arc::new(Matrix::new(json(written)))), ..Contexts::default() }
}

/// All that a text can come to, `?` where it can also be something else.
fn all(contexts: &Contexts, text: &str) -> Vec<String> {
    let possible = contexts.possible(text);
    let mut all: Vec<String> = possible.values.iter().map(Value::to_string).collect();
    all.extend(possible.others.then(|| "?".to_owned()));
    all
}

fn one(expression: &str) -> String {
    all(&Contexts::default(), &format!("${{{{ {expression} }}}}")).join(" or ")
}

#[test]
fn an_expression_comes_to_what_github_documents() {
    for (expression, value) in [
        // Literals.
        ("null", ""),
        ("true", "true"),
        ("711", "711"),
        ("-9.2", "-9.2"),
        ("0xff", "255"),
        ("0o17", "15"),
        ("-2.99e-2", "-0.0299"),
        ("1.10", "1.1"),
        ("1e21", "1E+21"),
        ("'Mona the Octocat'", "Mona the Octocat"),
        ("'It''s open source!'", "It's open source!"),
        ("'}} is text'", "}} is text"),
        // Operators, their order and groups.
        ("!true", "false"),
        ("!''", "true"),
        ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", "true"),
        ("true || false && false", "true"),
        ("(true || false) && false", "false"),
        ("!(1 == 2)", "true"),
        ("1 == 1 == true", "true"),
        // The last operand that was looked at is the value.
        ("'a' && 'b'", "b"),
        ("'' && 'b'", ""),
        ("'' || 'b'", "b"),
        ("true && 'all' || 'web'", "all"),
        ("0 || null || 'c'", "c"),
        // Values of two types are compared as numbers.
        ("null == 0", "true"),
        ("null == ''", "true"),
        ("true == 1", "true"),
        ("'' == 0", "true"),
        ("'1' == 1", "true"),
        ("' 0x10 ' == 16", "true"),
        ("'one' == 1", "false"),
        ("NaN == NaN", "false"),
        ("'a' == 'A'", "true"),
        ("'a' != 'B'", "true"),
        ("'a' < 'B'", "true"),
        ("'' == false", "true"),
        ("fromJSON('[]') == ''", "false"),
        // Functions.
        ("contains('Hello world', 'LLO')", "true"),
        ("contains(fromJSON('[\"push\", \"pull_request\"]'), 'PUSH')", "true"),
        ("contains(fromJSON('[\"push\"]'), 'pus')", "false"),
        ("startsWith('Hello world', 'he')", "true"),
        ("endsWith('Hello world', 'LD')", "true"),
        ("format('Hello {0} {1} {0}', 'a', 2)", "Hello a 2 a"),
        ("format('{{Hello {0}!}}', 'Mona')", "{Hello Mona!}"),
        ("join(fromJSON('[\"a\", 1, true]'), ', ')", "a, 1, true"),
        ("join(fromJSON('[\"a\", \"b\"]'))", "a,b"),
        ("join('a', '-')", "a"),
        ("toJSON('a\"b')", "\"a\\\"b\""),
        (
            "toJSON(fromJSON('{\"a\":[1,1.5,null]}'))",
            "{\n  \"a\": [\n    1,\n    1.5,\n    null\n  ]\n}",
        ),
        ("FORMAT('{0}', true && 1)", "1"),
        ("case(false, 'a', true, 'b', 'c')", "b"),
        ("case(1 == 2, 'a', 'c')", "c"),
        ("always()", "true"),
        // Parts.
        ("fromJSON('{\"a\":{\"b\":\"c\"}}').a.b", "c"),
        ("fromJSON('{\"a\":{\"b\":\"c\"}}')['A'].B", "c"),
        ("fromJSON('[\"x\",\"y\"]')[1]", "y"),
        ("fromJSON('[\"x\",\"y\"]')[2]", ""),
        ("fromJSON('[\"x\",\"y\"]')['no']", ""),
        ("fromJSON('{\"a\":1}').a.b.c", ""),
        ("join(fromJSON('[{\"n\":\"x\"},{\"m\":1},{\"n\":\"y\"}]').*.n)", "x,y"),
        ("join(fromJSON('{\"p\":{\"n\":\"x\"},\"q\":{\"n\":\"y\"}}').*.n)", "x,y"),
        ("fromJSON('[1]')", "Array"),
        // What a run decides, and what is no expression.
        ("github.sha", "?"),
        ("secrets.A && 'x'", "x or ?"),
        ("github.ref == 'refs/heads/main' && 'prod' || 'test'", "prod or test"),
        ("failure() && 'all' || 'web'", "all or web"),
        ("github.ref == 'a' && github.ref != 'a' && 'never' || 'b'", "b"),
        ("contains(github.ref, 'x') && contains(github.ref, 'x') || 'b'", "true or b"),
        ("hashFiles('**/x')", "?"),
        ("unheardOf('x')", "?"),
        ("format('{0}')", "?"),
        ("format('{0', 1)", "?"),
        ("fromJSON('{')", "?"),
        ("1 +", "?"),
        ("'open", "?"),
        ("", "?"),
    ] {
        assert_eq!(one(expression), value, "{expression}");
    }
}

#[test]
fn braces_in_a_string_do_not_end_an_expression() {
    let inner = |text| expressions(text).map(|e| e.inner).collect::<Vec<_>>().join("|");
    assert_eq!(inner("a ${{ '}}' }} ${{b}}"), "'}}'|b");
    assert_eq!(inner("${{ it's }} and ${{ c }}"), "it's|c");
    assert_eq!(inner("${{ 'a' "), "");
    assert_eq!(inner("${{ a ${{ b }}"), "b");
    assert_eq!(inner(&format!("${{{{ {} }}}} ${{{{ b }}}}", "x".repeat(30_000))), "b");
}

#[test]
fn a_variable_sees_those_further_out_and_not_itself() {
    let mut contexts = Contexts {
        env: vec![
            settings(&[("A", "workflow"), ("B", "${{ 'b' }}")]),
            settings(&[("A", "job of ${{ env.A }}")]),
            settings(&[("A", "step of ${{ env.A }}"), ("C", "${{ env.C }}")]),
        ],
        ..Contexts::default()
    };
    assert_eq!(all(&contexts, "${{ env.A }} ${{ env.B }}"), ["step of job of workflow b"]);
    assert_eq!(all(&contexts, "${{ env['A'] }}"), ["step of job of workflow"]);
    assert_eq!(all(&contexts, "${{ env.C }}"), ["?"]);
    contexts.exported = settings(&[("A", "exported"), ("B", "exported")]);
    assert_eq!(all(&contexts, "${{ env.A }} ${{ env.B }}"), ["step of exported exported"]);
    let maybe = Setting { may_be_unset: true, ..Value::String("now".into()).into() };
    contexts.exported = Arc::new([("B".to_owned(), maybe)].into());
    assert_eq!(all(&contexts, "${{ env.B }}"), ["now", "b"]);
}

#[test]
fn values_of_one_row_of_the_matrix_go_together() {
    let contexts = matrix(
        r#"{"app": ["web", "api"], "stage": ["test", "prod"],
            "exclude": [{"app": "api", "stage": "prod"}],
            "include": [{"app": "web", "port": 80}, {"app": "all", "stage": "x"}]}"#,
    );
    let text = "${{ matrix.app }}-${{ matrix.stage }}:${{ matrix.port }}";
    assert_eq!(all(&contexts, text), ["web-test:80", "web-prod:80", "api-test:", "all-x:"]);
    assert_eq!(
        all(&contexts, "${{ matrix.APP }} ${{ matrix.app }}"),
        ["web web", "api api", "all all"]
    );
    assert_eq!(all(&contexts, "${{ matrix.none }}"), [""]);
    let contexts = matrix(r#"{"x": "${{ fromJSON('[{\"n\": \"a\"}, {\"n\": \"b\"}]') }}"}"#);
    assert_eq!(all(&contexts, "${{ matrix.x.n }}"), ["a", "b"]);
    assert_eq!(all(&matrix(r#"{"x": "${{ github.x }}"}"#), "${{ matrix.x }}"), ["?"]);
    assert_eq!(all(&matrix(r#"{"include": "${{ github.x }}"}"#), "${{ matrix.x }}"), ["?"]);
}

#[test]
fn a_free_input_can_also_be_something_else() {
    let contexts = Contexts {
        inputs: inputs(&[
            ("app", &["web"], true),
            ("env", &["test", "prod"], false),
            ("sure", &["true"], false),
        ]),
        ..Contexts::default()
    };
    assert_eq!(all(&contexts, "${{ inputs.app }}"), ["web", "?"]);
    assert_eq!(all(&contexts, "${{ github.event.inputs.ENV }}"), ["test", "prod"]);
    assert_eq!(all(&contexts, "${{ inputs.app || 'all' }}"), ["web", "all", "?"]);
    let same = "${{ inputs.env }}/${{ inputs.env == 'prod' && 'all' || 'web' }}";
    assert_eq!(all(&contexts, same), ["test/web", "prod/all"]);
}

#[test]
fn outputs_of_steps_and_jobs_are_known_where_they_are_said() {
    let contexts = Contexts {
        outputs: settings(&[("pick.target", "all")]),
        needs: settings(&[("build.list", r#"["web","api"]"#)]),
        ..Contexts::default()
    };
    assert_eq!(all(&contexts, "${{ steps.pick.outputs.target }}"), ["all"]);
    assert_eq!(all(&contexts, "${{ steps.pick.outputs.other }}"), ["?"]);
    assert_eq!(all(&contexts, "${{ fromJSON(needs.build.outputs.list)[1] }}"), ["api"]);
    assert_eq!(all(&contexts, "${{ needs.build.result }}"), ["?"]);
}

#[test]
fn a_condition_is_decided_only_if_every_run_decides_it_alike() {
    let contexts = Contexts { env: vec![settings(&[("ON", "false")])], ..Contexts::default() };
    for (condition, holds) in [
        ("false", Some(false)),
        ("${{ false }}", Some(false)),
        ("${{ false }} ", Some(true)),
        (" false ", Some(false)),
        ("always()", Some(true)),
        ("env.ON == 'true'", Some(false)),
        ("github.ref == 'x' && false", Some(false)),
        ("failure()", None),
        ("false || github.ref == 'x'", None),
        ("not an expression", None),
        ("", None),
    ] {
        assert_eq!(contexts.condition(condition), holds, "{condition}");
    }
}

#[test]
fn where_the_ways_are_too_many_every_value_is_in_one_and_the_last_leaves_all_open() {
    let values: Vec<String> = (0..9).map(|n| n.to_string()).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let contexts = Contexts {
        inputs: inputs(&[("a", &values, false), ("b", &values, false)]),
        ..Contexts::default()
    };
    let ways = all(&contexts, "${{ inputs.a }}${{ inputs.b }}");
    assert_eq!(ways.len(), 10);
    assert!(ways.contains(&"88".to_owned()) && ways.contains(&"?".to_owned()), "{ways:?}");
}

#[test]
fn what_grows_without_end_is_left_unknown() {
    let doubling: Vec<(String, String)> = (0..60)
        .map(|n| (format!("i{n}"), format!("${{{{ inputs.i{0} }}}}${{{{ inputs.i{0} }}}}", n + 1)))
        .collect();
    let values: Vec<(&str, [&str; 1])> =
        doubling.iter().map(|(name, value)| (name.as_str(), [value.as_str()])).collect();
    let entries: Vec<(&str, &[&str], bool)> =
        values.iter().map(|(name, value)| (*name, value.as_slice(), false)).collect();
    let contexts = Contexts { inputs: inputs(&entries), ..Contexts::default() };
    assert_eq!(all(&contexts, "${{ inputs.i0 }}"), ["?"]);
    let contexts =
        Contexts { inputs: inputs(&[("a", &["${{ inputs.a }}"], false)]), ..Contexts::default() };
    assert_eq!(all(&contexts, "${{ inputs.a }}"), ["?"]);
}

/// Text of the pieces that expressions are made of, in any order.
fn expression_like() -> impl Strategy<Value = String> {
    let pieces = [
        "matrix",
        "inputs",
        "env",
        "github",
        "steps",
        ".a",
        ".b",
        ".*",
        "[",
        "]",
        "['a']",
        "[0]",
        "[*]",
        "(",
        ")",
        ",",
        " ",
        "!",
        "<",
        "<=",
        "==",
        "!=",
        "&&",
        "||",
        "'",
        "''",
        "'x'",
        "1",
        "-1.5e9",
        "0xff",
        "null",
        "true",
        "NaN",
        "format(",
        "'{0} {{'",
        "join(",
        "toJSON(",
        "fromJSON(",
        "'[1,{\"a\":2}]'",
        "contains(",
        "case(",
        "é",
        "${{",
        "}}",
        "\n",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..30)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_the_evaluator_panic(inner in expression_like(), more in expression_like()) {
        let mut contexts = matrix(r#"{"a": [1, "${{ inputs.a }}"], "include": [{"b": {"a": []}}]}"#);
        contexts.inputs = inputs(&[("a", &[&inner, "${{ env.a }}"], true)]);
        let wrapped = format!("${{{{ {inner} }}}}");
        contexts.env = vec![settings(&[("a", &wrapped)])];
        contexts.possible(&format!("{more} {wrapped} ${{{{ {more} }}}}"));
        contexts.condition(&inner);
    }

    #[test]
    fn deep_expressions_end(open in prop::sample::select(vec!["(", "!", "a[", "'x'||", "a.", "format('{0}',"])) {
        let deep = format!("${{{{ {}1 }}}}", open.repeat(1_500));
        prop_assert!(Contexts::default().possible(&deep).others);
    }
}
