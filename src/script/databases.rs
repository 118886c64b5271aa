//! Clients of databases: where the server is that they talk to, and what the text that they are
//! given does there.

use super::{
    Unread, mongodb,
    shell::{Done, Output, Shell},
    sql,
};
use crate::{
    invocation::{Piece, Word},
    program::{Arguments, Catalog, Connects, Source},
    source::{Hop, Language, Location, Place, SqlDialect, Text},
};

/// Stands for what is unknown in a URL.
const UNKNOWN: char = '\u{fffc}';

impl Shell<'_> {
    /// Where the effects of a call land: at the server that its program is a client of.
    pub(super) fn place_of_call(&self, argv: &[Word]) -> Place {
        self.server(argv).unwrap_or_else(|| self.place.clone())
    }

    fn server(&self, argv: &[Word]) -> Option<Place> {
        let program = Catalog::built_in().find(&argv.first()?.text()?)?;
        let connects = program.connects.as_ref()?;
        let host = self.host(connects, &Arguments::parse(program, argv))?;
        if is_local(&host.name) {
            return None;
        }
        if self.run.services.contains(&host.name) {
            return Some(Place::Ephemeral(format!("the service {}", host.name)));
        }
        Some(Place::Remote(host.shown))
    }

    fn host(&self, connects: &Connects, arguments: &Arguments<'_>) -> Option<Host> {
        let words = |sources: &[Source]| -> Vec<Word> {
            sources.iter().flat_map(|source| arguments.commands(source)).flatten().collect()
        };
        let urls = words(&connects.url);
        let named = words(&connects.host).first().map(Host::named);
        named.or_else(|| urls.iter().find_map(Host::of_url)).or_else(|| {
            let set = connects.env.iter().filter_map(|name| self.state.get(name));
            let mut from_env = set.filter_map(|value| match value.alternatives() {
                [word] => Host::of_url(word)
                    .or_else(|| Host::unknown(word))
                    .or_else(|| (!word.to_string().contains(':')).then(|| Host::named(word))),
                _ => None,
            });
            from_env.next().or_else(|| urls.iter().find_map(Host::unknown))
        })
    }

    /// Reads SQL.
    pub(super) fn sql(&mut self, text: &Text, dialect: SqlDialect) -> Done {
        let text = &*self.start_of(text, sql::dangerous);
        for step in sql::read(text, &self.run.marks, dialect) {
            match step {
                sql::Step::Call(argv, location) => {
                    if !self.run.step() {
                        break;
                    }
                    self.program(argv, location);
                }
                sql::Step::Shell(code) => {
                    let hop = Hop { step: "\\!".to_owned(), location: code.location() };
                    self.deeper_in(&code, |shell| {
                        shell.within(hop, None, |shell| shell.script(&code))
                    });
                }
                sql::Step::File(path, location) => self.sql_file(&path, location, dialect),
                sql::Step::Unread(names, location) => {
                    let reason = "this SQL statement is not understood";
                    self.run.unread.push(Unread::naming(names, location, reason));
                }
            }
        }
        Done::printing(Output::Of(Vec::new()), None)
    }

    fn sql_file(&mut self, path: &str, location: Option<Location>, dialect: SqlDialect) {
        let Some(text) = self.script_text(path) else {
            let reason = format!("`{path}` is not in the repository, so what it does is not known");
            self.run.unread.push(Unread::missing(location, reason));
            return;
        };
        let hop = Hop { step: path.to_owned(), location: location.clone() };
        self.deeper(location.as_ref(), |shell| {
            shell.within(hop, None, |shell| {
                shell.once(&text, |shell| shell.code(Language::Sql(dialect), &text))
            })
        });
    }

    /// Reads what MongoDB's shell is given.
    pub(super) fn mongodb(&mut self, text: &Text) -> Done {
        let text = &*self.start_of(text, |rest| rest.contains(".drop").then_some("drop"));
        for call in mongodb::read(text) {
            if !self.run.step() {
                break;
            }
            self.program(call.argv, call.location);
        }
        Done::printing(Output::Of(Vec::new()), None)
    }

    /// Reads lines that are each the arguments of a call of `argv`.
    pub(super) fn argument_lines(&mut self, argv: &[Word], texts: &[Text]) -> Done {
        let outer = std::mem::take(&mut self.stdin);
        for text in texts {
            let mut at = 0;
            for line in text.as_str().split_inclusive('\n') {
                let slice = text.slice(at..at + line.trim_end().len());
                at += line.len();
                let words = slice.as_str().split_whitespace();
                let mut called = argv.to_vec();
                called.extend(words.map(|word| {
                    let from = word.as_ptr() as usize - slice.as_str().as_ptr() as usize;
                    let value = self.run.marks.value(&slice.slice(from..from + word.len()));
                    value.alternatives().first().cloned().unwrap_or_default()
                }));
                if called.len() > argv.len() && self.run.step() {
                    self.program(called, slice.location());
                }
            }
        }
        self.stdin = outer;
        Done::default()
    }
}

/// The host of a server.
struct Host {
    /// With [`UNKNOWN`] for what is not known.
    name: String,
    /// For messages.
    shown: String,
}

impl Host {
    /// By a word that is a host, or a URL after all.
    fn named(word: &Word) -> Self {
        Self::of_url(word).unwrap_or_else(|| Self { name: marked(word), shown: word.to_string() })
    }

