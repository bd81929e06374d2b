//! The course of a game: who moves next, who thinks for whom, how it ends.

use super::table::{Offer, Seats, Setup, Table};
use super::{
    BoardTable, C_HIGH, C_LOW, Cursor, Errand, LEAST_REVIEWED, NOW, OFFER, PACE, REVIEW, SHARE_OF_CLOCK, Side, THINK,
    place_of,
};
use crate::experiment::GameQuery;
use crate::experiment::board::{Board, Ending, GaveUp, Judged, Man, Origin, Played, Thinking};
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::instruments::Instrument;
use crate::tui::text;
use std::time::Instant;

/// Hints with which a win over level 3 or 5 is still a person's own.
const MOST_HINTS: u32 = 3;

impl BoardTable {
    pub(super) fn begin(&mut self, setup: Setup, lab: &Lab, app: &mut AppContext) {
        let game = setup.game.clone();
        let handicaps = if self.table.setup.game == game { std::mem::take(&mut self.offer.handicaps) } else { vec![] };
        *self = BoardTable {
            table: Table::new(setup, &handicaps),
            offer: Offer { handicaps, ..std::mem::take(&mut self.offer) },
            reached: std::mem::take(&mut self.reached),
            predicted: std::mem::take(&mut self.predicted),
            ..BoardTable::default()
        };
        app.questions.call_off(THINK);
        app.questions.call_off(REVIEW);
        app.ask(lab, OFFER, GameQuery::Opponents { game });
        self.look(lab, app);
    }

    /// Goes on with a game that was left.
    pub(super) fn resume(&mut self, table: Table, lab: &Lab, app: &mut AppContext) {
        // A game that two machines play waits for somebody to watch.
        self.paused = table.setup.seats == Seats::Agents;
        let game = table.setup.game.clone();
        self.table = table;
        app.ask(lab, OFFER, GameQuery::Opponents { game });
        self.look(lab, app);
    }

    /// Keeps the game for the next visit.
    fn keep(&self, lab: &Lab, app: &mut AppContext) {
        let kept = serde_json::to_string(&self.table.kept()).expect("plain data");
        if let Err(error) = app.progress.set_setting(&place_of(lab), &kept) {
            app.notify(error);
        }
    }

    /// Asks for the board at the place looked at.
    pub(super) fn look(&mut self, lab: &Lab, app: &mut AppContext) {
        app.ask(lab, NOW, GameQuery::Board { played: self.table.now(), typed: None });
    }

    pub(super) fn call_off(&mut self, app: &mut AppContext) {
        app.questions.call_off(THINK);
        self.errand = Errand::Nothing;
        self.due = None;
    }

    pub(super) fn think(&mut self, errand: Errand, lab: &Lab, app: &mut AppContext) {
        let setup = &self.table.setup;
        let agent = match errand {
            Errand::Prediction(_) => "mcts:1s".to_owned(),
            Errand::Hint => self.offer.adviser(&setup.kind),
            _ => match self.offer.opponent(setup) {
                Some(opponent) => opponent.agent.clone(),
                None => return,
            },
        };
        if self.reviewing {
            app.questions.call_off(REVIEW);
            // Of a part nobody knows the worst move.
            (self.reviewing, self.judged) = (false, Vec::new());
        }
        let left = self.table.clock.as_ref().map(|clock| clock.left(self.turn(), Instant::now()).as_secs_f64());
        let query = GameQuery::Think {
            played: self.table.now(),
            agent,
            exploration: self.exploration,
            seed: setup.seed,
            at_most_seconds: left.filter(|_| errand == Errand::Move).map(|left| left * SHARE_OF_CLOCK),
            without_end: errand == Errand::Ponder,
        };
        self.errand = errand;
        app.ask(lab, THINK, query);
    }

    /// What follows once the board is known: the machine moves, or thinks along, or the game is over.
    pub(super) fn go_on(&mut self, lab: &Lab, app: &mut AppContext) {
        let now = Instant::now();
        if let Some(ending) = self.ending() {
            if let Some(clock) = &mut self.table.clock {
                clock.run(None, now);
            }
            return self.finish(ending, app);
        }
        let turn = self.turn();
        if let Some(clock) = &mut self.table.clock {
            clock.run((!self.paused).then_some(turn), now);
        }
        let seats = self.table.setup.seats;
        if !self.table.is_at_end() || self.paused || self.errand != Errand::Nothing {
            return;
        }
        if !seats.is_person(turn) {
            self.think(Errand::Move, lab, app);
        } else if matches!(seats, Seats::Person(_))
            && self.offer.opponent(&self.table.setup).is_some_and(|opponent| opponent.ponders)
        {
            self.think(Errand::Ponder, lab, app);
        }
    }

