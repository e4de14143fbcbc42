//! Persistence of a sandbox's state in a JSON file, if the stack has a data directory.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON file, or no file at all.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: Option<PathBuf>,
}

impl StateFile {
    /// Opens the file `name` in `directory`, which is created if it does not exist. Without a directory nothing is
    /// persisted.
    pub fn open(directory: Option<&Path>, name: &str) -> io::Result<Self> {
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory)?;
        }
        Ok(Self { path: directory.map(|directory| directory.join(name)) })
    }

    /// Reads the state. `None` if nothing was written yet.
    pub fn read<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        match &self.path {
            Some(path) if path.exists() => Ok(Some(serde_json::from_slice(&std::fs::read(path)?)?)),
            Some(_) | None => Ok(None),
        }
    }

    /// Replaces the state atomically.
    pub fn write(&self, state: &impl Serialize) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let fresh = path.with_extension("json.new");
        std::fs::write(&fresh, serde_json::to_vec_pretty(state)?)?;
        std::fs::rename(fresh, path)
    }
}
