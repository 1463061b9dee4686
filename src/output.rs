//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A file that cannot be written.
#[derive(Debug, Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl WriteError {
    /// Makes the error of a path.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self { path, source }
    }
}

/// A file that is made under another name and gets its own when it is complete.
///
/// It is made when the command begins, so that an impossible path is found before
/// the work is done; when it is dropped unfinished, nothing is left behind.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    /// `None` for what is no regular file, such as a pipe: that is written directly.
    partial: Option<PathBuf>,
}

impl PendingFile {
    /// Begins a file.
    ///
    /// # Errors
    /// It could not be written.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        Self::begin(path).map_err(WriteError::at(path))
    }

    fn begin(path: &Path) -> io::Result<Self> {
        let partial = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => None,
            Ok(_) => {
                // It will be replaced, which must be allowed.
                File::options().write(true).open(path)?;
                Some(partial_path(path)?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(partial_path(path)?),
            Err(error) => return Err(error),
        };
        if let Some(partial) = &partial {
            File::create(partial)?;
        }
        Ok(Self {
            path: path.to_owned(),
            partial,
        })
    }

    /// Where to write until it is complete.
    pub fn writing_path(&self) -> &Path {
        self.partial.as_deref().unwrap_or(&self.path)
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// It could not be renamed; it is removed then.
    pub fn complete(mut self) -> Result<(), WriteError> {
        if let Some(partial) = &self.partial {
            fs::rename(partial, &self.path).map_err(WriteError::at(&self.path))?;
            self.partial = None;
        }
        Ok(())
    }

    /// Writes all of it, and gives it its name.
    ///
    /// # Errors
    /// As [`PendingFile::complete`].
    pub fn write(self, text: &str) -> Result<(), WriteError> {
        fs::write(self.writing_path(), text).map_err(WriteError::at(&self.path))?;
        self.complete()
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            // It was never promised to be there.
            let _ = fs::remove_file(partial);
        }
    }
}

fn partial_path(path: &Path) -> io::Result<PathBuf> {
    let mut name = path
        .file_stem()
        .ok_or(io::ErrorKind::InvalidFilename)?
        .to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    // What a file is called may say what it is to be.
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("slackwater-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_file_appears_when_it_is_complete() {
        let folder = folder("complete");
        let path = folder.join("a.json");
        let file = PendingFile::create(&path).unwrap();
        fs::write(file.writing_path(), "{}").unwrap();
        assert!(!path.exists());
        file.complete().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_unfinished_file_leaves_the_old_one() {
        let folder = folder("unfinished");
        let path = folder.join("a.json");
        fs::write(&path, "old").unwrap();
        let file = PendingFile::create(&path).unwrap();
        fs::write(file.writing_path(), "half").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert!(PendingFile::create(&folder).is_err());
        assert!(PendingFile::create(&folder.join("no/such/a.json")).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
