//! The page of a migration: well-formed, the same for the same seed, with the figures of the report,
//! and text of any origin is only text in it.

mod colours;
mod well_formed;

use slackwater::report::page;
use slackwater_host::flow::pipeline::Message;
use slackwater_sim::backend::Backend;
use slackwater_sim::firmware_kind::FirmwareConfig;
use slackwater_sim::migration::timeline::Aftermath;
use slackwater_sim::migration::{Migration, MigrationConfig, MigrationReport, Recorder, Timeline};
use slackwater_sim::ports::{Card, CardInputs, CardOutputs};
use slackwater_sim::seed::Seed;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use well_formed::check;

fn config(seed: u64) -> MigrationConfig {
    MigrationConfig {
        backend: Backend::from_environment().unwrap(),
        firmware: FirmwareConfig::from_environment().unwrap(),
        ..MigrationConfig::small(Seed(seed))
    }
}

fn small(seed: u64) -> Migration {
    Migration::new(config(seed)).unwrap()
}

fn run(migration: Migration) -> (MigrationReport, Timeline) {
    let recorder = Recorder::before(&());
    let report = migration.run(&recorder).unwrap().report;
    (report, recorder.into_timeline())
}

/// A migration whose stream is spoiled on its way.
fn failed(seed: u64) -> (MigrationReport, Timeline) {
    let mut migration = small(seed);
    let mut seen = 0;
    migration.set_tap(Box::new(move |message| {
        if let Message::State { bytes, .. } = message {
            seen += bytes.len();
            if seen > 9000 {
                bytes.iter_mut().for_each(|byte| *byte ^= 0x10);
            }
        }
    }));
    run(migration)
}

/// Also kept as a file, for `cargo xtask report-check` and for who wants to look.
fn checked(name: &str, report: &MigrationReport, timeline: &Timeline) -> String {
    let page = page(report, timeline);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), &page).unwrap();
    if let Err(problem) = check(&page) {
        panic!("seed {}: {problem}", report.seed);
    }
    page
}

/// The cell that is behind a row's name.
fn cell<'a>(page: &'a str, name: &str) -> &'a str {
    let row = format!("<th scope=\"row\">{name}</th>");
    let behind = page
        .rsplit_once(&row)
        .unwrap_or_else(|| panic!("no row {name}"))
        .1;
    let cell = behind.split_once("</td>").unwrap().0;
    cell.rsplit_once('>').unwrap().1
}

