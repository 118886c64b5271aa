use super::model::Job;
use std::collections::HashSet;

/// More jobs than this are left as they stand.
const MAX_JOBS: usize = 1_000;

/// The jobs of a workflow, each after those that it needs, whose outputs it may use; otherwise as
/// they stand.
pub(super) fn by_needs<'j, 'y>(jobs: &'j [Job<'y>]) -> Vec<&'j Job<'y>> {
    let needs = |job: &Job<'y>| -> Vec<&'y str> {
        let Some(needs) = job.needs else { return Vec::new() };
        match needs.as_str() {
            Some(one) => vec![one],
            None => needs.items().filter_map(|need| need.as_str()).collect(),
        }
    };
    if jobs.len() > MAX_JOBS {
        return jobs.iter().collect();
    }
    let mut left: Vec<(&Job<'y>, Vec<&str>)> = jobs.iter().map(|job| (job, needs(job))).collect();
    let mut waiting: HashSet<&str> = jobs.iter().map(|job| job.id).collect();
    let mut ordered = Vec::with_capacity(jobs.len());
    while !left.is_empty() {
        let is_ready = |(_, needs): &(_, Vec<&str>)| !needs.iter().any(|id| waiting.contains(id));
        // Jobs that need each other never run.
        let next = left.iter().position(is_ready).unwrap_or(0);
        let (job, _) = left.remove(next);
        waiting.remove(job.id);
        ordered.push(job);
    }
    ordered
}
