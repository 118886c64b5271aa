//! The parts of the linter, each alone and in this process.

#[path = "support/mod.rs"]
mod support;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::{hint::black_box, sync::Arc};
use tagout::{
    config::Config,
    policy::{self, Configs},
    script,
    source::{Language, SourceFile, yaml::Yaml},
    workflow,
};

/// Enough for a stable figure, few enough for a quick one.
const FILES: usize = 200;

fn files_of_their_own() -> Vec<SourceFile> {
    let workflows = support::workflows(FILES).into_iter();
    workflows.map(|w| SourceFile::new(format!(".github/workflows/{}", w.name), w.text)).collect()
}

fn reading(criterion: &mut Criterion) {
    let files: Vec<Arc<SourceFile>> = files_of_their_own().into_iter().map(Arc::new).collect();
    let bytes: usize = files.iter().map(|file| file.text().len()).sum();
    let mut group = criterion.benchmark_group("reading");
    group.sample_size(20).throughput(Throughput::Bytes(bytes as u64));

    group.bench_function("YAML", |bench| {
        bench.iter(|| {
            files.iter().map(|file| Yaml::parse(Arc::clone(file)).errors().len()).sum::<usize>()
        });
    });

    let config = Config::default();
    group.bench_function("workflows", |bench| {
        bench.iter(|| {
            files
                .iter()
                .map(|f| workflow::read(Arc::clone(f), &config).scripts.len())
                .sum::<usize>()
        });
    });

    group.bench_function("the whole lint", |bench| {
        bench.iter_batched(
            files_of_their_own,
            |files| policy::lint(files, &Configs::One(Box::default()), false).findings.len(),
            BatchSize::LargeInput,
        );
    });

    let readings: Vec<_> = files.iter().map(|f| workflow::read(Arc::clone(f), &config)).collect();
    let scripts: Vec<_> = readings
        .iter()
        .flat_map(|reading| &reading.scripts)
        .filter(|script| script.language == Language::Shell)
        .collect();
    let bytes: usize = scripts.iter().map(|script| script.text.len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("bash", |bench| {
        bench.iter(|| {
            scripts.iter().map(|s| black_box(script::read(s)).invocations.len()).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
