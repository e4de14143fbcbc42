//! Where a sandbox keeps its state, if the stack was told to keep data.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON file, or none at all.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: Option<PathBuf>,
}

impl StateFile {
    /// The file `name` in `directory`, which is made if it is not there; without a directory nothing is kept.
    pub fn open(directory: Option<&Path>, name: &str) -> io::Result<Self> {
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory)?;
        }
        Ok(Self { path: directory.map(|directory| directory.join(name)) })
    }

    /// What it holds; none if nothing was kept yet.
    pub fn read<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        match &self.path {
            Some(path) if path.exists() => Ok(Some(serde_json::from_slice(&std::fs::read(path)?)?)),
            Some(_) | None => Ok(None),
        }
    }

    /// Replaces what it holds, at once or not at all.
    pub fn write(&self, state: &impl Serialize) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let fresh = path.with_extension("json.new");
        std::fs::write(&fresh, serde_json::to_vec_pretty(state)?)?;
        std::fs::rename(fresh, path)
    }
}
