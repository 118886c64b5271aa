/// The candidate that `word` was probably meant to be, as the tail of a message: `; did you mean
/// `x`?`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance * 3 <= candidate.len().max(word.len()))
        .map_or(String::new(), |(_, candidate)| format!("; did you mean `{candidate}`?"))
}

/// Names for a message: `` `a`, `b` and `c` ``.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_suggested() {
        let names = ["status", "latency"];
        assert_eq!(did_you_mean("statsu", names), "; did you mean `status`?");
        assert_eq!(did_you_mean("rows", names), "");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!((listed(["a"]), listed([])), ("`a`".to_owned(), "none".to_owned()));
    }
}
