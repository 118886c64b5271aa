use super::{Backend, BackendError, Expected, Item, Line, Version};
use futures_util::TryStreamExt;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion,
    aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut},
    path::Path,
};

/// A bucket that honours `If-None-Match` and `If-Match`. Its keys and endpoint come from the usual
/// `AWS_…` variables.
pub struct Bucket {
    bucket: AmazonS3,
    folder: String,
    line: Line,
}

impl Bucket {
    pub fn at(url: &str) -> Result<Self, BackendError> {
        let broken = |reason: String| BackendError::Address { reason };
        let rest = url.strip_prefix("s3://").unwrap_or_default();
        let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(broken("it names no bucket".to_owned()));
        }
        let line = Line::to(url.to_owned())?;
        // One that is set already will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_plain = |name| std::env::var(name).is_ok_and(|url: String| url.starts_with("http:"));
        let bucket = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_allow_http(is_plain("AWS_ENDPOINT_URL") || is_plain("AWS_ENDPOINT"))
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .build()
            .map_err(|error| line.name.failed(error))?;
        let folder = folder.trim_matches('/').to_owned();
        Ok(Self { bucket, folder, line })
    }

    fn path(&self, key: &str) -> Path {
        match self.folder.as_str() {
            "" => Path::from(key),
            folder => Path::from(format!("{folder}/{key}")),
        }
    }
}

impl Backend for Bucket {
    fn read(&self, key: &str) -> Result<Option<Item>, BackendError> {
        self.line.ask(async {
            let found = match self.bucket.get(&self.path(key)).await {
                Ok(found) => found,
                Err(Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.to_string()),
            };
            let version = found.meta.e_tag.clone().ok_or("it gives no ETag")?;
            let bytes = found.bytes().await.map_err(|error| error.to_string())?;
            Ok(Some(Item { bytes: bytes.to_vec(), version: Version(version) }))
        })
    }

    fn write(
        &self,
        key: &str,
        bytes: &[u8],
        expected: Expected<'_>,
    ) -> Result<Option<Version>, BackendError> {
        let mode = match expected {
            Expected::Anything => PutMode::Overwrite,
            Expected::Nothing => PutMode::Create,
            Expected::Version(Version(version)) => {
                PutMode::Update(UpdateVersion { e_tag: Some(version.clone()), version: None })
            }
        };
        self.line.ask(async {
            let options = PutOptions::from(mode);
            match self.bucket.put_opts(&self.path(key), bytes.to_vec().into(), options).await {
                Ok(put) => Ok(Some(Version(put.e_tag.ok_or("it gives no ETag")?))),
                Err(
                    Error::AlreadyExists { .. }
                    | Error::Precondition { .. }
                    | Error::NotFound { .. },
                ) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, BackendError> {
        // A bucket lists by whole folders.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let list = async {
            let found = self.bucket.list(Some(&self.path(folder)));
            found.try_collect::<Vec<_>>().await.map_err(|error| error.to_string())
        };
        let found = self.line.ask(list)?;
        let own = |path: &Path| {
            let path = path.as_ref();
            let own = path.strip_prefix(self.folder.as_str())?;
            Some(own.trim_start_matches('/').to_owned())
        };
        let keys = found.iter().filter_map(|object| own(&object.location));
        let mut keys: Vec<String> = keys.filter(|key| key.starts_with(prefix)).collect();
        keys.sort();
        Ok(keys)
    }

    fn remove(&self, key: &str) -> Result<(), BackendError> {
        self.line.ask(async {
            match self.bucket.delete(&self.path(key)).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error.to_string()),
            }
        })
    }
}
