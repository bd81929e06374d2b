//! Find the winning move: positions in which one move wins and every other does not.

use super::super::Instrument;
use super::draw;
use super::names::{letters, sign};
use crate::experiment::board::{Board, Choice};
use crate::experiment::{Answer, GameAnswer, GameQuery};
use crate::lab::Lab;
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::board::{self as widget, Drawn, Marks};
use crate::tui::widgets::frame::{frame, write, write_middle};
use crate::width::wrapped;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

const DEAL: &str = "puzzle/deal";

pub struct Puzzle {
    seed: u64,
    board: Option<Board>,
    solution: u16,
    moves: usize,
    /// The column of the cursor.
    column: usize,
    /// What was tried and whether it was right.
    tried: Option<(u16, bool)>,
    solved: u32,
    failure: Option<String>,
    drawn: Drawn,
    /// Where the board is drawn.
    place: Rect,
    reached: Vec<&'static str>,
}

impl Default for Puzzle {
    fn default() -> Self {
        Puzzle {
            seed: 1,
            board: None,
            solution: 0,
            moves: 0,
            column: 3,
            tried: None,
            solved: 0,
            failure: None,
            drawn: Drawn::default(),
            place: Rect::default(),
            reached: Vec::new(),
        }
    }
}

impl Puzzle {
    fn deal(&mut self, lab: &Lab, app: &mut AppContext) {
        (self.tried, self.failure) = (None, None);
        app.ask(lab, DEAL, GameQuery::Puzzle { seed: self.seed });
    }

    /// Puts the cursor on a column that is not the answer: Enter alone must not solve it.
    fn start_beside_the_answer(&mut self) {
        let Some(board) = &self.board else { return };
        let column = |choice: &Choice| choice.to.map(|to| to % board.columns);
        let solution = board.choices.iter().find(|choice| choice.number == self.solution).and_then(column);
        let others = board.choices.iter().filter_map(column).filter(|column| Some(*column) != solution);
        let middle = board.columns / 2;
        self.column = others.min_by_key(|column| column.abs_diff(middle)).unwrap_or(middle);
    }

    fn is_solved(&self) -> bool {
        self.tried.is_some_and(|(_, right)| right)
    }

    fn answer(&mut self) {
        let Some(board) = &self.board else { return };
        let found = board.choices.iter().find(|choice| choice.to.is_some_and(|to| to % board.columns == self.column));
        let Some(number) = found.map(|choice| choice.number).filter(|_| !self.is_solved()) else { return };
        let right = number == self.solution;
        let is_first = self.tried.is_none();
        self.tried = Some((number, right));
        // Trying column after column finds it too.
        if right && is_first {
            self.solved += 1;
            self.reached.push("puzzle_solved");
        }
    }
}

impl Instrument for Puzzle {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::BoardPuzzle]
    }

    fn fills(&self) -> bool {
        true
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        if self.board.is_none() {
            self.deal(lab, app);
        }
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        let last = self.board.as_ref().map_or(0, |board| board.columns - 1);
        match action {
            Action::Left => self.column = self.column.saturating_sub(1),
            Action::Right => self.column = (self.column + 1).min(last),
            Action::Confirm if self.is_solved() => {
                self.seed += 1;
                self.deal(lab, app);
            }
            Action::Confirm => self.answer(),
            Action::RandomCode => {
                self.seed += 1;
                self.deal(lab, app);
            }
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, _lab: &Lab, _app: &mut AppContext) {
        let Some((cell, board)) = self.drawn.cell(event.column, event.row).zip(self.board.as_ref()) else { return };
        match event.kind {
            MouseEventKind::Moved => self.column = cell % board.columns,
            MouseEventKind::Down(MouseButton::Left) => {
                self.column = cell % board.columns;
                self.answer();
            }
            _ => {}
        }
    }

    fn answered(&mut self, (key, answer): &Reply, _lab: &Lab, app: &mut AppContext) -> bool {
        if key != DEAL {
            return false;
        }
        match answer {
            Ok(Answer::Game(GameAnswer::Puzzle { board, solution, moves, .. })) => {
                self.board = Some((**board).clone());
                (self.solution, self.moves) = (*solution, *moves);
                self.start_beside_the_answer();
            }
            Ok(_) => {}
            Err(failure) => self.failure = Some(failure.in_language(app.language).to_owned()),
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        let number = format!("{} {}", app.say(text::PUZZLE_NUMBER), self.seed);
        let inner = frame(area, title, &number, focused, &app.theme, buffer);
        let Some(board) = &self.board else {
            let words = self.failure.as_deref().unwrap_or(app.say(text::PUZZLE_DEALING));
            write_middle(buffer, inner, words, app.theme.quiet());
            return;
        };
        let room = Rect { width: inner.width.saturating_sub(30), ..inner };
        let (columns, _) = widget::extent(board, room);
        let [left, right] = Layout::horizontal([Constraint::Length(columns + 2), Constraint::Fill(1)]).areas(inner);
        let tried = self.tried.and_then(|(number, _)| board.choice(number)?.to);
        let marks = Marks {
            cursor: Some(draw::landing(board, self.column)),
            ghosts: tried.map(|to| (to, board.turn, "1".to_owned())).into_iter().collect(),
            ..Marks::default()
        };
        self.place = left;
        self.drawn = widget::draw(board, &marks, letters(board, app.language), left, &app.theme, buffer);
        let mover = sign(&board.game, board.turn);
        let asked = format!("{mover} {} {}", app.say(text::PUZZLE_ASKED), self.moves);
        let (said, style) = match self.tried {
            None => (text::PUZZLE_HOW, app.theme.quiet()),
            Some((_, true)) => (text::PUZZLE_RIGHT, app.theme.accented()),
            Some((_, false)) => (text::PUZZLE_WRONG, app.theme.body().fg(app.theme.bad)),
        };
        let mut row = 1;
        for (words, style) in [(asked.as_str(), app.theme.strong()), (app.say(said), style)] {
            for line in wrapped(words, usize::from(right.width.saturating_sub(2))) {
                write(buffer, right, 1, row, &line, style);
                row += 1;
            }
            row += 1;
        }
        write(buffer, right, 1, row, &format!("{} {}", app.say(text::PUZZLE_SOLVED), self.solved), app.theme.quiet());
    }

    fn in_letters(&self) -> Option<(String, Rect)> {
        let board = self.board.as_ref()?;
        let cursor = " ".repeat(self.column);
        Some((format!("{}\n{cursor}^", board.diagram.replace('/', "\n")), self.place))
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}
