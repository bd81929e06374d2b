//! The screen of a session as its terminal shows it, kept only while somebody looks at it: two hundred at once would be too many.

use crate::serve::child::Size;
use std::fmt::Write;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;
use vt100::{Callbacks, Parser, Screen};

/// The private mode within which a program draws a frame that belongs together ("synchronized output").
const WHOLE_FRAME: u16 = 2026;

/// What a session shows.
pub struct Mirror {
    state: Mutex<State>,
    /// Counts the changes.
    changes: watch::Sender<u64>,
    /// What led from one screen to the next last: followers who are in step need the same.
    step: Mutex<Option<Step>>,
}

struct Step {
    from: Weak<Screen>,
    to: Weak<Screen>,
    bytes: Arc<str>,
}

struct State {
    size: Size,
    pointer: Option<(u16, u16)>,
    viewers: usize,
    /// While somebody looks.
    terminal: Option<Parser<Frames>>,
    /// As it was after the last whole frame that was asked for.
    shot: Option<Shot>,
    is_stale: bool,
}

/// A screen at one moment.
#[derive(Clone)]
pub struct Shot {
    pub screen: Arc<Screen>,
    pub pointer: Option<(u16, u16)>,
}

/// Whether a frame is being drawn.
#[derive(Default)]
struct Frames {
    is_within: bool,
}

impl Callbacks for Frames {
    fn unhandled_csi(&mut self, _: &mut Screen, mark: Option<u8>, _: Option<u8>, numbers: &[&[u16]], letter: char) {
        if mark == Some(b'?') && numbers.iter().any(|number| *number == [WHOLE_FRAME]) {
            self.is_within = letter == 'h';
        }
    }
}

/// Rows and columns as a terminal has them: one at least.
fn cells(size: Size) -> (NonZero<u16>, NonZero<u16>) {
    let cells = |count| NonZero::new(count).unwrap_or(NonZero::<u16>::MIN);
    (cells(size.rows), cells(size.columns))
}

fn terminal(size: Size) -> Parser<Frames> {
    let (rows, columns) = cells(size);
    Parser::new_with_callbacks(rows, columns, 0, Frames::default())
}

/// An empty terminal of a screen's size.
fn terminal_of(screen: &Screen) -> Parser {
    let (rows, columns) = screen.size();
    Parser::new(rows, columns, 0)
}

/// What leads from one screen to another of its size, each row by itself: a row that runs on into the next is one thing to the terminal
/// that wrapped it, and another to one that is shown the result (`Screen::contents_diff` loses cells there).
fn rows(from: &Screen, to: &Screen) -> String {
    let (_, columns) = to.size();
    let mut bytes = String::new();
    for (row, change) in to.rows_diff(from, 0, columns.get()).enumerate().filter(|(_, change)| !change.is_empty()) {
        let _ = write!(bytes, "\x1b[{};1H\x1b[m{change}", row + 1);
    }
    bytes
}

impl Mirror {
    pub fn new(size: Size) -> Self {
        let state = State { size, pointer: None, viewers: 0, terminal: None, shot: None, is_stale: false };
        Mirror { state: Mutex::new(state), changes: watch::Sender::new(0), step: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the session's program has written.
    pub fn written(&self, bytes: &[u8]) {
        let mut state = self.state();
        let Some(terminal) = &mut state.terminal else { return };
        terminal.process(bytes);
        state.is_stale = true;
        drop(state);
        self.changed();
    }

    /// The program was told another size.
    pub fn resize(&self, size: Size) {
        let mut state = self.state();
        state.size = size;
        if let Some(terminal) = &mut state.terminal {
            let (rows, columns) = cells(size);
            terminal.screen_mut().set_size(rows, columns);
            state.is_stale = true;
        }
        drop(state);
        self.changed();
    }

    /// What is pointed at.
    pub fn point(&self, at: Option<(u16, u16)>) {
        let mut state = self.state();
        state.pointer = at.filter(|(column, row)| *column < state.size.columns && *row < state.size.rows);
        drop(state);
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Begins to look; whether nobody did before: then the program has to draw all of it anew.
    pub fn look(self: &Arc<Self>) -> (Viewing, bool) {
        let mut state = self.state();
        state.viewers += 1;
        let is_first = state.viewers == 1;
        if is_first {
            state.terminal = Some(terminal(state.size));
            (state.shot, state.is_stale) = (None, true);
        }
        drop(state);
        (Viewing { mirror: Arc::clone(self), changes: self.changes.subscribe(), last: None }, is_first)
    }

    /// What leads from one screen to another.
    fn step(&self, from: &Arc<Screen>, to: &Arc<Screen>) -> Arc<str> {
        // Whoever comes while it is found out waits, and has it then.
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let is =
            |weak: &Weak<Screen>, screen: &Arc<Screen>| weak.upgrade().is_some_and(|known| Arc::ptr_eq(&known, screen));
        if let Some(known) = step.as_ref().filter(|known| is(&known.from, from) && is(&known.to, to)) {
            return Arc::clone(&known.bytes);
        }
        let bytes: Arc<str> = rows(from, to).into();
        *step = Some(Step { from: Arc::downgrade(from), to: Arc::downgrade(to), bytes: Arc::clone(&bytes) });
        bytes
    }

    /// The screen after the last whole frame; within one, what was asked for before it.
    fn shot(&self) -> Option<Shot> {
        let mut state = self.state();
        let pointer = state.pointer;
        let terminal = state.terminal.as_ref()?;
        if state.is_stale && !terminal.callbacks().is_within {
            let screen = Arc::new(terminal.screen().clone());
            (state.shot, state.is_stale) = (Some(Shot { screen, pointer }), false);
        }
        let shot = state.shot.as_mut()?;
        shot.pointer = pointer;
        Some(shot.clone())
    }
}

/// Somebody looks at a screen.
pub struct Viewing {
    mirror: Arc<Mirror>,
    changes: watch::Receiver<u64>,
    /// What was given last.
    last: Option<Arc<Screen>>,
}

/// What has to be written to a terminal so that it shows a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub size: Size,
    /// Whether the terminal is to be empty first.
    pub is_whole: bool,
    pub bytes: String,
    pub pointer: Option<(u16, u16)>,
}

impl Viewing {
    /// Waits for a change.
    pub async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            std::future::pending().await
        }
    }