    /// Whether the game looked at ended by a person's giving up, which can be taken back.
    pub(super) fn has_resigned(&self) -> bool {
        self.table.is_at_end() && matches!(self.table.gave_up, Some(GaveUp::Resigned(_)))
    }

    /// What can be done once a game is over.
    pub(super) fn what_next(&self, app: &AppContext) -> String {
        let sides = self.board.as_ref().map_or(&[][..], |board| &board.sides);
        let can_undo = self.has_resigned() || self.table.undo(sides, self.turn()).is_some();
        let undo = can_undo.then_some(text::BOARD_NEXT_UNDO);
        let ways = [Some(text::BOARD_NEXT_NEW), Some(text::BOARD_NEXT_ANALYSE), undo];
        ways.into_iter().flatten().map(|way| app.say(way)).collect::<Vec<_>>().join("   ")
    }

    pub(super) fn finish(&mut self, ending: Ending, app: &AppContext) {
        let words = match (ending, self.table.setup.seats) {
            (Ending::Drawn, _) => text::BOARD_DRAWN,
            (Ending::Won(side), Seats::Person(own)) if side == own => text::BOARD_YOU_WIN,
            (Ending::Won(_), Seats::Person(_)) => text::BOARD_IT_WINS,
            (Ending::Won(0), _) => text::BOARD_FIRST_WINS,
            (Ending::Won(_), _) => text::BOARD_SECOND_WINS,
        };
        let how = match self.table.gave_up {
            Some(GaveUp::Resigned(_)) => app.say(text::BOARD_BY_RESIGNING),
            Some(GaveUp::OutOfTime(_)) => app.say(text::BOARD_BY_TIME),
            None => "",
        };
        let Table { setup, helped, hints, .. } = &self.table;
        let is_won = matches!((ending, setup.seats), (Ending::Won(side), Seats::Person(own)) if side == own);
        let but = if is_won && *helped { app.say(text::BOARD_NOT_YOUR_OWN) } else { "" };
        let said = format!("{}{how}{but}\n{}", app.say(words), self.what_next(app));
        if is_won && !helped {
            self.reached.push("game_won");
            for (level, state) in [(1, "level_1_beaten"), (3, "level_3_beaten"), (5, "level_5_beaten")] {
                if setup.level >= level && (level == 1 || *hints <= MOST_HINTS) {
                    self.reached.push(state);
                }
            }
            if setup.kind == "net" {
                self.reached.push("network_beaten");
            }
        }
        self.say(said);
    }

    /// Makes a move, of a person or the machine.
    pub(super) fn play(&mut self, number: u16, lab: &Lab, app: &mut AppContext) {
        self.call_off(app);
        // Seen at once; the board that comes back is the one that counts.
        if let Some(board) = &mut self.board
            && let Some(choice) = board.choice(number).cloned()
            && let Some(to) = choice.to
        {
            let man = match choice.from {
                Origin::Cell(from) => board.cells[from].take(),
                _ => Some(Man { side: board.turn, letter: String::new(), glyph: String::new() }),
            };
            if !board.moves_pieces() || matches!(choice.from, Origin::Cell(_)) {
                board.cells[to] = man;
            }
            board.last = vec![to];
            board.choices.clear();
        }
        (self.picked, self.becoming) = (None, None);
        self.table.play(number);
        self.judged.truncate(self.table.at);
        self.said = (String::new(), false);
        self.look(lab, app);
    }

    pub(super) fn go(&mut self, at: usize, lab: &Lab, app: &mut AppContext) {
        self.call_off(app);
        self.table.go(at);
        (self.picked, self.becoming) = (None, None);
        self.said = (String::new(), false);
        if self.is_at_the_worst_move() {
            self.reached.push("blunder_seen");
        }
        self.look(lab, app);
    }

    /// Whether an analysis of at least four moves is done, and the board stands before or after the move that lost its side most; where
    /// none lost anything, anywhere.
    fn is_at_the_worst_move(&self) -> bool {
        if self.reviewing || self.judged.len() <= LEAST_REVIEWED {
            return false;
        }
        let loss = |judged: &Judged| judged.better.as_ref().map_or(0.0, |(_, loss)| *loss);
        let most = self.judged.iter().map(loss).fold(0.0, f32::max);
        let is_worst = |at: usize| self.judged.get(at).is_some_and(|judged| loss(judged) >= most);
        is_worst(self.table.at) || self.table.at.checked_sub(1).is_some_and(is_worst)
    }

