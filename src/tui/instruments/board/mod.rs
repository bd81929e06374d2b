//! Board games: a board to play on, and beside it what the machine thinks.

mod act;
mod course;
mod draw;
mod edit;
mod form;
mod lines;
mod names;
mod panel;
mod puzzle;
mod table;
mod tree;
mod walk;

pub use puzzle::Puzzle;

use super::Instrument;
use crate::experiment::board::{Board, Choice, Ending, Judged, Origin, Played, Thinking};
use crate::experiment::{Answer, GameAnswer, GameQuery};
use crate::intake::gate::Target;
use crate::lab::Lab;
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::widgets::board::Drawn;
use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use edit::EditView;
use form::Form;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use table::{Offer, Setup, Table};
use tree::TreeView;
use tui_textarea::TextArea;
use walk::WalkView;

const NOW: &str = "board/now";
const OFFER: &str = "board/offer";
const THINK: &str = "board/think";
const BRANCHES: &str = "board/branches";
const WALK: &str = "board/walk";
const REVIEW: &str = "board/review";
const WRITE: &str = "board/write";
const READ: &str = "board/read";

/// Between two moves when two machines play each other.
const PACE: Duration = Duration::from_millis(700);
/// Seconds that a review gives each move.
const REVIEW_SECONDS: f64 = 0.3;
/// The exercise on the review asks for so many moves at the least; a review judges one position more.
const LEAST_REVIEWED: usize = 4;
/// A machine with a clock takes this part of what is left for a move.
const SHARE_OF_CLOCK: f64 = 1.0 / 25.0;
/// Values of c that are one step from each other.
const C_STEP: f32 = 1.25;
/// c that is small, and c that is large, for the exercise that compares them.
const C_LOW: f32 = 0.3;
const C_HIGH: f32 = 2.0;

/// Where the cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Cell(usize),
    /// A piece in hand of the side to move, by its place in the list.
    Hand(usize),
}

/// What the machine thinks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    Nothing,
    /// Its own move.
    Move,
    /// To show a person what it would do.
    Hint,
    /// To be compared with what a person has predicted.
    Prediction(u16),
    /// While a person thinks.
    Ponder,
}

/// What a typed line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Move,
    Position,
    SaveTo,
    OpenFrom,
}

/// What stands beside the board.
enum Side {
    Thinking,
    Form(Form),
    Tree(TreeView),
    Walk(Box<WalkView>),
    Edit(Box<EditView>),
}

pub struct BoardTable {
    table: Table,
    offer: Offer,
    board: Option<Board>,
    cursor: Cursor,
    picked: Option<Origin>,
    /// Moves between which only what a piece becomes decides, and the one chosen.
    becoming: Option<(Vec<Choice>, usize)>,
    errand: Errand,
    /// After how many moves the search was made, for which side, and what.
    thinking: Option<(usize, usize, Thinking)>,
    /// A move that is made at a time.
    due: Option<(u16, Instant)>,
    paused: bool,
    /// c of UCB1; the game's own if none.
    exploration: Option<f32>,
    /// In which position hints were asked for with a small and with a large c.
    compared: (Played, [bool; 2]),
    /// Positions in which a person was shown what the search finds.
    revealed: Vec<Played>,
    side: Side,
    judged: Vec<Judged>,
    reviewing: bool,
    line: Option<(Wanted, TextArea<'static>)>,
    /// Where the game that is being written goes, and the file that was said to be there already.
    writes_to: Option<Target>,
    to_replace: Option<PathBuf>,
    /// What happened last, in words, and whether it was a fault.
    said: (String, bool),
    drawn: Drawn,
    /// Where the board has its room, with the names of its rows and columns.
    place: Rect,
    hands: [Rect; 2],
    graph: Rect,
    rows: Rect,
    reached: Vec<&'static str>,
    /// Positions in which a move was predicted right.
    predicted: Vec<String>,
}

impl Default for BoardTable {
    fn default() -> Self {
        BoardTable {
            table: Table::new(Setup::default(), &[]),
            offer: Offer::default(),
            board: None,
            cursor: Cursor::Cell(0),
            picked: None,
            becoming: None,
            errand: Errand::Nothing,
            thinking: None,
            due: None,
            paused: false,
            exploration: None,
            compared: (Played::default(), [false; 2]),
            revealed: Vec::new(),
            side: Side::Thinking,
            judged: Vec::new(),
            reviewing: false,
            line: None,
            writes_to: None,
            to_replace: None,
            said: (String::new(), false),
            drawn: Drawn::default(),
            place: Rect::default(),
            hands: [Rect::default(); 2],
            graph: Rect::default(),
            rows: Rect::default(),
            reached: Vec::new(),
            predicted: Vec::new(),
        }
    }
}

impl BoardTable {
    fn say(&mut self, words: impl Into<String>) {
        self.said = (words.into(), false);
    }