    /// By a URL or a list of settings.
    fn of_url(word: &Word) -> Option<Self> {
        let text = marked(word);
        let name = match text.split_once("://") {
            Some((scheme, _)) if scheme.starts_with("file") || scheme.contains("sqlite") => "",
            Some((_, rest)) => {
                let authority = rest.split(['/', '?']).next().unwrap_or_default();
                let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
                without_port(host)
            }
            None if text.starts_with("file:") => "",
            None => {
                let settings = text.split([' ', ';']).filter_map(|setting| setting.split_once('='));
                let names = ["host", "hostaddr", "server"];
                settings
                    .filter(|(key, _)| names.contains(&key.trim().to_lowercase().as_str()))
                    .map(|(_, host)| without_port(host))
                    .next()?
            }
        };
        let shown = if name.contains(UNKNOWN) { word.to_string() } else { name.to_owned() };
        Some(Self { name: name.to_owned(), shown })
    }

    /// By a word of which nothing is known: it may be a URL.
    fn unknown(word: &Word) -> Option<Self> {
        let is_hole = matches!(word.pieces.as_slice(), [Piece::Hole(_)]);
        is_hole.then(|| Self { name: UNKNOWN.to_string(), shown: word.to_string() })
    }
}

fn marked(word: &Word) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Known(text) => text.as_str().to_owned(),
        Piece::Hole(_) => UNKNOWN.to_string(),
    };
    word.pieces.iter().map(piece).collect()
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split([':', ',']).next().unwrap_or_default(),
    }
}

/// Whether a host is the client's own machine.
fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches("tcp:").split([',', '\\']).next().unwrap_or_default();
    matches!(host, "" | "localhost" | "::1" | "0.0.0.0" | "." | "(local)" | "(localdb)")
        || host.starts_with("127.")
        || host.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, source::SourceFile, workflow};
    use std::sync::Arc;

    /// Where the statement of a step lands.
    fn place(job: &str, command: &str) -> Place {
        let workflow = format!(
            "on: push\njobs:\n  d:\n    runs-on: ubuntu-latest\n{job}    steps:\n      - run: |\n          {command}\n"
        );
        let file = Arc::new(SourceFile::new(".github/workflows/d.yml", workflow));
        let reading = workflow::read(file, &Config::default());
        let read = crate::script::read(&reading.scripts[0]);
        let statement = read.invocations.iter().find(|call| call.argv[0].head() == "sql");
        statement.unwrap_or_else(|| panic!("{command}: {read:?}")).place.clone()
    }

    #[test]
    fn a_statement_lands_where_the_server_is() {
        let hosted = || Place::Ephemeral("ubuntu-latest".into());
        let remote = |name: &str| Place::Remote(name.into());
        let url = "    env: {DATABASE_URL: \"${{ secrets.URL }}\"}\n";
        let local = "    env: {DATABASE_URL: \"postgres://app:${{ secrets.P }}@localhost/app\"}\n";
        let host = "    env: {PGHOST: \"${{ secrets.HOST }}\"}\n";
        let service = "    services: {postgres: {image: postgres}}\n";
        for (job, command, expected) in [
            ("", "psql app -c 'DROP TABLE a'", hosted()),
            ("", "psql -h 127.0.0.1 app -c 'DROP TABLE a'", hosted()),
            ("", "psql -h db.example.com -c 'DROP TABLE a'", remote("db.example.com")),
            ("", "mysql -hdb.example.com -e 'DROP TABLE a'", remote("db.example.com")),
            (
                "",
                "psql postgres://a:b@db.example.com/x -c 'DROP TABLE a'",
                remote("db.example.com"),
            ),
            ("", "psql \"$DB\" -c 'DROP TABLE a'", remote("$DB")),
            (url, "psql $DATABASE_URL -c 'DROP TABLE a'", remote("${{ secrets.URL }}")),
            (local, "psql $DATABASE_URL -c 'DROP TABLE a'", hosted()),
            (host, "psql app -c 'DROP TABLE a'", remote("${{ secrets.HOST }}")),
            (
                service,
                "psql -h postgres -c 'DROP TABLE a'",
                Place::Ephemeral("the service postgres".into()),
            ),
            ("", "psql -h postgres -c 'DROP TABLE a'", remote("postgres")),
            ("", "ssh prod \"psql app -c 'DROP TABLE a'\"", remote("prod")),
        ] {
            assert_eq!(place(job, command), expected, "{command}");
        }
    }

    #[test]
    fn the_host_of_a_server_is_read_from_urls_and_settings() {
        for (text, expected) in [
            (
                "postgres://app:secret@db.example.com:5432/app?sslmode=require",
                Some("db.example.com"),
            ),
            ("mysql://root@[::1]:3306/", Some("::1")),
            ("postgresql:///app", Some("")),
            ("host=db user=app", Some("db")),
            ("Server=tcp:db.example.net,1433;Database=app", Some("tcp")),
            ("file:dev.db", Some("")),
            ("app", None),
        ] {
            let mut known = Text::default();
            known.push_made_up(text, None);
            let host = Host::of_url(&Word::known(known)).map(|host| host.name);
            assert_eq!(host.as_deref(), expected, "{text}");
        }
    }
}
