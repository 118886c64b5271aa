use super::Pattern;
use crate::source::SqlDialect;
use serde::{Deserialize, Serialize, de::Error as _};
use std::{fmt, str::FromStr};

/// One program, as its file in `rules/programs` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    #[serde(rename = "program", deserialize_with = "one_or_many")]
    pub names: Vec<String>,
    #[serde(default)]
    pub options: Options,
    /// How it runs other programs; the first entry whose source is there counts.
    #[serde(default)]
    pub runs: Vec<Runs>,
    /// The server that it talks to, if it is a client of one.
    #[serde(default)]
    pub connects: Option<Connects>,
    /// Whose SQL it speaks.
    #[serde(default)]
    pub dialect: SqlDialect,
    /// It is no program but a language, whose statements are read as calls of this name.
    #[serde(default)]
    pub is_language: bool,
    /// What its own commands do; the first that matches counts.
    #[serde(default)]
    pub commands: Vec<Command>,
    /// Calls and their effects, which a test holds against the rest of the file.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// How its arguments are parsed. Options may stand anywhere before the first operand that belongs
/// to another program; `--` ends them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Take a value: the rest of the word, after `=`, or the next word.
    pub value: Vec<String>,
    /// Take a value after certain subcommands only.
    pub verbs: Vec<VerbOptions>,
    /// Take the next word only if it does not start with `-`.
    pub optional: Vec<String>,
    /// With one of these the program only prints.
    pub help: Vec<String>,
    /// `-abc` is one option, not three.
    pub single_dash: bool,
    /// Leading operands of the form NAME=value are variables.
    pub assignments: bool,
}

/// Options of some subcommands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerbOptions {
    #[serde(deserialize_with = "one_or_many")]
    pub verb: Vec<String>,
    pub value: Vec<String>,
}

/// One way in which a program runs another or a script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// Only for this subcommand: the first operand.
    #[serde(default, deserialize_with = "one_or_many")]
    pub verb: Vec<String>,
    /// Only with one of these options.
    #[serde(default)]
    pub when: Vec<String>,
    #[serde(flatten)]
    pub what: RunsWhat,
    /// It runs elsewhere: on the host that this operand or option names.
    #[serde(default)]
    pub remote: Option<Source>,
    /// Each line or item of standard input is appended to the argv.
    #[serde(default)]
    pub appends_stdin: bool,
}

/// Where a client finds the server that its commands act on; on its own machine, if nothing here
/// says otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Connects {
    /// What names the host.
    pub host: Vec<Source>,
    /// What may be a URL or a list such as `host=db user=app`; a plain word names no host.
    pub url: Vec<Source>,
    /// Variables that do the same where the call does not.
    pub env: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunsWhat {
    /// A program and its arguments.
    Argv(Source),
    /// Text for a shell.
    Shell(Source),
    JavaScript(Source),
    Python(Source),
    Sql(Source),
    /// JavaScript for MongoDB's shell.
    MongoDb(Source),
    /// Lines that are each the arguments of another call of itself, if it is given no operands.
    Lines(Source),
    /// A file, in the language that its name or first line says; a shell script if neither does.
    File(Source),
    /// A script of the nearest `package.json`.
    Script(Source),
    /// A target of the `Makefile`.
    Make(Source),
}

/// Which part of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `operand 0`: one operand.
    Operand(usize),
    /// `operands 1..`: from that one to the end, joined by blanks where it is text.
    Operands(usize),
    /// `option -c|--command`: the value of an option, by any of its spellings; every value, if it
    /// is there several times.
    Option(Vec<String>),
    /// `after -exec|-execdir`: the words after it up to `;` or `+`.
    After(Vec<String>),
    /// `stdin`.
    Stdin,
}

