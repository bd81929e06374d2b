//! Alpha-beta (negamax form): iterative deepening, principal variation search, a transposition table, ordered moves, and quiescence where
//! positions are noisy. The way of Deep Blue, on a small scale.

use super::evaluation::{Evaluate, WON};
use super::{Budget, Candidate, OnProgress, SearchResult, silent};
use crate::reinforcement::games::{Move, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Positions between two looks at the clock.
const LOOK_EVERY: u64 = 1 << 8;
/// Scores beyond this are wins, counted in moves.
const MATE: i32 = WON - 1000;
const DEEPEST: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Moves to look ahead, at most.
    pub depth: u32,
    /// Bytes of the transposition table.
    pub memory: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { depth: DEEPEST as u32, memory: 1 << 26 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Exact,
    Least,
    Most,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u64,
    score: i32,
    best: Move,
    depth: i8,
    bound: Bound,
}

/// A search with its table, which it keeps from one move to the next.
pub struct AlphaBeta {
    settings: Settings,
    table: Vec<Option<Entry>>,
    killers: [[Option<Move>; 2]; DEEPEST + 1],
    history: Vec<u32>,
}

struct Run<'a> {
    own: &'a mut AlphaBeta,
    begun: Instant,
    budget: Budget,
    stop: &'a AtomicBool,
    nodes: u64,
    /// Positions that may be looked at.
    most: u64,
    /// Room for the moves of every ply.
    room: Vec<Vec<Move>>,
}

/// The search was stopped.
struct Stopped;

impl AlphaBeta {
    pub fn new(settings: Settings) -> Self {
        let entries = (settings.memory / size_of::<Option<Entry>>()).max(1024);
        AlphaBeta { settings, table: vec![None; entries], killers: [[None; 2]; DEEPEST + 1], history: vec![0; 1 << 16] }
    }

    /// Searches deeper and deeper until the budget is spent (playouts count positions), the end of the game is seen, or `stop` is set.
    /// The first depth is always finished.
    pub fn search<G: Evaluate>(&mut self, root: &G, budget: Budget, stop: &AtomicBool) -> SearchResult {
        self.search_with_progress(root, budget, stop, &silent)
    }

    /// The same, telling after every depth what it believes.
    pub fn search_with_progress<G: Evaluate>(
        &mut self,
        root: &G,
        budget: Budget,
        stop: &AtomicBool,
        on_progress: OnProgress,
    ) -> SearchResult {
        let begun = Instant::now();
        self.killers = [[None; 2]; DEEPEST + 1];
        self.history.iter_mut().for_each(|count| *count /= 8);
        let most = budget.depth.unwrap_or(u32::MAX).min(self.settings.depth).clamp(1, DEEPEST as u32);
        let room = vec![Vec::new(); 2 * DEEPEST + 2];
        let mut run = Run { own: self, begun, budget, stop, nodes: 0, most: budget.playouts.unwrap_or(u64::MAX), room };
        let mut moves = Vec::new();
        root.legal(&mut moves);
        moves.sort_by_cached_key(|chosen| std::cmp::Reverse(root.promise(*chosen)));
        let mut scores: Vec<(Move, i32)> = moves.into_iter().map(|chosen| (chosen, 0)).collect();
        let mut depth = 0;
        while depth < most && !scores.is_empty() {
            let Ok(found) = run.root(root, &scores, depth as i32 + 1) else { break };
            depth += 1;
            scores = found;
            let best = scores[0].1;
            on_progress(&run.own.result(root, &scores, run.nodes, depth, begun), None);
            // Nothing to choose, or the end is seen.
            if best.abs() >= MATE || run.is_spent() || scores.len() == 1 && budget.time.is_some() && depth >= 4 {
                break;
            }
            if root.plies_left().is_some_and(|left| depth >= left) {
                break;
            }
        }
        let nodes = run.nodes;
        self.result(root, &scores, nodes, depth, begun)
    }

    fn result<G: Evaluate>(
        &self,
        root: &G,
        scores: &[(Move, i32)],
        nodes: u64,
        depth: u32,
        begun: Instant,
    ) -> SearchResult {
        let mover = root.turn();
        let candidates: Vec<Candidate> = scores
            .iter()
            .map(|(chosen, score)| Candidate {
                chosen: *chosen,
                visits: 0,
                value: root.chance(*score),
                proven: (score.abs() >= MATE).then(|| Outcome::Won(if *score > 0 { mover } else { mover.other() })),
            })
            .collect();
        SearchResult {
            line: self.line(root, scores.first().map(|(chosen, _)| *chosen)),
            value: candidates.first().map_or(0.5, |best| best.value),
            proven: candidates.first().and_then(|best| best.proven),
            candidates,
            ends_in: scores
                .first()
                .filter(|(_, score)| score.abs() >= MATE)
                .map(|(_, score)| (WON - score.abs()) as u32),
            simulations: nodes,
            depth,
            nodes,
            full: false,
            took: begun.elapsed(),
        }
    }