    fn fail(&mut self, words: impl Into<String>) {
        self.said = (words.into(), true);
    }

    fn ending(&self) -> Option<Ending> {
        self.table.ending(self.board.as_ref().and_then(|board| board.ending))
    }

    fn turn(&self) -> usize {
        self.board.as_ref().map_or(0, |board| board.turn)
    }

    fn is_persons_turn(&self) -> bool {
        self.table.setup.seats.is_person(self.turn())
    }

    /// c, as it is turned or else as the game or its single steps have it.
    fn exploration(&self) -> f32 {
        let own = match &self.side {
            Side::Walk(_) => self.offer.walk_exploration,
            _ => self.offer.exploration,
        };
        self.exploration.unwrap_or(own)
    }
}

/// Where the game of a lab is kept.
fn place_of(lab: &Lab) -> String {
    format!("board:{}", lab.id)
}

impl Instrument for BoardTable {
    fn contexts(&self) -> Vec<Context> {
        if self.line.is_some() {
            return vec![Context::BoardLine];
        }
        match self.side {
            Side::Form(_) => vec![Context::BoardForm],
            Side::Edit(_) => vec![Context::BoardEdit],
            Side::Tree(_) => vec![Context::BoardTree, Context::Board],
            Side::Walk(_) => vec![Context::BoardWalk, Context::Board],
            Side::Thinking => vec![Context::BoardMore, Context::Board],
        }
    }

    fn fills(&self) -> bool {
        true
    }

    fn keeps_time(&self) -> bool {
        self.table.clock.is_some() && self.ending().is_none() && !self.paused && self.board.is_some()
    }

    fn in_text(&self) -> bool {
        self.line.is_some() || matches!(self.side, Side::Edit(_))
    }

    fn typed(&mut self, key: &KeyEvent, _lab: &Lab, app: &mut AppContext) {
        if let Some((_, line)) = &mut self.line
            && key.code != KeyCode::Enter
        {
            line.input(*key);
        } else if let (Side::Edit(edit), Cursor::Cell(cell)) = (&mut self.side, self.cursor)
            && edit.key(key.code, cell)
        {
            self.side = Side::Thinking;
            self.ask_line(Wanted::Position, app);
        } else if let (Side::Form(form), KeyCode::Char(digit)) = (&mut self.side, key.code) {
            form.type_digit(digit, &self.offer);
        }
    }

