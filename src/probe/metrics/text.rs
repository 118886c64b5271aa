use super::Series;
use std::collections::BTreeMap;

/// Reads what an endpoint shows: `name{label="value"} 1.5`, one series a line.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, Series)>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the metrics are not UTF-8")?;
    let mut all = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let shown: String = line.chars().take(80).collect();
        let wrong = || format!("line {} is not in Prometheus' format: {shown:?}", at + 1);
        all.push(series(line).ok_or_else(wrong)?);
    }
    if all.is_empty() {
        return Err("the answer has no metrics".to_owned());
    }
    Ok(all)
}

fn series(line: &str) -> Option<(String, Series)> {
    let name_end = line.find(|c: char| c == '{' || c.is_whitespace())?;
    let (name, rest) = line.split_at(name_end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    (!name.is_empty()).then(|| (name.to_owned(), Series { labels, value }))
}

/// Labels up to the bracket, and what follows it.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, tail) = rest.split_once('=')?;
        let inside = tail.trim_start().strip_prefix('"')?;
        let (mut value, mut escaped, mut end) = (String::new(), false, None);
        for (at, character) in inside.char_indices() {
            match character {
                _ if escaped => {
                    value.push(if character == 'n' { '\n' } else { character });
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    end = Some(at + 1);
                    break;
                }
                _ => value.push(character),
            }
        }
        labels.insert(name.trim().to_owned(), value);
        rest = &inside[end?..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_labels_and_values_of_all_forms_are_read() {
        let text = "# HELP a b\n# TYPE a counter\na 1\na{x=\"1\",} 2.5e3 1700000000\n\
                    a{x=\"q\\\"{},\",y=\"\\\\n\"} +Inf # {trace=\"1\"} 3\nb{} NaN\n";
        let all = parse(text.as_bytes()).unwrap();
        let values: Vec<f64> = all.iter().map(|(_, series)| series.value).collect();
        assert_eq!(values[..3], [1.0, 2500.0, f64::INFINITY]);
        assert!(values[3].is_nan());
        assert_eq!(all[2].1.labels["x"], "q\"{},");
        assert_eq!(all[2].1.labels["y"], "\\n");
    }

    #[test]
    fn what_is_no_metric_is_refused() {
        for wrong in ["", "<html>", "{\"a\": 1}", "a", "a{x=1} 2", "a{x=\"1\" 2", "a one"] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
