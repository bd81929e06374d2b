//! What keys mean on the board.

use super::edit::EditView;
use super::names::hand_origin;
use super::table::Seats;
use super::tree::TreeView;
use super::{BRANCHES, BoardTable, C_STEP, Cursor, Errand, Form, REVIEW, REVIEW_SECONDS, Side, Wanted};
use crate::experiment::GameQuery;
use crate::experiment::board::{Board, Choice, GaveUp, Origin};
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;

impl BoardTable {
    /// A place was chosen with the cursor or the mouse.
    pub(super) fn choose(&mut self, lab: &Lab, app: &mut AppContext) {
        let Some(board) = &self.board else { return };
        if self.ending().is_some() && self.table.is_at_end() {
            return self.say(self.what_next(app));
        }
        if !self.is_persons_turn() && !self.paused {
            return self.say(app.say(text::BOARD_NOT_YOUR_TURN));
        }
        let cell = match self.cursor {
            Cursor::Hand(place) => {
                let piece = board.hands[board.turn].get(place).map(|(man, _)| man.letter.clone());
                let from = piece.and_then(|letter| hand_origin(board, &letter));
                self.picked = from.filter(|from| self.picked != Some(*from));
                return;
            }
            Cursor::Cell(cell) => cell,
        };
        let to_here = |choice: &&Choice| match choice.to {
            Some(to) if board.by_column => to % board.columns == cell % board.columns,
            to => to == Some(cell),
        };
        let moves_pieces = board.moves_pieces();
        let origin = if moves_pieces { self.picked } else { Some(Origin::Nowhere) };
        let found: Vec<Choice> =
            origin.map_or_else(Vec::new, |origin| board.from(origin).filter(to_here).cloned().collect());
        match found.as_slice() {
            [] if moves_pieces && board.from(Origin::Cell(cell)).next().is_some() => {
                let again = self.picked == Some(Origin::Cell(cell));
                self.picked = (!again).then_some(Origin::Cell(cell));
            }
            [] => {
                self.picked = None;
                self.fail(app.say(text::BOARD_NOT_LEGAL));
            }
            [only] => self.play(only.number, lab, app),
            several => self.becoming = Some((several.to_vec(), 0)),
        }
    }

    pub(super) fn move_cursor(&mut self, action: Action) {
        let Some(board) = &self.board else { return };
        let hand = board.hands[board.turn].len();
        let (columns, rows) = (board.columns, board.rows);
        self.cursor = match self.cursor {
            Cursor::Hand(place) => match action {
                Action::Left => Cursor::Hand(place.saturating_sub(1)),
                Action::Right => Cursor::Hand((place + 1).min(hand.saturating_sub(1))),
                // The hand of the first side lies below the board, that of the other above.
                Action::Up if board.turn == 0 => Cursor::Cell((rows - 1) * columns + (2 * place).min(columns - 1)),
                Action::Down if board.turn == 1 => Cursor::Cell((2 * place).min(columns - 1)),
                _ => Cursor::Hand(place),
            },
            Cursor::Cell(cell) => {
                let (column, row) = (cell % columns, cell / columns);
                let to_hand = hand > 0
                    && (row + 1 == rows && board.turn == 0 && action == Action::Down
                        || row == 0 && board.turn == 1 && action == Action::Up);
                if to_hand {
                    Cursor::Hand((column / 2).min(hand - 1))
                } else {
                    let (column, row) = match action {
                        Action::Left => (column.saturating_sub(1), row),
                        Action::Right => ((column + 1).min(columns - 1), row),
                        Action::Up => (column, row.saturating_sub(1)),
                        _ => (column, (row + 1).min(rows - 1)),
                    };
                    Cursor::Cell(row * columns + column)
                }
            }
        };
    }

    /// Asks for the simulation that is looked at, if one is.
    pub(super) fn walk_on(&self, lab: &Lab, app: &mut AppContext) {
        if let Side::Walk(walk) = &self.side {
            walk.ask(self.table.now(), self.exploration(), lab, app);
        }
    }

    pub(super) fn change_exploration(&mut self, up: bool, lab: &Lab, app: &mut AppContext) {
        let now = self.exploration();
        let next = if up { (now * C_STEP).max(0.01) } else { now / C_STEP };
        self.exploration = Some(if next < 0.01 { 0.0 } else { next.min(20.0) });
        match self.errand {
            Errand::Nothing => {}
            errand => self.think(errand, lab, app),
        }
        self.walk_on(lab, app);
    }

    /// A person predicts which move will be visited most.
    pub(super) fn predict(&mut self, lab: &Lab, app: &mut AppContext) {
        let Some(board) = &self.board else { return };
        let at = |to: usize| if board.by_column { to % board.columns } else { to };
        let found = match self.cursor {
            Cursor::Cell(cell) => board.choices.iter().find(|choice| {
                choice.to.is_some_and(|to| at(to) == at(cell)) && self.picked.is_none_or(|from| from == choice.from)
            }),
            Cursor::Hand(_) => None,
        };
        let Some(number) = found.map(|choice| choice.number) else {
            return self.fail(app.say(text::BOARD_PREDICT_HOW));
        };
        self.call_off(app);
        self.thinking = None;
        self.think(Errand::Prediction(number), lab, app);
    }