    /// From what was given last to what is shown now; none before the first frame is whole.
    pub fn next(&mut self) -> Option<Change> {
        let shot = self.mirror.shot()?;
        let last = self.last.replace(Arc::clone(&shot.screen)).filter(|last| last.size() == shot.screen.size());
        let bytes = match &last {
            Some(last) if Arc::ptr_eq(last, &shot.screen) => String::new(),
            Some(last) => self.mirror.step(last, &shot.screen).to_string(),
            None => rows(terminal_of(&shot.screen).screen(), &shot.screen),
        };
        let (rows, columns) = shot.screen.size();
        let size = Size { columns: columns.get(), rows: rows.get() };
        Some(Change { size, is_whole: last.is_none(), bytes, pointer: shot.pointer })
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        let mut state = self.mirror.state();
        state.viewers -= 1;
        if state.viewers == 0 {
            (state.terminal, state.shot) = (None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Viewed;
    use crate::class::message::Picture;
    use proptest::prelude::*;

    const SIZE: Size = Size { columns: 24, rows: 6 };

    fn take(viewed: Option<Viewed>, viewing: &mut Viewing) -> Option<Viewed> {
        let Some(change) = viewing.next() else { return viewed };
        let Change { size, is_whole, bytes, pointer } = change;
        let picture =
            Picture { of: "kei".into(), columns: size.columns, rows: size.rows, is_whole, bytes, pointer, dark: true };
        Some(Viewed::after(viewed, &picture))
    }

    /// Cells with their contents and colours.
    fn contents(screen: &Screen) -> Vec<Option<vt100::Cell>> {
        let (rows, columns) = screen.size();
        let places = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        places.map(|(row, column)| screen.cell(row, column).cloned()).collect()
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z ]{0,12}",
            "[深層学習あいう─│…é]{0,8}",
            (0_u16..8, 0_u16..28).prop_map(|(row, column)| format!("\x1b[{row};{column}H")),
            (30_u16..48).prop_map(|color| format!("\x1b[{color}m")),
            (any::<u8>(), any::<u8>()).prop_map(|(a, b)| format!("\x1b[38;2;{a};{b};7m\x1b[48;2;{b};9;{a}m")),
            prop_oneof!["\x1b\\[[012]?[JK]", "\x1b\\[[0147]m", "\r\n", "\x08", "\t"],
        ]
    }

    proptest! {
        /// Whoever joins, and whenever, sees what the presenter sees, whatever came in whatever parts and at whatever size.
        #[test]
        fn whoever_joins_late_sees_the_very_screen(
            pieces in prop::collection::vec(piece(), 0..60),
            joins in 0_usize..60,
            looks in prop::collection::vec(any::<bool>(), 60),
            resized in prop::option::of((0_usize..60, 1_u16..40, 1_u16..12)),
        ) {
            let mirror = Arc::new(Mirror::new(SIZE));
            let (mut first, is_first) = mirror.look();
            prop_assert!(is_first);
            let mut seen = None;
            let mut late: Option<(Viewing, Option<Viewed>)> = None;
            let mut own = terminal(SIZE);
            for (at, piece) in pieces.iter().enumerate() {
                if at == joins {
                    let (viewing, is_first) = mirror.look();
                    prop_assert!(!is_first);
                    late = Some((viewing, None));
                }
                if let Some((_, columns, rows)) = resized.filter(|(when, ..)| *when == at) {
                    mirror.resize(Size { columns, rows });
                    own.screen_mut().set_size(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap());
                }
                mirror.written(piece.as_bytes());
                own.process(piece.as_bytes());
                if looks[at] {
                    seen = take(seen, &mut first);
                }
            }
            seen = take(seen, &mut first);
            prop_assert_eq!(contents(seen.unwrap().screen()), contents(own.screen()));
            if let Some((mut viewing, viewed)) = late {
                let viewed = take(viewed, &mut viewing).unwrap();
                prop_assert_eq!(contents(viewed.screen()), contents(own.screen()));
            }
        }
    }

    #[test]
    fn a_frame_is_seen_whole_and_a_screen_is_kept_for_viewers_alone() {
        let mirror = Arc::new(Mirror::new(SIZE));
        mirror.written(b"nobody looks");
        let (mut viewing, is_first) = mirror.look();
        assert!(is_first);
        mirror.written(b"\x1b[?2026hhalf");
        assert_eq!(viewing.next(), None, "no frame is whole yet");
        mirror.written(b" of it\x1b[?2026l");
        let change = viewing.next().unwrap();
        assert!(change.is_whole && change.bytes.contains("half of it"), "{change:?}");
        mirror.written(b"\x1b[?2026h\x1b[2J");
        assert_eq!(viewing.next().unwrap().bytes, "", "the last whole frame");
        mirror.point(Some((3, 2)));
        mirror.written(b"\x1b[?2026l");
        let change = viewing.next().unwrap();
        assert!(!change.is_whole && change.pointer == Some((3, 2)));
        mirror.point(Some((24, 2)));
        assert_eq!(viewing.next().unwrap().pointer, None, "beyond the screen");
        drop(viewing);
        assert!(mirror.state().terminal.is_none());
    }
}