    fn pasted(&mut self, pasted: &str) {
        if let Some((_, line)) = &mut self.line {
            line.insert_str(pasted.replace(['\n', '\r'], " "));
        }
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        if self.board.is_some() {
            // Another model may have come, which plays another game.
            app.ask(lab, OFFER, GameQuery::Opponents { game: self.table.setup.game.clone() });
            return;
        }
        let kept = app.progress.setting(&place_of(lab)).and_then(|kept| serde_json::from_str(&kept).ok());
        match kept {
            Some(kept) => self.resume(Table::from_kept(kept), lab, app),
            None => self.begin(self.table.setup.clone(), lab, app),
        }
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        if action != Action::Resign {
            self.cancel_resignation(app);
        }
        if self.line.is_some() {
            match action {
                Action::Confirm => self.line_done(lab, app),
                Action::Back => self.line = None,
                _ => return false,
            }
            return true;
        }
        if let Some((choices, chosen)) = &mut self.becoming {
            match action {
                Action::Left | Action::Up => *chosen = (*chosen + choices.len() - 1) % choices.len(),
                Action::Right | Action::Down => *chosen = (*chosen + 1) % choices.len(),
                Action::Confirm => {
                    let number = choices[*chosen].number;
                    self.play(number, lab, app);
                }
                Action::Back => self.becoming = None,
                _ => return false,
            }
            return true;
        }
        let exploration = self.exploration();
        match &mut self.side {
            Side::Form(form) => {
                match form.handle_action(action, &self.offer) {
                    form::Outcome::Open(asks) => {
                        if let Some(game) = asks {
                            app.ask(lab, OFFER, GameQuery::Opponents { game });
                        }
                    }
                    form::Outcome::Closed => self.side = Side::Thinking,
                    form::Outcome::Begin(setup) => {
                        if setup.game != self.table.setup.game {
                            self.table.setup.game.clone_from(&setup.game);
                        }
                        self.begin(setup, lab, app);
                    }
                    form::Outcome::Unrelated => return false,
                }
                true
            }
            Side::Tree(tree) => match tree.handle_action(action) {
                tree::Outcome::Ask(path) => {
                    app.ask(lab, BRANCHES, GameQuery::Branches { path });
                    true
                }
                tree::Outcome::Closed => {
                    self.side = Side::Thinking;
                    true
                }
                tree::Outcome::Moved => true,
                tree::Outcome::Unrelated => self.act_on_board(action, lab, app),
            },
            Side::Walk(walk) => {
                if action == Action::Back {
                    self.side = Side::Thinking;
                    self.go_on(lab, app);
                    return true;
                }
                if walk.handle_action(action, self.table.now(), exploration, lab, app) {
                    if walk.walked >= 2 {
                        self.reached.push("steps_walked");
                    }
                    return true;
                }
                self.act_on_board(action, lab, app)
            }
            Side::Edit(edit) => {
                match action {
                    Action::Up | Action::Down | Action::Left | Action::Right => self.move_cursor(action),
                    Action::Confirm => {
                        let board = Box::new(edit.board.clone());
                        self.call_off(app);
                        app.ask(lab, NOW, GameQuery::SetUp { board });
                    }
                    Action::Back => self.side = Side::Thinking,
                    _ => return false,
                }
                true
            }
            Side::Thinking => self.act_on_board(action, lab, app),
        }
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        if self.line.is_some() || matches!(self.side, Side::Form(_)) {
            return;
        }
        let position = Position::new(event.column, event.row);
        let cell = self.drawn.cell(event.column, event.row);
        match event.kind {
            MouseEventKind::Moved => {
                if let Some(cell) = cell {
                    self.cursor = Cursor::Cell(cell);
                }
            }
            MouseEventKind::Down(MouseButton::Left) => {
                self.cancel_resignation(app);
                let hand = self.board.as_ref().and_then(|board| {
                    let area = self.hands[board.turn];
                    let place = usize::from(event.column.saturating_sub(area.x)) / draw::HAND_WIDTH;
                    (area.contains(position) && place < board.hands[board.turn].len()).then_some(place)
                });
                if let (Side::Edit(edit), Some(cell)) = (&mut self.side, cell) {
                    self.cursor = Cursor::Cell(cell);
                    edit.turn_over(cell);
                } else if let Some(cursor) = cell.map(Cursor::Cell).or(hand.map(Cursor::Hand)) {
                    self.cursor = cursor;
                    self.becoming = None;
                    self.choose(lab, app);
                } else if self.graph.contains(position) {
                    let last = self.table.played.moves.len();
                    self.go(panel::move_at(self.graph, last, event.column), lab, app);
                } else if self.rows.contains(position) {
                    let row = usize::from(event.row - self.rows.y);
                    let line = self.thinking.as_ref().and_then(|(.., thinking)| thinking.considered.get(row));
                    if let Some(to) = line.and_then(|considered| considered.line.first()?.to) {
                        self.cursor = Cursor::Cell(to);
                    }
                }
            }
            MouseEventKind::Down(MouseButton::Right) => (self.picked, self.becoming) = (None, None),
            MouseEventKind::ScrollUp if self.graph.contains(position) => {
                self.go(self.table.at.saturating_sub(1), lab, app)
            }
            MouseEventKind::ScrollDown if self.graph.contains(position) => self.go(self.table.at + 1, lab, app),
            _ => {}
        }
    }

