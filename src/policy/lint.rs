use super::{Finding, Judge, Policy, PolicyRule, Reach, custom, scripts, suppression};
use crate::{
    config::{Config, ConfigError, find, folder_of, load_inventory},
    recipe::Ecosystem,
    source::{Changes, Input, Location, Repository, SourceFile, in_time, noting_files},
};
use foldhash::HashMap;
use rayon::prelude::*;
use std::{
    cmp::Reverse,
    collections::BTreeSet,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What was found in a set of files, and how much of them was read.
#[derive(Debug, Default)]
pub struct LintReport {
    /// By file and place, each once.
    pub findings: Vec<Finding>,
    pub coverage: Coverage,
    /// All that the jobs can do, if it was asked for.
    pub reaches: Vec<Reach>,
}

/// How much was read.
#[derive(Debug, Default)]
pub struct Coverage {
    pub files: usize,
    pub scripts: usize,
    /// Scripts of which everything was read.
    pub analysed: usize,
    pub skipped: Vec<Gap>,
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    pub path: PathBuf,
    /// From 1; nothing where the whole file is meant.
    pub line: Option<usize>,
    pub reason: String,
}

/// Configurations by the folder of the files that they are for.
#[derive(Debug)]
pub enum Configs {
    /// This one for every file.
    One(Box<Policy>),
    /// The nearest one above each file.
    Nearest(HashMap<OsString, Arc<Policy>>),
}

impl Configs {
    /// Finds the configuration of each file, so that a repository of several apps is judged by
    /// the inventory of each.
    /// The team's `rules` hold for all of them.
    pub fn nearest<'f>(
        files: impl IntoIterator<Item = &'f Path>,
        rules: &[PolicyRule],
    ) -> Result<Self, ConfigError> {
        let bare = Arc::new(Policy { config: Config::default(), rules: rules.to_vec() });
        let mut loaded: HashMap<PathBuf, Arc<Policy>> = HashMap::default();
        let mut by_folder = HashMap::default();
        for file in files {
            let folder = folder_of(file);
            if by_folder.contains_key(folder.as_os_str()) {
                continue;
            }
            let config = match find(folder) {
                None => Arc::clone(&bare),
                Some(path) => match loaded.get(&path) {
                    Some(config) => Arc::clone(config),
                    None => {
                        let config = Arc::new(Policy::of(load_inventory(&path)?, rules)?);
                        loaded.insert(path, Arc::clone(&config));
                        config
                    }
                },
            };
            by_folder.insert(folder.as_os_str().to_owned(), config);
        }
        Ok(Self::Nearest(by_folder))
    }

    pub fn of(&self, file: &Path) -> Option<&Policy> {
        match self {
            Self::One(config) => Some(config),
            Self::Nearest(by_folder) => by_folder.get(folder_of(file).as_os_str()).map(Arc::as_ref),
        }
    }
}

/// Lints files, each on its own, all at once.
pub fn lint<I: Into<Input>>(files: Vec<I>, configs: &Configs, strict: bool) -> LintReport {
    read(inputs(files), configs, strict, false, None)
}

/// The same for those files that have changed or reach a file that has; how many they are is in the
/// coverage.
pub fn lint_changed<I: Into<Input>>(
    files: Vec<I>,
    configs: &Configs,
    strict: bool,
    changes: &Changes,
) -> LintReport {
    read(inputs(files), configs, strict, false, Some(changes))
}

/// The same, and keeps all that the jobs can do.
pub fn radius<I: Into<Input>>(files: Vec<I>, configs: &Configs) -> LintReport {
    read(inputs(files), configs, false, true, None)
}

/// The files of the repository that a workflow reaches, whether they are there or not.
pub fn files_reached(file: SourceFile, configs: &Configs) -> BTreeSet<PathBuf> {
    let default = Policy::default();
    let policy = configs.of(file.path()).unwrap_or(&default);
    let judge = Judge { reads_all: true, ..Judge::new(policy) };
    let file = Arc::new(file);
    noting_files(|| in_time(|| scripts::lint(&file, judge))).1
}

fn inputs<I: Into<Input>>(files: Vec<I>) -> Vec<Input> {
    files.into_iter().map(Into::into).collect()
}

