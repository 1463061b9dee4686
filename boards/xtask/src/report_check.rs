//! Looks at pages of `slackwater --report` in headless Chromium, as a reader would.
//!
//! What is looked for stands in `report_check.py`: text on text, text or boxes outside the page,
//! weak contrast, messages on the console, requests; first in a page that has all of these, where
//! each must be found. Light and dark, narrow and wide; it leaves a screenshot of each, and a PDF
//! as it would be printed. `cargo test` does not need it.

use crate::project::project;
use crate::tools;
use clap::Args;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = include_str!("../browser.txt");
/// Names under which Chromium is looked for on the PATH.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Options of `report-check`.
#[derive(Debug, Args)]
pub struct ReportCheckOptions {
    /// Pages to look at; without any, that of a migration with the default options and those
    /// that `cargo test --test report` has left.
    #[arg(value_name = "FILE.html")]
    pages: Vec<PathBuf>,
    /// Chromium; without this it is looked for on the PATH.
    #[arg(long, value_name = "FILE")]
    browser: Option<PathBuf>,
    /// Where screenshots go.
    #[arg(long, value_name = "FOLDER", default_value = "target/report-check")]
    output: PathBuf,
}

/// Looks at the pages; true if nothing is wrong with them.
///
/// # Errors
/// There is no Chromium, or its driver cannot be installed.
pub fn run(options: &ReportCheckOptions) -> Result<bool, Box<dyn Error>> {
    let browser = match &options.browser {
        Some(path) if path.is_file() => path.clone(),
        Some(path) => return Err(format!("{}: there is no such browser", path.display()).into()),
        None => on_path().ok_or_else(|| {
            format!(
                "no Chromium on the PATH ({}); name one with --browser",
                BROWSERS.join(", ")
            )
        })?,
    };
    if let Some(missing) = options.pages.iter().find(|page| !page.is_file()) {
        return Err(format!("{}: there is no such page", missing.display()).into());
    }
    fs::create_dir_all(&options.output).map_err(tools::at(&options.output))?;
    let pages = if options.pages.is_empty() {
        default_pages(&options.output)?
    } else {
        options.pages.clone()
    };
    let python = driver()?;
    let status = Command::new(python)
        .arg(project().join("boards/xtask/report_check.py"))
        .arg(browser)
        .arg(&options.output)
        .args(&pages)
        .status()?;
    Ok(status.success())
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| BROWSERS.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// A page that is made now, and those of the tests.
fn default_pages(output: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let page = output.join("default.html");
    let status = Command::new(env!("CARGO"))
        .current_dir(project())
        .args([
            "run",
            "--release",
            "--quiet",
            "-p",
            "slackwater",
            "--",
            "--report",
        ])
        .arg(std::path::absolute(&page)?)
        .status()?;
    if !status.success() {
        return Err("the migration with the default options failed".into());
    }
    let mut pages = vec![page];
    let kept = project().join("target/tmp/pages");
    for entry in fs::read_dir(kept)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
    {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            pages.push(entry.path());
        }
    }
    pages.sort();
    Ok(pages)
}

/// Python with the driver, in `tools/`.
fn driver() -> Result<PathBuf, Box<dyn Error>> {
    let folder = project().join("tools/browser");
    tools::python_environment(&folder, REQUIREMENTS, "boards/xtask/browser.txt", || {
        eprintln!("installing the browser's driver from PyPI");
    })?;
    Ok(folder.join("bin/python"))
}
