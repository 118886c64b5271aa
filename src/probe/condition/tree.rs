use crate::config::size_named;
use cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr, LiteralValue, operators},
};

/// An expression as people would write it; what stands for an element of a list is written by
/// `name`.
pub fn spelled(expression: &IdedExpr, name: &dyn Fn(&str) -> String) -> String {
    let part = |expression: &IdedExpr| spelled(expression, name);
    match &expression.expr {
        Expr::Ident(ident) => name(ident),
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(value) => value.inner().to_string(),
            LiteralValue::Int(value) => value.inner().to_string(),
            LiteralValue::UInt(value) => format!("{}u", value.inner()),
            LiteralValue::Double(value) => value.inner().to_string(),
            LiteralValue::String(value) => format!("{:?}", value.inner()),
            LiteralValue::Bytes(_) => "b\"…\"".to_owned(),
            LiteralValue::Null => "null".to_owned(),
        },
        Expr::Select(select) if select.test => {
            format!("has({}.{})", part(&select.operand), select.field)
        }
        Expr::Select(select) => format!("{}.{}", part(&select.operand), select.field),
        Expr::Call(call) => {
            let args: Vec<String> = call.args.iter().map(part).collect();
            match (call.func_name.as_str(), args.as_slice(), &call.target) {
                (operators::INDEX, [list, index], _) => format!("{list}[{index}]"),
                (operators::CONDITIONAL, [test, yes, no], _) => format!("{test} ? {yes} : {no}"),
                (operators::IN, [left, right], _) => format!("{left} in {right}"),
                (operator, [left, right], None) if operator.starts_with('_') => {
                    format!("{left} {} {right}", operator.trim_matches('_'))
                }
                (operator, [operand], None) if operator.ends_with('_') => {
                    format!("{}{operand}", operator.trim_matches('_'))
                }
                (function, _, Some(target)) => {
                    format!("{}.{function}({})", part(target), args.join(", "))
                }
                (function, _, None) => format!("{function}({})", args.join(", ")),
            }
        }
        Expr::List(list) => {
            let items: Vec<String> = list.elements.iter().map(part).collect();
            format!("[{}]", items.join(", "))
        }
        Expr::Comprehension(loop_) => format!("{}.…", part(&loop_.iter_range)),
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => "{…}".to_owned(),
    }
}

/// Whether it is a name with fields and indexes: `a.b[0].c`.
pub fn is_path(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test && is_path(&select.operand),
        Expr::Call(call) => {
            call.func_name == operators::INDEX && call.args.first().is_some_and(is_path)
        }
        _ => false,
    }
}

/// Whether the expression looks at anything that was measured.
pub fn reads_something(expression: &IdedExpr) -> bool {
    let mut reads = false;
    visit(expression, &mut |part| {
        reads |= matches!(&part.expr, Expr::Ident(name) if size_named(name).is_none());
    });
    reads
}

/// Whether the expression has the name of a size in it, and so is about bytes.
pub fn is_about_bytes(expression: &IdedExpr) -> bool {
    let mut has_size = false;
    visit(expression, &mut |part| {
        has_size |= matches!(&part.expr, Expr::Ident(name) if size_named(name).is_some());
    });
    has_size
}

/// Whether a `has()` on the left is about something that the right side reads.
pub fn is_guarded(left: &IdedExpr, right: &IdedExpr) -> bool {
    let spell = |expression: &IdedExpr| spelled(expression, &str::to_owned);
    let (mut tested, mut guarded) = (Vec::new(), false);
    visit(left, &mut |part| {
        if let Expr::Select(select) = &part.expr
            && select.test
        {
            tested.push(format!("{}.{}", spell(&select.operand), select.field));
        }
    });
    visit(right, &mut |part| guarded |= tested.contains(&spell(part)));
    guarded
}

/// Calls `look` for an expression and all of its parts.
fn visit(expression: &IdedExpr, look: &mut dyn FnMut(&IdedExpr)) {
    look(expression);
    match &expression.expr {
        Expr::Select(select) => visit(&select.operand, look),
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).for_each(|part| visit(part, look));
        }
        Expr::List(list) => list.elements.iter().for_each(|part| visit(part, look)),
        Expr::Map(map) => map.entries.iter().for_each(|entry| {
            if let EntryExpr::MapEntry(entry) = &entry.expr {
                visit(&entry.key, look);
                visit(&entry.value, look);
            }
        }),
        Expr::Comprehension(each) => {
            [&each.iter_range, &each.loop_step].into_iter().for_each(|part| visit(part, look));
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}
