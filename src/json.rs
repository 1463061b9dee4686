//! Where the result goes: text for people, JSON for machines.

use crate::output::{PendingFile, WriteError};
use serde::Serialize;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

/// Where the result is to go; files are begun before the work is.
pub struct Outputs {
    json: Json,
    /// Standard output is something else.
    text_to_stderr: bool,
}

enum Json {
    None,
    Stdout,
    File(PendingFile),
}

impl Outputs {
    /// As the options say; `stdout_is_taken` if standard output is a connection.
    ///
    /// # Errors
    /// A file that cannot be written, or two things on standard output.
    pub fn open(json: Option<&Path>, stdout_is_taken: bool) -> Result<Self, Box<dyn Error>> {
        let json = match json {
            None => Json::None,
            Some(path) if path == Path::new("-") => Json::Stdout,
            Some(path) => Json::File(PendingFile::create(path)?),
        };
        let json_to_stdout = matches!(json, Json::Stdout);
        if json_to_stdout && stdout_is_taken {
            return Err("--json -: standard output is the connection, name a file".into());
        }
        Ok(Self {
            json,
            text_to_stderr: json_to_stdout || stdout_is_taken,
        })
    }

    /// Gives both out.
    ///
    /// # Errors
    /// The JSON cannot be written.
    pub fn tell(self, text: &str, result: &impl Serialize) -> Result<(), Box<dyn Error>> {
        // A reader who has gone needs no summary; the exit status still tells.
        let _ = if self.text_to_stderr {
            io::stderr().write_all(text.as_bytes())
        } else {
            io::stdout().write_all(text.as_bytes())
        };
        let json = || serde_json::to_string_pretty(result).map(|json| json + "\n");
        match self.json {
            Json::None => {}
            Json::Stdout => io::stdout()
                .write_all(json()?.as_bytes())
                .map_err(WriteError::at(Path::new("standard output")))?,
            Json::File(file) => file.write(&json()?)?,
        }
        Ok(())
    }
}