/// The digits of a text up to what is no number.
fn digits(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn the_page_of_a_success() {
    let (report, timeline) = run(small(1));
    assert!(report.is_success(), "{report:#?}");
    let page = checked("success", &report, &timeline);
    assert!(page.contains("<h1>The machine was migrated and nothing was lost.</h1>"));
    // In brackets behind the time.
    let cycles = |name| digits(cell(&page, name).split_once('(').unwrap().1);
    assert_eq!(cycles("downtime"), report.downtime_cycles);
    assert_eq!(cycles("quiesce"), report.quiesce_cycles);
    // The sums of the stop's table are those too, counted from the timeline.
    let sums: Vec<u64> = page
        .split("<tr class=\"sum\">")
        .skip(1)
        .map(|row| {
            digits(
                row.split("<td class=\"number\">")
                    .nth(1)
                    .unwrap()
                    .split('<')
                    .next()
                    .unwrap(),
            )
        })
        .collect();
    assert_eq!(sums, [report.quiesce_cycles, report.downtime_cycles]);
    for pages in report
        .sent_pages_per_round
        .iter()
        .chain(&report.dirty_pages_per_round)
    {
        assert!(
            page.contains(&format!("<td>{pages}<svg")),
            "{pages} pages of a round"
        );
    }
    for part in [
        "prefers-color-scheme: dark",
        "@media print",
        "<desc>",
        "<caption>",
        "scope=\"col\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // Nothing comes from elsewhere, and nothing runs.
    for part in [
        "http:", "https:", "url(", "@import", "src=", "href=", "<script", "<link",
    ] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn one_seed_gives_the_same_bytes() {
    let make = |seed| {
        let (report, timeline) = run(small(seed));
        page(&report, &timeline)
    };
    assert_eq!(make(2), make(2));
    assert_ne!(make(2), make(3));
}

#[test]
fn the_page_of_a_failure_says_where_the_source_is() {
    let (report, timeline) = failed(4);
    let reason = report.failure.clone().unwrap();
    let page = checked("failure", &report, &timeline);
    assert!(page.contains("<h1>The machine was not migrated.</h1>"));
    assert!(page.contains("<strong>FAIL</strong>"));
    let plain = |text: &str| {
        text.replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&gt;", ">")
    };
    assert!(plain(&page).contains(&reason), "{reason}");
    let Aftermath::RanAgain(back) = timeline.source.aftermath() else {
        panic!("{:?}", timeline.source.aftermath());
    };
    let cycle = page
        .split_once("in RUNNING with its virtual CPUs again at ")
        .unwrap()
        .1;
    let cycle = cycle
        .split_once("(cycle ")
        .unwrap()
        .1
        .split_once(')')
        .unwrap()
        .0;
    assert_eq!(digits(cycle), back);
    assert!(
        !page.contains("<th scope=\"row\">downtime</th>"),
        "there was none"
    );
}

#[test]
fn a_flow_that_never_began_has_a_page() {
    let report = MigrationReport {
        failure: Some("nothing".into()),
        ..MigrationReport::default()
    };
    checked("nothing", &report, &Timeline::default());
}

#[test]
fn a_lost_page_is_in_the_verdict() {
    let (mut report, timeline) = run(small(6));
    report.memory_identical = false;
    (report.lost_pages, report.lost_page_numbers) = (Some(2), vec![77, 78]);
    let page = checked("lost", &report, &timeline);
    assert!(
        page.contains("<h1>The machine was migrated, but something was lost or went wrong.</h1>")
    );
    assert!(
        page.contains("<strong>FAIL</strong> <span>memory: 256 pages compared, 2 differ (77, 78)")
    );
}

/// A card that says nothing of itself, as one behind a decorator may.
struct Mute(Box<dyn Card>);

impl Card for Mute {
    fn cycle(&mut self, inputs: &CardInputs) -> CardOutputs {
        self.0.cycle(inputs)
    }
    fn state_words(&self) -> Vec<u32> {
        self.0.state_words()
    }
    fn device_state(&self) -> u32 {
        self.0.device_state()
    }
    fn live_marks(&self) -> Vec<u32> {
        self.0.live_marks()
    }
}

#[test]
fn a_card_that_does_not_tell_its_levels_is_said_to() {
    let backend = Backend::from_environment().unwrap();
    let cards = [(); 2].map(|()| Box::new(Mute(backend.card().unwrap())));
    let [source, destination] = cards;
    let migration = Migration::with_cards(config(7), source, destination).unwrap();
    let (report, timeline) = run(migration);
    assert!(report.is_success());
    let page = checked("mute", &report, &timeline);
    assert_eq!(page.matches("does not tell its levels").count(), 2);
    // What the flows tell is there all the same.
    let stop = timeline.stop().unwrap();
    assert_eq!(stop.downtime_cycles(), report.downtime_cycles);
}

#[test]
fn hostile_text_is_only_text() {
    let (mut report, timeline) = run(small(5));
    let hostile = "</p><script>alert('x')</script> \"onload=\"evil()\" & \u{1b}[31m\u{0} ]]> <!--";
    report.failure = Some(hostile.into());
    report.guest_failures = vec![format!("/tmp/{hostile}.img: No such file")];
    report.link = format!("gen2x1{hostile}");
    let page = checked("hostile", &report, &timeline);
    assert!(!page.contains("<script") && !page.contains("\"onload=") && !page.contains('\u{1b}'));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)"));
}

fn slackwater(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slackwater"));
    command.args(arguments).output().unwrap()
}

#[test]
fn the_command_writes_the_page_and_the_timeline() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report-command");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (html, json) = (path("m.html"), path("m.json"));
    let plain = ["--memory-size", "256K", "--json", &json];
    let output = slackwater(&plain);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let value = || serde_json::from_slice::<serde_json::Value>(&fs::read(&json).unwrap()).unwrap();
    let mut alone = value();
    let both = [&["migrate", "--report", &html, "--timeline"], &plain[..]].concat();
    let output = slackwater(&both);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    check(&fs::read_to_string(&html).unwrap()).unwrap();
    let mut with = value();
    let timeline = with.as_object_mut().unwrap().remove("timeline").unwrap();
    for report in [&mut alone, &mut with] {
        report["cycles_per_second"] = 0.into();
    }
    assert_eq!(
        alone, with,
        "the report is the same with a timeline behind it"
    );
    assert_eq!(timeline["clock_hz"], 125_000_000);
    assert!(
        timeline["source"]["changes"]["kept"]
            .as_array()
            .unwrap()
            .len()
            > 10
    );
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn a_page_that_cannot_be_written_is_named_before_anything_runs() {
    let nowhere = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no/such/folder/m.html");
    let output = slackwater(&["--report", nowhere.to_str().unwrap()]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains(nowhere.to_str().unwrap()) && output.stdout.is_empty(),
        "{message}"
    );
    assert!(!message.contains("cycle"), "{message}");
    let output = slackwater(&["--timeline"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("--json"), "{message}");
}