/// One command of a program and what it does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    pub run: Pattern,
    /// Options that must be there, each `-v|--volumes`.
    #[serde(default)]
    pub with: Vec<Flags>,
    /// Options that must not be there.
    #[serde(default)]
    pub without: Vec<Flags>,
    #[serde(default)]
    pub effect: Option<EffectSpec>,
    /// It prints a list of these resources.
    #[serde(default)]
    pub lists: Option<String>,
    /// The list is narrowed by name where one of these stands in an argument.
    #[serde(default)]
    pub narrowed_by: Vec<String>,
}

/// Spellings of one option, `-v|--volumes`.
#[derive(Debug)]
pub struct Flags(pub Vec<String>);

/// `destroy`, `destroy pm2-process all` or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectSpec {
    /// Nothing for `none`.
    pub verb: Option<Verb>,
    /// The kind; where it is missing, that of the captured targets.
    pub resource: Option<String>,
    pub scope: Option<Scope>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub run: String,
    /// As `tagout lint` reports it, such as `destroy pm2-process all` or `none`.
    pub effect: String,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    Start,
    Reload,
    Reset,
    Signal,
    Change,
    Restart,
    Overwrite,
    Stop,
    Destroy,
}

/// How many it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Those that are named.
    Named,
    /// Which ones cannot be told by reading.
    Unknown,
    /// Whatever a pattern matches.
    Pattern,
    /// Named, and known to serve everybody on the host, such as `nginx`.
    Shared,
    /// What a list gives that is not filtered by name.
    Unfiltered,
    /// All on the host.
    All,
}

macro_rules! lowercase_names {
    ($type:ident: $($name:ident = $text:literal),+) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $text),+ })
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$name),)+
                    _ => Err(format!("`{text}` is none of: {}", [$($text),+].join(", "))),
                }
            }
        }
    };
}

lowercase_names!(Verb: Start = "start", Reload = "reload", Reset = "reset", Signal = "signal",
    Change = "change", Restart = "restart", Overwrite = "overwrite", Stop = "stop",
    Destroy = "destroy");
lowercase_names!(Scope: Named = "named", Unknown = "unknown", Pattern = "pattern",
    Shared = "shared", Unfiltered = "unfiltered", All = "all");

impl FromStr for EffectSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let verb = match words.next() {
            None => return Err("an effect is empty; write `none` for no effect".into()),
            Some("none") => None,
            Some(verb) => Some(verb.parse()?),
        };
        let resource = words.next().map(str::to_owned);
        let scope = words.next().map(Scope::from_str).transpose()?;
        match words.next() {
            Some(extra) => Err(format!("`{extra}` is one word too many in the effect `{text}`")),
            None => Ok(Self { verb, resource, scope }),
        }
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| digits.parse().map_err(|_| format!("`{digits}` is no number"));
        match text.split_once(' ') {
            None if text == "stdin" => Ok(Self::Stdin),
            Some(("operand", position)) => Ok(Self::Operand(number(position)?)),
            Some(("operands", range)) => {
                Ok(Self::Operands(number(range.strip_suffix("..").unwrap_or(range))?))
            }
            Some(("option", names)) => {
                Ok(Self::Option(names.split('|').map(str::to_owned).collect()))
            }
            Some(("after", names)) => {
                Ok(Self::After(names.split('|').map(str::to_owned).collect()))
            }
            _ => Err(format!(
                "`{text}` is none of `operand N`, `operands N..`, `option -x`, `after -x`, `stdin`"
            )),
        }
    }
}

macro_rules! deserialize_from_str {
    ($($type:ty),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

deserialize_from_str!(EffectSpec, Source, Pattern, Flags);

impl FromStr for Flags {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(text.split('|').map(str::to_owned).collect()))
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> serde::de::Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a name or a list of names")
        }

        fn visit_str<E>(self, one: &str) -> Result<Self::Value, E> {
            Ok(vec![one.to_owned()])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(
            self,
            mut seq: A,
        ) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = seq.next_element()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    from.deserialize_any(OneOrMany)
}