    fn in_letters(&self) -> Option<(String, Rect)> {
        // A position is written with its rows one after another.
        self.board.as_ref().map(|board| (board.diagram.replace('/', "\n"), self.place))
    }

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, app: &mut AppContext) -> bool {
        match (key.as_str(), answer) {
            // An answer to a question of before another game was begun.
            (NOW, Ok(Answer::Game(GameAnswer::Board { played, .. }))) if !self.offer.plays(&played.game) => {}
            (NOW, Ok(Answer::Game(GameAnswer::Board { played, board }))) => {
                self.arrived(played, (**board).clone(), false, lab, app)
            }
            (READ, Ok(Answer::Game(GameAnswer::Board { played, board }))) => {
                self.call_off(app);
                self.say("");
                self.arrived(played, (**board).clone(), true, lab, app);
            }
            (
                OFFER,
                Ok(Answer::Game(GameAnswer::Opponents { games, opponents, handicaps, exploration, walk_exploration })),
            ) => {
                let first = self.offer.opponents.is_empty();
                self.offer = Offer {
                    games: games.clone(),
                    opponents: opponents.clone(),
                    handicaps: handicaps.clone(),
                    exploration: *exploration,
                    walk_exploration: *walk_exploration,
                };
                if let Some(setup) = self.offer.setup_for(&self.table, first) {
                    self.begin(setup, lab, app);
                } else if self.board.is_some() {
                    self.go_on(lab, app);
                }
            }
            (THINK, Ok(Answer::Game(GameAnswer::Thinking(thinking)))) => {
                let share = if self.turn() == 0 { thinking.value } else { 1.0 - thinking.value };
                if !thinking.considered.is_empty() && thinking.considered[0].visits > 0 || !thinking.has_tree {
                    self.table.expect(self.table.at, share);
                }
                self.thinking = Some((self.table.at, self.turn(), thinking.clone()));
                if self.errand == Errand::Hint {
                    self.reveal();
                }
                if thinking.finished {
                    let errand = std::mem::replace(&mut self.errand, Errand::Nothing);
                    self.result(errand, thinking, lab, app);
                    if let (Side::Tree(tree), true) = (&self.side, self.errand == Errand::Nothing) {
                        app.ask(lab, BRANCHES, GameQuery::Branches { path: tree.path() });
                    }
                }
            }
            (BRANCHES, Ok(Answer::Game(GameAnswer::Branches { path, branches }))) => {
                if let Side::Tree(tree) = &mut self.side {
                    tree.arrived(path, branches.clone());
                    if !path.is_empty() {
                        self.reached.push("tree_opened");
                    }
                }
            }
            (WALK, Ok(Answer::Game(GameAnswer::Walk(arrived)))) => {
                if let Side::Walk(walk) = &mut self.side {
                    walk.arrived((**arrived).clone());
                }
            }
            (REVIEW, Ok(Answer::Game(GameAnswer::Review { judged, finished }))) => {
                self.judged.clone_from(judged);
                for (at, judged) in judged.iter().enumerate() {
                    self.table.expect(at, judged.value);
                }
                if *finished {
                    self.reviewing = false;
                    if judged.len() > LEAST_REVIEWED {
                        self.reached.push("review_finished");
                    }
                    self.say(panel::blunders(&self.judged, app));
                }
            }
            (key, Ok(Answer::Game(GameAnswer::Text { text, .. }))) if key == WRITE => {
                self.written(text, app);
            }
            (key, Err(failure)) if key.starts_with("board/") => {
                if key == THINK {
                    self.errand = Errand::Nothing;
                }
                if key == READ {
                    app.notify(failure.in_language(app.language));
                }
                self.fail(failure.in_language(app.language));
                if let Side::Walk(_) = self.side {
                    self.side = Side::Thinking;
                }
            }
            (key, _) => return key.starts_with("board/"),
        }
        true
    }

    fn tick(&mut self, lab: &Lab, app: &mut AppContext) -> bool {
        self.tick_at(Instant::now(), lab, app)
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        self.draw_all(area, focused, title, app, buffer);
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }

    fn reached_with(&mut self) -> Vec<(&'static str, String)> {
        self.predicted.drain(..).map(|position| ("prediction_right", position)).collect()
    }
}

#[cfg(test)]
mod tests;
