//! Go as a [`Game`].

use super::{CELLS, FILTER, FREE, Go, KEYS, Rules, SIGNS};
use crate::reinforcement::games::grid;
use crate::reinforcement::games::{Game, HouseRule, Move, MoveError, Outcome, PlayoutRng, Side, Style};

impl Game for Go {
    fn id(&self) -> &'static str {
        if self.size == 9 { "go-9" } else { "go-13" }
    }

    #[inline]
    fn turn(&self) -> Side {
        if self.second { Side::Second } else { Side::First }
    }

    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if self.passes >= 2 {
            return;
        }
        for point in 0..self.size() * self.size() {
            let cell = self.cell(point);
            if self.cells[cell] == FREE && self.may_play(cell) {
                moves.push(Move(point as u16));
            }
        }
        moves.push(self.pass());
    }

    fn is_legal(&self, chosen: Move) -> bool {
        if self.passes >= 2 || chosen > self.pass() {
            return false;
        }
        let place = || self.cell(usize::from(chosen.0));
        chosen == self.pass() || self.cells[place()] == FREE && self.may_play(place())
    }

    fn play(&mut self, chosen: Move) {
        let cell = (chosen != self.pass()).then(|| self.cell(usize::from(chosen.0)));
        self.step(cell);
    }

    fn outcome(&self) -> Option<Outcome> {
        (self.passes >= 2).then(|| self.outcome_as_it_stands())
    }

    fn hash(&self) -> u64 {
        self.stones_hash
            ^ if self.second { KEYS[2 * CELLS] } else { 0 }
            ^ if self.passes == 1 { KEYS[2 * CELLS + 1] } else { 0 }
    }

    fn name(&self, of: Move) -> String {
        if of == self.pass() { "pass".to_owned() } else { self.names().write(usize::from(of.0)) }
    }

    fn read(&self, text: &str) -> Result<Move, MoveError> {
        let chosen =
            if text.eq_ignore_ascii_case("pass") { self.pass() } else { Move(self.names().read(text)? as u16) };
        if self.passes >= 2 {
            return Err(MoveError::ended());
        }
        if chosen == self.pass() {
            return Ok(chosen);
        }
        let cell = self.cell(usize::from(chosen.0));
        if self.cells[cell] != FREE {
            return Err(MoveError::new(format!("{text} is taken"), format!("{text} にはすでに石があります")));
        }
        if self.may_play(cell) {
            return Ok(chosen);
        }
        let (breathes, _, taken) = self.effect(cell);
        Err(if taken > 0 {
            MoveError::new(
                format!("{text} would bring back an earlier position (superko)"),
                format!("{text} に打つと以前の盤面に戻ります(スーパーコウ)。ここでは打てない手です"),
            )
        } else if breathes {
            MoveError::new(
                format!("{text} takes back a ko at once"),
                format!("{text} はコウです。すぐには取り返せません"),
            )
        } else {
            MoveError::new(format!("{text} would be suicide"), format!("{text} は自殺手なので打てません"))
        })
    }

    fn diagram(&self) -> String {
        let mut text = grid::write((self.size(), self.size()), SIGNS, self.turn(), |point| self.stone(point));
        // Komi follows where it is not the usual one.
        if self.rules.komi != Rules::default().komi {
            text += &format!(" {}", self.rules.komi);
        }
        text
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        self.set_up(text)
    }

    fn reopened(&self) -> Option<Self> {
        (self.passes >= 2).then(|| Go { passes: 0, ..self.clone() })
    }

    fn ended_by(&self) -> Option<HouseRule> {
        (self.passes >= 2).then_some(HouseRule::TwoPasses)
    }

    fn read_as_played(&self, text: &str) -> Result<Move, MoveError> {
        self.read(text).or_else(|why| {
            if text.eq_ignore_ascii_case("pass") {
                return Ok(self.pass());
            }
            let chosen = Move(self.names().read(text)? as u16);
            // Why it may not be played is of the position that goes on.
            let open = self.reopened();
            let open = open.as_ref().unwrap_or(self);
            if open.after_as_played(chosen).is_some() { Ok(chosen) } else { open.read(text).and(Err(why)) }
        })
    }

    /// Superko and suicide are the rules of some; a ko is taken back at once by those of nobody.
    fn after_as_played(&self, chosen: Move) -> Option<(Self, Option<HouseRule>)> {
        if self.is_legal(chosen) {
            let mut next = self.clone();
            next.play(chosen);
            return Some((next, None));
        }
        let ended = self.ended_by();
        let mut next = self.reopened().unwrap_or_else(|| self.clone());
        if chosen == self.pass() {
            next.play(chosen);
            return Some((next, ended));
        }
        let cell = (chosen < self.pass()).then(|| self.cell(usize::from(chosen.0)))?;
        if self.cells[cell] != FREE || cell == usize::from(self.ko) {
            return None;
        }
        let rule = match next.is_legal(chosen) {
            true => ended,
            false if next.is_suicide(chosen) => Some(HouseRule::Suicide),
            false => Some(HouseRule::Superko),
        };
        next.step(Some(cell));
        Some((next, rule))
    }

    fn expectation(&self, chosen: Move) -> (u32, f32) {
        self.at_a_glance(chosen)
    }

    fn symmetries(&self) -> usize {
        8
    }

    /// The board alone: what was before is not turned with it.
    fn image(&self, symmetry: usize) -> Self {
        if symmetry == 0 {
            return self.clone();
        }
        let mut position = Go::new(self.size(), self.rules);
        for point in 0..self.size() * self.size() {
            if let Some(side) = self.stone(point) {
                position.second = side == Side::Second;
                let cell = position.cell(grid::image(point, self.size(), symmetry));
                position.put::<false>(cell);
            }
        }
        let image = |cell: u8| position.cell(grid::image(self.point(usize::from(cell)), self.size(), symmetry)) as u8;
        let ko = if self.ko == 0 { 0 } else { image(self.ko) };
        let (passes, captured) = (self.passes, self.captured);
        let mut position = Go {
            second: self.second,
            passes,
            ko,
            captured,
            former: vec![position.stones_hash],
            filter: [0; FILTER],
            ..position
        };
        position.filter_add(position.stones_hash);
        position
    }

    fn image_of(&self, chosen: Move, symmetry: usize) -> Move {
        if chosen == self.pass() {
            chosen
        } else {
            Move(grid::image(usize::from(chosen.0), self.size(), symmetry) as u16)
        }
    }

    fn playout(
        &mut self,
        style: Style,
        random: &mut PlayoutRng,
        _: &mut Vec<Move>,
        trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        self.play_out(style, random, trace)
    }
}
