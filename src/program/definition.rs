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
    /// It fetches what an address says.
    #[serde(default)]
    pub downloads: bool,
    /// Whose SQL it speaks.
    #[serde(default)]
    pub dialect: SqlDialect,
    /// Its calls matter only in a text that has one of these somewhere.
    #[serde(default)]
    pub mentions: Vec<String>,
    /// Its name is a word of everyday text, so that it tells nothing where it stands alone.
    #[serde(default)]
    pub common_word: bool,
    /// It is no program but a language, whose statements are read as calls of this name.
    #[serde(default)]
    pub is_language: bool,
    /// It keeps the environment of its caller for what it starts, which runs on when that is gone.
    #[serde(default)]
    pub keeps_environment: bool,
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
    /// Take the rest of their word as a value, if there is any, but never the next word: `-pSECRET`.
    pub attached: Vec<String>,
    /// With one of these the program only prints.
    pub help: Vec<String>,
    /// `-abc` is one option, not three.
    pub single_dash: bool,
    /// Options start with `/`, too, as on Windows.
    pub slash: bool,
    /// Leading operands of the form NAME=value are variables.
    pub assignments: bool,
    /// Take a value: the folder that it works in.
    pub folder: Vec<String>,
    /// Take a value, NAME=value: a variable of what it runs.
    pub variable: Vec<String>,
}

/// Options of some subcommands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerbOptions {
    #[serde(deserialize_with = "one_or_many")]
    pub verb: Vec<String>,
    #[serde(default)]
    pub value: Vec<String>,
    /// Take no value there, although they do elsewhere.
    #[serde(default)]
    pub flags: Vec<String>,
}

/// One way in which a program runs another or a script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// Only after one of these subcommands: the first operands, `_` for any, `compose exec`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub verb: Vec<String>,
    /// Only with one of these options, `-m` or `-m=shell`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub when: Vec<String>,
    #[serde(flatten)]
    pub what: RunsWhat,
    /// It runs on another machine, which this part of the call names.
    #[serde(default)]
    pub remote: Option<Source>,
    /// It runs in a container that is there already, which this part of the call names.
    #[serde(default)]
    pub container: Option<Source>,
    /// It runs in a container of this image, which is made for it and has nothing of the host.
    #[serde(default)]
    pub fresh: Option<Source>,
    /// The program, where the call names it apart from its arguments.
    #[serde(default)]
    pub program: Option<Source>,
    /// What shell text finds in `$0`.
    #[serde(default)]
    pub name: Option<Source>,
    /// What it is given: `$1` and so on of shell text, more words of a package's script.
    #[serde(default)]
    pub arguments: Option<Source>,
    /// The file that holds it, where the call names another than the usual one, or the workspaces.
    #[serde(default)]
    pub from: Option<Source>,
    /// The file that has the scripts, where that is not `package.json`; the kind of a `job`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub of: Vec<String>,
    /// It is run for each of several items.
    #[serde(default)]
    pub items: Option<Items>,
    /// The entries after this one count as well.
    #[serde(default)]
    pub also: bool,
}

/// Where a client finds the server that its commands act on; on its own machine, if nothing here
/// says otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
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
    PowerShell(Source),
    /// PowerShell in UTF-16 and base64.
    Encoded(Source),
    Sql(Source),
    /// JavaScript for MongoDB's shell.
    MongoDb(Source),
    /// Lines that are each the arguments of another call of itself, if it is given no operands.
    Lines(Source),
    /// Text for Windows' `cmd`.
    Batch(Source),
    /// Text in a language of which only the commands are read that it runs: `system("…")`.
    Calls(Source),
    /// Text in a language that is not read.
    Unread(Source),
    /// A file, in the language that its name or first line says; a shell script if neither does.
    File(Source),
    /// Files that it copies, the last word saying where to: here or, after `host:`, elsewhere.
    Copies(Source),
    /// The lines of a crontab.
    Crontab(Source),
    /// The `commands` of a document of AWS Systems Manager.
    Parameters(Source),
    /// A script of the nearest `package.json`, or of the file that `of` says.
    Script(Source),
    /// All scripts of a folder.
    Folder(Source),
    /// A module of Python with its arguments: a file of the repository, or a program.
    Module(Source),
    /// A playbook of Ansible.
    Playbook(Source),
    /// A task of a file of Fabric, Invoke, Rake or gulp.
    Job(Source),
    /// A target of the `Makefile`.
    Make(Source),
    /// A recipe of the `justfile`.
    Just(Source),
    /// A task of the `Taskfile.yml`.
    Task(Source),
    /// The hooks of a PM2 ecosystem file for an environment.
    Deploy(Source),
    /// Nothing of those that the entries after it say.
    Nothing(Source),
}