fn read(
    files: Vec<Input>,
    configs: &Configs,
    strict: bool,
    keeps_all: bool,
    changes: Option<&Changes>,
) -> LintReport {
    let default = Policy::default();
    let judge = |file: &Path| Judge {
        strict,
        keeps_all,
        ..Judge::new(configs.of(file).unwrap_or(&default))
    };
    let repositories = Repositories::of(&files);
    let (with_comments, parts): (Vec<Option<Arc<SourceFile>>>, Vec<LintReport>) = files
        .into_par_iter()
        .filter_map(|input| {
            let path = input.path().to_owned();
            let file = match input.read() {
                Ok(file) => Arc::new(repositories.give(file)),
                Err(error) => {
                    return Some((None, LintReport::of_gap(Gap::unreadable(path, &error))));
                }
            };
            let judge = judge(&path);
            let lint = || in_time(|| scripts::lint(&file, judge));
            let part = match changes {
                None => lint(),
                Some(changes) => {
                    let (part, reached) = noting_files(lint);
                    let is_meant = changes.has(&path)
                        || reached.iter().any(|path| changes.has(path))
                        || judge.policy.files().any(|path| changes.has(&path));
                    is_meant.then_some(part)?
                }
            };
            Some((suppression::is_in(file.text()).then_some(file), part))
        })
        .unzip();
    let mut report = LintReport::default();
    for part in parts {
        report.findings.extend(part.findings);
        report.reaches.extend(part.reaches);
        report.coverage.files += part.coverage.files;
        report.coverage.scripts += part.coverage.scripts;
        report.coverage.analysed += part.coverage.analysed;
        report.coverage.skipped.extend(part.coverage.skipped);
    }
    report.coverage.skipped.sort();
    report.coverage.skipped.dedup();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let with_comments: Vec<Arc<SourceFile>> = with_comments.into_iter().flatten().collect();
    suppression::apply(&with_comments, &mut report.findings, judge, today);
    report.findings.sort_by_cached_key(|finding| {
        let range = &finding.location.range;
        let place = (finding.location.path().to_owned(), range.start, range.end);
        let weight = (finding.suppressed.is_some(), Reverse(finding.level));
        (place, subject(finding).to_owned(), weight, finding.message.clone())
    });
    // One command can be reached in several ways; the worst of them is told.
    report.findings.dedup_by(|next, kept| {
        kept.location.path() == next.location.path()
            && kept.location.range == next.location.range
            && subject(kept) == subject(next)
    });
    report
}

/// The repositories of files, by their folders; each file of one is read once.
struct Repositories(HashMap<OsString, Repository>);

impl Repositories {
    fn of(files: &[Input]) -> Self {
        let mut by_folder = HashMap::default();
        for file in files {
            let folder = folder_of(file.path()).as_os_str();
            if !by_folder.contains_key(folder) {
                by_folder.insert(folder.to_owned(), Repository::of(file.path()).remembering());
            }
        }
        Self(by_folder)
    }

    fn give(&self, file: SourceFile) -> SourceFile {
        match self.0.get(folder_of(file.path()).as_os_str()) {
            Some(repository) => file.in_repository(repository.clone()),
            None => file,
        }
    }
}

/// What a finding is about: the kind of resource, or its rule.
fn subject(finding: &Finding) -> &str {
    finding.effect.as_ref().map_or(&finding.rule, |effect| &effect.resource)
}

impl Policy {
    /// The files that it was read from.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let folder = self.config.folder();
        let environments = self.config.environments();
        let ecosystems = environments.filter_map(|(_, _, env)| env.ecosystem.as_ref());
        ecosystems.map(|file| folder.join(file)).chain(self.config.path.clone())
    }

    /// A configuration, with its rules after `rules`.
    pub fn of(mut config: Config, rules: &[PolicyRule]) -> Result<Self, ConfigError> {
        read_ecosystems(&mut config);
        let rules = custom::of_config(&config, rules.to_vec())?;
        Ok(Self { config, rules })
    }
}

/// Adds the processes of each environment's ecosystem file to those that the inventory names.
pub fn read_ecosystems(config: &mut Config) {
    let folder = config.folder().to_owned();
    for environment in config.inventory.values_mut().flat_map(|app| app.environments.values_mut()) {
        let Some(file) = &environment.ecosystem else { continue };
        // One that is not there yet declares nothing.
        let Ok(file) = SourceFile::read(&folder.join(file)) else { continue };
        for name in Ecosystem::parse(&Arc::new(file)).apps {
            if !environment.pm2.contains(&name) {
                environment.pm2.push(name);
            }
        }
    }
}

impl LintReport {
    fn of_gap(gap: Gap) -> Self {
        let coverage = Coverage { skipped: vec![gap], ..Coverage::default() };
        Self { coverage, ..Self::default() }
    }

    /// The findings that nobody has allowed.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }
}

impl Gap {
    fn unreadable(path: PathBuf, error: &io::Error) -> Self {
        Self { path, line: None, reason: format!("it cannot be read: {error}") }
    }

    pub(super) fn at(location: &Location, reason: String) -> Self {
        Self { path: location.path().to_owned(), line: Some(location.line()), reason }
    }
}