    /// Whether the person was asked if the game is to be given up, and has done nothing since.
    fn is_asked_to_resign(&self, app: &AppContext) -> bool {
        self.said.0 == app.say(text::BOARD_RESIGN_AGAIN)
    }

    /// Any action but the second `R` cancels the question.
    pub(super) fn cancel_resignation(&mut self, app: &AppContext) {
        if self.is_asked_to_resign(app) {
            self.say("");
        }
    }

    /// What an action means on the board itself.
    pub(super) fn act_on_board(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        match action {
            Action::Up | Action::Down | Action::Left | Action::Right => self.move_cursor(action),
            Action::Confirm => self.choose(lab, app),
            Action::Back if self.picked.is_some() => self.picked = None,
            Action::Back if matches!(self.errand, Errand::Hint | Errand::Prediction(_)) => self.call_off(app),
            Action::Pass => match self.board.as_ref().and_then(Board::pass).map(|pass| pass.number) {
                Some(number) if self.is_persons_turn() => self.play(number, lab, app),
                _ => self.fail(app.say(text::BOARD_NO_PASS)),
            },
            Action::Pause => {
                if self.is_persons_turn() && self.table.is_at_end() && !self.paused && self.ending().is_none() {
                    // The machine moves in the person's place.
                    self.table.helped = true;
                    self.call_off(app);
                    self.think(Errand::Move, lab, app);
                } else {
                    self.paused = !self.paused;
                    if self.paused {
                        self.call_off(app);
                    } else {
                        // On from here.
                        let at = self.table.at;
                        self.table.played.moves.truncate(at);
                    }
                    self.go_on(lab, app);
                }
            }
            Action::Undo if self.has_resigned() => {
                self.table.gave_up = None;
                self.say("");
                self.look(lab, app);
            }
            Action::Undo | Action::Redo => {
                let sides = self.board.as_ref().map_or_else(Vec::new, |board| board.sides.clone());
                let to = if action == Action::Undo {
                    self.table.undo(&sides, self.turn())
                } else {
                    let last = self.table.played.moves.len();
                    let step = if matches!(self.table.setup.seats, Seats::Person(_)) { 2 } else { 1 };
                    (self.table.at < last).then(|| (self.table.at + step).min(last))
                };
                match to {
                    Some(at) => self.go(at, lab, app),
                    None => self.say(app.say(text::BOARD_NO_FURTHER)),
                }
            }
            Action::MoveBefore => self.go(self.table.at.saturating_sub(1), lab, app),
            Action::MoveAfter => self.go(self.table.at + 1, lab, app),
            Action::Home => self.go(0, lab, app),
            Action::End => self.go(self.table.played.moves.len(), lab, app),
            Action::Hint => {
                self.table.hints += 1;
                self.call_off(app);
                self.think(Errand::Hint, lab, app);
            }
            Action::Predict => self.predict(lab, app),
            Action::SlideUp | Action::SlideDown => self.change_exploration(action == Action::SlideUp, lab, app),
            Action::SingleStep => {
                self.call_off(app);
                self.side = Side::Walk(Box::default());
                self.walk_on(lab, app);
            }
            Action::Tree => {
                self.reveal();
                self.side = Side::Tree(TreeView::default());
                app.ask(lab, BRANCHES, GameQuery::Branches { path: Vec::new() });
            }
            Action::Analyse => {
                self.call_off(app);
                (self.reviewing, self.judged) = (true, Vec::new());
                let played = self.table.played.clone();
                app.ask(lab, REVIEW, GameQuery::Review { played, seconds_a_move: REVIEW_SECONDS });
            }
            Action::NewGame => self.side = Side::Form(Form::new(self.table.setup.clone())),
            Action::SwapSides => {
                self.call_off(app);
                self.table.helped = true;
                self.table.setup.seats = self.table.setup.seats.swapped();
                self.go_on(lab, app);
            }
            Action::Resign => {
                // A game that is over is not given up, whichever of its positions is looked at.
                let is_on = self.table.is_at_end() && self.table.gave_up.is_none() && self.ending().is_none();
                if let (Seats::Person(own), true) = (self.table.setup.seats, is_on) {
                    if !self.is_asked_to_resign(app) {
                        self.say(app.say(text::BOARD_RESIGN_AGAIN));
                        return true;
                    }
                    self.call_off(app);
                    self.table.gave_up = Some(GaveUp::Resigned(own));
                    self.say("");
                    self.look(lab, app);
                }
            }
            Action::TypeMove => self.ask_line(Wanted::Move, app),
            Action::EditPosition => {
                if let Some(board) = self.board.clone() {
                    self.call_off(app);
                    self.side = Side::Edit(Box::new(EditView::new(board)));
                }
            }
            Action::SaveGame => self.ask_line(Wanted::SaveTo, app),
            Action::OpenGame => self.ask_line(Wanted::OpenFrom, app),
            _ => return false,
        }
        true
    }
}