    /// A search has come to its end.
    pub(super) fn result(&mut self, errand: Errand, thinking: &Thinking, lab: &Lab, app: &mut AppContext) {
        let Some(best) = thinking.considered.first().and_then(|best| best.line.first()).cloned() else { return };
        match errand {
            Errand::Move => {
                if self.table.setup.seats == Seats::Agents {
                    self.due = Some((best.number, Instant::now() + PACE));
                } else {
                    self.play(best.number, lab, app);
                }
            }
            Errand::Prediction(predicted) => {
                let most = thinking.considered.iter().max_by_key(|considered| considered.visits);
                let most = most.and_then(|most| most.line.first()).cloned().unwrap_or(best);
                if most.number == predicted {
                    // What was shown before is no prediction.
                    if !self.is_revealed() {
                        self.predicted.extend(self.board.as_ref().map(|board| board.diagram.clone()));
                    }
                    self.say(format!("{} {}", app.say(text::BOARD_PREDICTED), most.name));
                } else {
                    self.say(format!("{} {}", app.say(text::BOARD_NOT_PREDICTED), most.name));
                }
                self.reveal();
            }
            Errand::Hint => {
                self.reached.push("hint_seen");
                let c = self.exploration();
                let now = self.table.now();
                if self.compared.0 != now {
                    self.compared = (now, [false; 2]);
                }
                self.compared.1[0] |= thinking.has_tree && c <= C_LOW;
                self.compared.1[1] |= thinking.has_tree && c >= C_HIGH;
                if self.compared.1 == [true; 2] {
                    self.reached.push("c_compared");
                }
            }
            Errand::Ponder | Errand::Nothing => {}
        }
    }

    /// The position looked at is one of which a person was shown what the search finds.
    pub(super) fn reveal(&mut self) {
        if !self.is_revealed() {
            self.revealed.push(self.table.now());
        }
    }

    fn is_revealed(&self) -> bool {
        self.revealed.contains(&self.table.now())
    }

    /// A board has come back; one of a file is held, whoever is to move.
    pub(super) fn arrived(&mut self, played: &Played, board: Board, held: bool, lab: &Lab, app: &mut AppContext) {
        self.paused |= held;
        let now = self.table.now();
        if *played != now {
            if played.start == now.start && played.game == now.game && played.moves.len() == now.moves.len() + 1 {
                // A move that was typed.
                self.table.play(*played.moves.last().expect("one more"));
            } else {
                // Another game: a position that was typed, or a file.
                let setup = Setup { game: played.game.clone(), handicap: 0, clock: 0, ..self.table.setup.clone() };
                let other = setup.game != self.table.setup.game;
                self.table = Table { helped: true, played: played.clone(), ..Table::new(setup, &[]) };
                self.table.at = played.moves.len();
                (self.judged, self.thinking) = (Vec::new(), None);
                self.reached.push("position_set");
                self.paused = held;
                if other {
                    app.ask(lab, OFFER, GameQuery::Opponents { game: played.game.clone() });
                }
            }
            self.said = (String::new(), false);
            if let Side::Edit(_) = self.side {
                self.side = Side::Thinking;
            }
        }
        let cells = board.cells.len();
        let middle = board.rows / 2 * board.columns + board.columns / 2;
        let fresh = self.board.as_ref().is_none_or(|old| old.game != board.game);
        self.cursor = match self.cursor {
            _ if fresh => Cursor::Cell(middle),
            Cursor::Cell(cell) if cell < cells => Cursor::Cell(cell),
            Cursor::Hand(place) if !board.hands[board.turn].is_empty() => {
                Cursor::Hand(place.min(board.hands[board.turn].len() - 1))
            }
            _ => Cursor::Cell(middle),
        };
        let notes: Vec<String> = board.notes.iter().map(|note| note.in_language(app.language).to_owned()).collect();
        self.board = Some(board);
        self.keep(lab, app);
        self.walk_on(lab, app);
        self.go_on(lab, app);
        if !notes.is_empty() {
            // Whole, however narrow the place beside the board is.
            app.notify(notes.join(" · "));
            let before = if self.said.0.is_empty() { Vec::new() } else { vec![self.said.0.clone()] };
            self.say([before, notes].concat().join(" · "));
        }
    }

    pub(super) fn tick_at(&mut self, now: Instant, lab: &Lab, app: &mut AppContext) -> bool {
        if let Some((number, at)) = self.due
            && now >= at
            && !self.paused
        {
            self.play(number, lab, app);
        }
        let fallen = self.table.clock.as_ref().and_then(|clock| clock.fallen(now));
        if let Some(side) = fallen.filter(|_| self.table.gave_up.is_none() && self.ending().is_none()) {
            self.call_off(app);
            self.table.gave_up = Some(GaveUp::OutOfTime(side));
            self.go_on(lab, app);
        }
        self.due.is_some() || self.errand != Errand::Nothing || self.reviewing || self.keeps_time()
    }
}