    fn place(&self, key: u64) -> usize {
        ((u128::from(key) * self.table.len() as u128) >> 64) as usize
    }

    fn look_up(&self, key: u64) -> Option<Entry> {
        self.table[self.place(key)].filter(|entry| entry.key == key)
    }

    /// The best moves that the table knows, one after another.
    fn line<G: Evaluate>(&self, root: &G, first: Option<Move>) -> Vec<Move> {
        let (mut line, mut game, mut next) = (Vec::new(), root.clone(), first);
        while let Some(chosen) = next.filter(|chosen| line.len() < DEEPEST && game.is_legal(*chosen)) {
            line.push(chosen);
            game.play(chosen);
            next = self.look_up(game.hash()).map(|entry| entry.best);
        }
        line
    }
}

impl Run<'_> {
    /// Asked at every position: positions are counted exactly, the clock and the stop sign are looked at now and then.
    #[inline]
    fn must_end(&self) -> bool {
        self.nodes > self.most || self.nodes.is_multiple_of(LOOK_EVERY) && self.is_spent()
    }

    fn is_spent(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.budget.time.is_some_and(|time| self.begun.elapsed() >= time)
            || self.budget.playouts.is_some_and(|most| self.nodes >= most)
    }

    /// Scores of the moves at the root; of those that are not the best only that they are not better.
    fn root<G: Evaluate>(&mut self, root: &G, moves: &[(Move, i32)], depth: i32) -> Result<Vec<(Move, i32)>, Stopped> {
        let mut low = -WON;
        let mut found = Vec::with_capacity(moves.len());
        for (chosen, _) in moves {
            let mut next = root.clone();
            next.play(*chosen);
            let mut score = if found.is_empty() {
                -self.search(&next, depth - 1, 1, -WON, WON)?
            } else {
                -self.search(&next, depth - 1, 1, -low - 1, -low)?
            };
            if !found.is_empty() && score > low {
                score = -self.search(&next, depth - 1, 1, -WON, -low)?;
            }
            low = low.max(score);
            found.push((*chosen, score));
        }
        found.sort_by_key(|(_, score)| std::cmp::Reverse(*score));
        Ok(found)
    }

    fn search<G: Evaluate>(
        &mut self,
        game: &G,
        depth: i32,
        ply: usize,
        mut low: i32,
        high: i32,
    ) -> Result<i32, Stopped> {
        self.nodes += 1;
        if depth + ply as i32 > 1 && self.must_end() {
            return Err(Stopped);
        }
        if let Some(outcome) = game.outcome() {
            return Ok(game.final_score(outcome, ply as i32));
        }
        let check = game.is_forced();
        let depth = if check && ply < DEEPEST / 2 { depth + 1 } else { depth };
        if depth <= 0 || ply >= DEEPEST {
            return self.quiet(game, ply, low, high);
        }
        let key = game.hash();
        let known = self.own.look_up(key);
        if let Some(entry) = known.filter(|entry| i32::from(entry.depth) >= depth) {
            let score = from_table(entry.score, ply as i32);
            match entry.bound {
                Bound::Exact => return Ok(score),
                Bound::Least if score >= high => return Ok(score),
                Bound::Most if score <= low => return Ok(score),
                _ => {}
            }
        }
        // A side that could pass and still be too good need not look further (null move).
        let narrow = high - low == 1 && high.abs() < MATE;
        if G::SELECTIVE
            && !check
            && depth >= 3
            && narrow
            && game.evaluate() >= high
            && let Some(passed) = game.passed()
        {
            let score = -self.search(&passed, depth - 3 - depth / 4, ply + 1, -high, -high + 1)?;
            if score >= high && score.abs() < MATE {
                return Ok(score);
            }
        }
        let mut moves = std::mem::take(&mut self.room[ply]);
        game.legal(&mut moves);
        self.order(game, &mut moves, known.map(|entry| entry.best), ply);
        let (start, mut best, mut best_move) = (low, -WON, moves[0]);
        let mut stopped = false;
        for (place, chosen) in moves.iter().enumerate() {
            let mut next = game.clone();
            next.play(*chosen);
            // Late quiet moves are looked at less deeply first.
            let late = G::SELECTIVE && place >= 4 && depth >= 3 && !check && !game.is_noisy(*chosen);
            let reduced = if late { 1 + i32::from(place >= 12) } else { 0 };
            let narrow =
                |run: &mut Self, depth: i32, low: i32| Ok(-run.search(&next, depth, ply + 1, -low - 1, -low)?);
            let scored = if place == 0 {
                self.search(&next, depth - 1, ply + 1, -high, -low).map(|score| -score)
            } else {
                let mut scored = narrow(self, depth - 1 - reduced, low);
                if reduced > 0 && scored.as_ref().is_ok_and(|score| *score > low) {
                    scored = narrow(self, depth - 1, low);
                }
                match scored {
                    Ok(score) if score > low && score < high => {
                        self.search(&next, depth - 1, ply + 1, -high, -low).map(|score| -score)
                    }
                    other => other,
                }
            };
            let Ok(score) = scored else {
                stopped = true;
                break;
            };
            if score > best {
                (best, best_move) = (score, *chosen);
            }
            low = low.max(score);
            if low >= high {
                if !game.is_noisy(*chosen) {
                    let killers = &mut self.own.killers[ply];
                    if killers[0] != Some(*chosen) {
                        *killers = [Some(*chosen), killers[0]];
                    }
                    let count = &mut self.own.history[usize::from(chosen.0)];
                    *count = count.saturating_add((depth * depth) as u32);
                }
                break;
            }
        }
        self.room[ply] = moves;
        if stopped {
            return Err(Stopped);
        }
        let bound = if best >= high {
            Bound::Least
        } else if best > start {
            Bound::Exact
        } else {
            Bound::Most
        };
        let place = self.own.place(key);
        let entry = Entry { key, score: to_table(best, ply as i32), best: best_move, depth: depth as i8, bound };
        self.own.table[place] = Some(entry);
        Ok(best)
    }

    /// The move that the table knows, noisy moves by their promise, moves that were best beside this position, then by how often they were
    /// best anywhere.
    fn order<G: Evaluate>(&self, game: &G, moves: &mut [Move], known: Option<Move>, ply: usize) {
        let killers = self.own.killers[ply.min(DEEPEST)];
        moves.sort_by_cached_key(|chosen| {
            let rank = if Some(*chosen) == known {
                i64::MAX
            } else if game.is_noisy(*chosen) {
                (1 << 50) + i64::from(game.promise(*chosen))
            } else if killers.contains(&Some(*chosen)) {
                1 << 49
            } else {
                i64::from(game.promise(*chosen)) * 4 + i64::from(self.own.history[usize::from(chosen.0)])
            };
            std::cmp::Reverse(rank)
        });
    }

    /// Noisy moves to the end, each side free to stop where it stands.
    fn quiet<G: Evaluate>(&mut self, game: &G, ply: usize, mut low: i32, high: i32) -> Result<i32, Stopped> {
        self.nodes += 1;
        if self.must_end() {
            return Err(Stopped);
        }
        let standing = game.evaluate();
        if !G::NOISY || standing >= high || ply >= 2 * DEEPEST {
            return Ok(standing);
        }
        low = low.max(standing);
        let mut moves = std::mem::take(&mut self.room[ply]);
        game.legal(&mut moves);
        moves.retain(|chosen| game.is_noisy(*chosen));
        moves.sort_by_cached_key(|chosen| std::cmp::Reverse(game.promise(*chosen)));
        let (mut best, mut stopped) = (standing, false);
        for chosen in &moves {
            let mut next = game.clone();
            next.play(*chosen);
            let Ok(score) = self.quiet(&next, ply + 1, -high, -low) else {
                stopped = true;
                break;
            };
            best = best.max(-score);
            low = low.max(best);
            if low >= high {
                break;
            }
        }
        self.room[ply] = moves;
        if stopped { Err(Stopped) } else { Ok(best) }
    }
}

/// Wins are counted from the root in a search and from the position in the table.
fn to_table(score: i32, ply: i32) -> i32 {
    if score >= MATE {
        score + ply
    } else if score <= -MATE {
        score - ply
    } else {
        score
    }
}

fn from_table(score: i32, ply: i32) -> i32 {
    if score >= MATE {
        score - ply
    } else if score <= -MATE {
        score + ply
    } else {
        score
    }
}