/// How the items stand in the command that is run for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Items {
    /// As `xargs` does: those of standard input, at the end or where the mark of `-I` stands.
    Xargs,
    /// As GNU `parallel` does: those after `:::` or of standard input, at the end or for `{}`.
    Parallel,
    /// As `find` does: what it finds stands for `{}` where that is a script.
    Found,
}

/// Which part of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `program`: the name by which it is called, without its folder.
    Program,
    /// `operand 0`: one operand.
    Operand(usize),
    /// `operands 1..`: from that one to the end, joined by blanks where it is text.
    Operands(usize),
    /// `rest 2`: all words after the first two operands, options too.
    Rest(usize),
    /// `each 1..`: the same, but each is a command of its own.
    Each(usize),
    /// `option -c|--command`: the option's value, each time that it is given.
    Option(Vec<String>),
    /// `values --scripts`: the words after it up to the next option, each on its own.
    Values(Vec<String>),
    /// `after -exec|-execdir`: the words after it up to `;` or `+`, each time that it is given.
    After(Vec<String>),
    /// `words preinstall|install`: these very words, each on its own: what it runs by itself.
    Words(Vec<String>),
    /// `stdin`.
    Stdin,
    /// `content of option -f`: the text of the file that is named there.
    Content(Box<Source>),
}

/// One command of a program and what it does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    pub run: Pattern,
    /// Options that must be there, each `-v|--volumes`, or `--replicas=0` with that value.
    #[serde(default)]
    pub with: Vec<Flags>,
    /// Options that must not be there.
    #[serde(default)]
    pub without: Vec<Flags>,
    /// The part of the call that names the targets, where that is not in `run`.
    #[serde(default)]
    pub names: Option<Source>,
    #[serde(default)]
    pub effect: Option<EffectSpec>,
    /// What it does to things of its own is nobody's business: only the effect on others counts.
    #[serde(default)]
    pub only_beyond: bool,
    /// It is not what a call with unknown words is taken for.
    #[serde(default)]
    pub only_known: bool,
    /// It prints a list of these resources: those that `names` says, or what filters leave.
    #[serde(default)]
    pub lists: Option<String>,
    /// The list is narrowed by name where one of these stands in an argument.
    #[serde(default)]
    pub narrowed_by: Vec<String>,
    /// The list is narrowed, but not by whose things they are, where one of these does.
    #[serde(default)]
    pub loosely_narrowed_by: Vec<String>,
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
        let number = |digits: &str| {
            let digits = digits.strip_suffix("..").unwrap_or(digits);
            digits.parse().map_err(|_| format!("`{digits}` is no number"))
        };
        let names = |names: &str| names.split('|').map(str::to_owned).collect();
        match text.split_once(' ') {
            None if text == "stdin" => Ok(Self::Stdin),
            None if text == "program" => Ok(Self::Program),
            Some(("operand", position)) => Ok(Self::Operand(number(position)?)),
            Some(("operands", range)) => Ok(Self::Operands(number(range)?)),
            Some(("rest", position)) => Ok(Self::Rest(number(position)?)),
            Some(("each", range)) => Ok(Self::Each(number(range)?)),
            Some(("option", options)) => Ok(Self::Option(names(options))),
            Some(("values", options)) => Ok(Self::Values(names(options))),
            Some(("after", options)) => Ok(Self::After(names(options))),
            Some(("words", words)) => Ok(Self::Words(names(words))),
            Some(("content", source)) => {
                Ok(Self::Content(Box::new(source.trim_start_matches("of ").parse()?)))
            }
            _ => Err(format!(
                "`{text}` is none of `program`, `operand N`, `operands N..`, `rest N`, `each N..`, `option -x`, \
                 `values -x`, `after -x`, `words a|b`, `stdin`, `content of …`"
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
