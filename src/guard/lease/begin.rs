use crate::guard::ci;
use crate::guard::deploy::{Deploy, DeployError};
use crate::guard::journal::Step;
use crate::guard::prepare::{Prepared, prepare};
use crate::guard::voice::shown_duration;
use crate::host;

/// Prepares the deploy, tells the job's later steps of it, and leaves it to the watchdog. Returns the
/// variables that they need where there is no CI system to hand them on.
pub fn begin(deploy: &Deploy<'_>) -> Result<Vec<(String, String)>, DeployError> {
    let managers = host::managers()?;
    let Prepared { watchdog, mut timeline, .. } = prepare(deploy, &managers)?;
    deploy.lock.sign(watchdog.process.clone(), deploy.command.clone(), deploy.ci.url.clone());
    let before = |name: &String| (name.clone(), std::env::var(name).ok());
    let handed_on = watchdog.environment.iter().map(|(name, _)| before(name)).collect();
    timeline.step(Step::HandedOn { variables: handed_on })?;
    let variables = watchdog.environment.clone();
    let pairs = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let exported = match ci::export(pairs) {
        Ok(exported) => exported,
        Err(cause) => {
            timeline.must(Step::Closed);
            watchdog.disarm();
            return Err(DeployError::Export { cause });
        }
    };
    let limit = shown_duration(deploy.limit);
    timeline.say(format!("deploying {}, until `tagout end` within {limit}", deploy.target));
    // From here on the end of this process is not the end of the deploy.
    timeline.step(Step::Starting)?;
    drop(watchdog);
    Ok(if exported { Vec::new() } else { variables })
}
