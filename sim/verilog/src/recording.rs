//! A model's signals as waves.

use crate::error::Error;
use crate::model::Model;
use crate::program::{Clocks, Program, SignalInfo};
use crate::resolve::Place;
use crate::syntax::tree::Direction;
use crate::wave::{Capture, Kind, Recorded, Recorder, Signal, Wave, WaveError};
use std::path::Path;
use thiserror::Error as ThisError;

/// A recording that cannot be made.
#[derive(Debug, ThisError)]
pub enum RecordingError {
    /// The file, or the trigger.
    #[error(transparent)]
    Wave(#[from] WaveError),
    /// The code that works out all nets.
    #[error(transparent)]
    Code(#[from] Error),
}

/// Writes all named signals of a model to a file, in the cycles that are wanted.
///
/// ```
/// use slackwater_verilog::wave::Capture;
/// use slackwater_verilog::{Model, Program, Recording};
///
/// let program = Program::compile("counter.v", "
///     module counter(input wire clock, output reg [7:0] count);
///         initial count = 0;
///         always @(posedge clock) count <= count + 8'd1;
///     endmodule")?;
/// let path = std::env::temp_dir().join(format!("counter-{}.vcd", std::process::id()));
/// let window = Capture::Window { first: 10, cycles: 5 };
/// let mut recording = Recording::new(&program, &path, window, 8_000)?;
/// let (mut model, clock) = (Model::new(&program), program.clock("clock")?);
/// for _ in 0..20 {
///     recording.cycle(&mut model, clock);
/// }
/// assert_eq!(recording.finish()?.cycles, 5);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Recording {
    program: Program,
    recorder: Recorder,
    /// Clocks that rose at the end of the last cycle.
    risen: Clocks,
}

impl Recording {
    /// Opens a file, `.vcd` or `.fst`; cycles have this length in picoseconds.
    ///
    /// # Errors
    /// The file cannot be written, the trigger is not of this design.
    pub fn new(
        program: &Program,
        path: &Path,
        capture: Capture,
        cycle_picoseconds: u64,
    ) -> Result<Self, RecordingError> {
        let signals: Vec<Signal> = program.signals().iter().map(described).collect();
        let wave = Wave::create(path, &signals, cycle_picoseconds)?;
        program.nets_code()?;
        Ok(Self {
            program: program.clone(),
            recorder: Recorder::new(wave, capture)?,
            risen: Clocks(u64::MAX),
        })
    }

    /// Nothing more will be written.
    pub fn done(&self) -> bool {
        self.recorder.done()
    }

    /// One cycle of a model of the program, recorded if it is wanted.
    pub fn cycle(&mut self, model: &mut Model, clocks: Clocks) {
        self.sample(model);
        model.cycle(clocks);
        self.risen = clocks;
    }

    /// Takes the signals as they are for the present inputs.
    pub fn sample(&mut self, model: &mut Model) {
        if self.recorder.done() {
            return;
        }
        // It was made when the recording began; the recorder gets zeros without it.
        if let Ok(code) = self.program.nets_code() {
            code.run(model.state_mut(), 0);
        }
        let inner = &self.program.inner;
        let (layout, state, risen) = (&inner.layout, model.state(), self.risen);
        self.recorder.sample(model.cycles(), |signal, words| {
            let info = &inner.signals[signal];
            if let Some(clock) = info.clock {
                words[0] = u64::from(risen.0 & clock.0 != 0);
                return;
            }
            words.fill(0);
            let mut low = 0;
            for &(place, width) in &info.view.pieces {
                let value = match place {
                    Place::Constant(constant) => constant,
                    Place::Cell(cell) => layout.read(state, cell),
                };
                let (index, shift) = (low as usize / 64, low % 64);
                words[index] |= value << shift;
                if shift + width > 64 {
                    words[index + 1] |= value >> (64 - shift);
                }
                low += width;
            }
        });
    }

    /// Closes the file; says what is in it.
    ///
    /// # Errors
    /// What went wrong while it was written.
    pub fn finish(self) -> Result<Recorded, WaveError> {
        self.recorder.finish()
    }
}

fn described(info: &SignalInfo) -> Signal {
    Signal {
        path: info.path.split('.').map(str::to_owned).collect(),
        width: info.width,
        kind: match (info.clock, info.register, info.direction) {
            (Some(_), ..) => Kind::Clock,
            (_, true, _) => Kind::Register,
            (_, _, Some(Direction::Input)) => Kind::Input,
            (_, _, Some(_)) => Kind::Output,
            (_, _, None) => Kind::Wire,
        },
    }
}
