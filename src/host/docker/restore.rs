//! Creating a container again, with what it needs.

use super::api::{Api, CallError};
use super::{ACT, READ, post, recipe};
use crate::host::{Condition, Process, Recipe};
use hyper::Method;
use serde_json::{Value, json};

/// What creates a container again.
pub struct Creation {
    body: Value,
    /// To be connected to afterwards.
    networks: Vec<(String, Value)>,
}

/// The whole id of a container.
pub fn id_of(container: &Process) -> &str {
    container.recipe.0.get("Id").and_then(Value::as_str).unwrap_or(&container.key.name)
}

/// Finds the image and the volumes that a container needs, and makes the networks that are gone:
/// those are nothing but their settings. Says for people why it cannot be created.
pub async fn prepare(api: &Api, recipe: &Recipe, recorded: &[Value]) -> Result<Creation, String> {
    for (volume, place, _) in recipe::volumes(recipe) {
        if !exists(api, &format!("/volumes/{volume}")).await? {
            return Err(format!(
                "its volume {volume} (at {place}) is gone, and the data with it: \
                 restore that from a backup, then run `tagout rollback` again"
            ));
        }
    }
    let image = image(api, recipe).await?;
    for name in recipe::networks(recipe).into_keys() {
        if exists(api, &format!("/networks/{name}")).await? {
            continue;
        }
        let network = recorded.iter().find(|one| one.get("Name").is_some_and(|its| its == name));
        let network = network.ok_or(format!("its network {name} is gone"))?;
        let body = recipe::network_creation(network);
        let made = api.call(Method::POST, "/networks/create", Some(&body), ACT).await;
        made.map_err(|error| format!("its network {name} cannot be made: {}", told(error)))?;
    }
    let (body, networks) =
        recipe::creation(recipe, &image).ok_or("what was recorded of it is incomplete")?;
    Ok(Creation { body, networks })
}

/// The image that it was of: by its name, if that still means the same.
async fn image(api: &Api, recipe: &Recipe) -> Result<String, String> {
    let text = |key: &str| recipe.0.get(key).and_then(Value::as_str).unwrap_or_default();
    let id = text("Image");
    let name = recipe.0.get("Config").and_then(|config| config.get("Image")?.as_str());
    for candidate in name.into_iter().chain([id]) {
        match api.get(&format!("/images/{candidate}/json"), READ).await {
            Ok(image) if image.get("Id").and_then(Value::as_str) == Some(id) => {
                return Ok(candidate.to_owned());
            }
            Ok(_) | Err(CallError::NotFound(_)) => {}
            Err(error) => return Err(told(error)),
        }
    }
    let name = name.unwrap_or("unknown");
    Err(format!("its image {name} ({id}) is gone: pull it, then run `tagout rollback` again"))
}

async fn exists(api: &Api, path: &str) -> Result<bool, String> {
    match api.get(path, READ).await {
        Ok(_) => Ok(true),
        Err(CallError::NotFound(_)) => Ok(false),
        Err(error) => Err(told(error)),
    }
}

fn told(error: CallError) -> String {
    match error {
        CallError::NotFound(reason) | CallError::Refused(reason) => reason,
        CallError::Unanswered(seconds) => format!("Docker has not answered for {seconds} s"),
        CallError::Broken(cause) => format!("Docker cannot be asked: {cause}"),
    }
}

/// Creates a container and gives its id. Where it cannot be connected as it was, there is none.
pub async fn create(api: &Api, name: &str, creation: &Creation) -> Result<String, CallError> {
    let path = format!("/containers/create?name={name}");
    let created = api.call(Method::POST, &path, Some(&creation.body), ACT).await?;
    let id = created.get("Id").and_then(Value::as_str);
    let id = id.ok_or(CallError::Refused("it gave no id to the container".to_owned()))?;
    for (network, settings) in &creation.networks {
        let body = json!({"Container": id, "EndpointConfig": settings});
        let path = format!("/networks/{network}/connect");
        if let Err(error) = api.call(Method::POST, &path, Some(&body), ACT).await {
            // The first error is the one to tell.
            let _ = remove(api, id).await;
            return Err(error);
        }
    }
    Ok(id.to_owned())
}

/// Puts a container in the place of `current`, which is kept until the other one stands.
pub async fn replace(
    api: &Api,
    current: &Process,
    recorded: &Process,
    creation: &Creation,
) -> Result<(), CallError> {
    let (name, old) = (&recorded.key.name, id_of(current));
    let aside = format!("{name}-before-rollback-{}", old.get(..12).unwrap_or(old));
    rename(api, old, &aside).await?;
    let placed = async {
        // It holds the ports and addresses that the other one needs.
        post(api, old, "stop").await?;
        let new = create(api, name, creation).await?;
        if !recorded.ran() {
            return Ok(());
        }
        match post(api, &new, "start").await {
            Ok(()) => Ok(()),
            Err(error) => {
                let _ = remove(api, &new).await;
                Err(error)
            }
        }
    };
    match placed.await {
        Ok(()) => remove(api, old).await,
        Err(error) => {
            rename(api, old, &current.key.name).await?;
            if current.condition() == Condition::Up {
                post(api, old, "start").await?;
            }
            Err(error)
        }
    }
}

async fn rename(api: &Api, id: &str, name: &str) -> Result<(), CallError> {
    post(api, id, &format!("rename?name={name}")).await
}

/// Removes a container and none of its volumes.
async fn remove(api: &Api, id: &str) -> Result<(), CallError> {
    let path = format!("/containers/{id}?force=true");
    match api.call(Method::DELETE, &path, None, ACT).await {
        // It was one that removes itself when it ends.
        Ok(_) | Err(CallError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
