//! The tree of a search, in an arena that several threads grow at once.
//!
//! Nodes are atomics read and written in no particular order: a thread may see a count that is a visit old, never a torn one. Blocks of
//! memory are made when they are needed, up to a bound; when they are full the search goes on without new nodes.

use crate::reinforcement::games::{Move, Outcome, Side};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, Ordering};

/// Nodes of a block. Children of one node lie in one block.
const BLOCK: u32 = 1 << 14;
/// Nodes that one of several threads takes at once, at most: a whole part of a block.
const LOT: u32 = 1 << 11;
/// In the place of the first child: some thread is making them.
const CLAIMED: u32 = u32::MAX;

/// What is known of a position and the move that leads to it.
#[derive(Debug, Default)]
pub struct Node {
    /// N: how often the search went through it. Raised on the way down, so that threads keep out of each other's way
    /// (virtual loss).
    visits: AtomicU32,
    /// W: half points of the side that moved here.
    points: AtomicU32,
    /// The same over all simulations in which that side made this move later (AMAF).
    amaf_visits: AtomicU32,
    amaf_points: AtomicU32,
    /// The first child, [`CLAIMED`], or 0.
    first: AtomicU32,
    children: AtomicU16,
    chosen: AtomicU16,
    /// 0, or how the game ends from here, proven.
    proven: AtomicU8,
}

impl Node {
    #[inline]
    pub fn visits(&self) -> u32 {
        self.visits.load(Relaxed)
    }

    #[inline]
    pub fn points(&self) -> u32 {
        self.points.load(Relaxed)
    }

    pub fn amaf(&self) -> (u32, u32) {
        (self.amaf_visits.load(Relaxed), self.amaf_points.load(Relaxed))
    }

    pub fn chosen(&self) -> Move {
        Move(self.chosen.load(Relaxed))
    }

    /// W / N, counted in wins; ½ before the first visit.
    pub fn value(&self) -> f32 {
        match self.visits() {
            0 => 0.5,
            visits => self.points() as f32 / (2 * visits) as f32,
        }
    }

    #[inline]
    pub fn proven(&self) -> Option<Outcome> {
        match self.proven.load(Relaxed) {
            1 => Some(Outcome::Won(Side::First)),
            2 => Some(Outcome::Won(Side::Second)),
            3 => Some(Outcome::Drawn),
            _ => None,
        }
    }

    pub fn prove(&self, outcome: Outcome) {
        let code = match outcome {
            Outcome::Won(Side::First) => 1,
            Outcome::Won(Side::Second) => 2,
            Outcome::Drawn => 3,
        };
        self.proven.store(code, Relaxed);
    }

    #[inline]
    pub fn visit(&self, alone: bool) -> u32 {
        add(&self.visits, 1, alone)
    }

    #[inline]
    pub fn add_points(&self, points: u32, alone: bool) {
        if points > 0 {
            add(&self.points, points, alone);
        }
    }

    /// Adds what a thread has kept to itself.
    pub fn add(&self, visits: u32, points: u32) {
        add(&self.visits, visits, false);
        self.add_points(points, false);
    }

    #[inline]
    pub fn add_amaf(&self, points: u32, alone: bool) {
        add(&self.amaf_visits, 1, alone);
        if points > 0 {
            add(&self.amaf_points, points, alone);
        }
    }

    /// Sets what is believed before the first visit.
    pub fn expect(&self, visits: u32, points: u32) {
        self.amaf_visits.store(visits, Relaxed);
        self.amaf_points.store(points, Relaxed);
    }

    fn copy_from(&self, from: &Node) {
        self.visits.store(from.visits(), Relaxed);
        self.points.store(from.points(), Relaxed);
        let (visits, points) = from.amaf();
        self.expect(visits, points);
        self.chosen.store(from.chosen.load(Relaxed), Relaxed);
        self.proven.store(from.proven.load(Relaxed), Relaxed);
    }
}

/// Adds and gives what was there before. A thread that is alone needs no locked instruction.
#[inline]
fn add(cell: &AtomicU32, by: u32, alone: bool) -> u32 {
    if alone {
        let before = cell.load(Relaxed);
        cell.store(before.wrapping_add(by), Relaxed);
        before
    } else {
        cell.fetch_add(by, Relaxed)
    }
}

/// Whether a node's children are there.
#[derive(Debug, Clone, Copy)]
pub enum Children<'a> {
    None,
    /// Another thread makes them.
    Coming,
    Are(&'a [Node]),
}

/// An arena of nodes; the root is the first.
#[derive(Debug)]
pub struct Tree {
    blocks: Box<[OnceLock<Box<[Node]>>]>,
    next: AtomicU32,
    /// Nodes before `next` that are not in use.
    spare: AtomicU32,
    full: AtomicBool,
}

/// The nodes that one of several threads has taken and not used yet. Threads that took them one by one would meet at one counter, and
/// write their children into the same lines of the cache.
#[derive(Debug)]
pub struct NodeAllocator {
    next: u32,
    end: u32,
    alone: bool,
}

impl NodeAllocator {
    pub fn new(alone: bool) -> Self {
        NodeAllocator { next: 0, end: 0, alone }
    }
}

impl Tree {
    /// With room for so many bytes of nodes, at least one block.
    pub fn new(bytes: usize) -> Self {
        let blocks = (bytes / (size_of::<Node>() * BLOCK as usize)).clamp(1, (u32::MAX / BLOCK) as usize - 1);
        let tree = Tree {
            blocks: (0..blocks).map(|_| OnceLock::new()).collect(),
            next: AtomicU32::new(1),
            spare: AtomicU32::new(0),
            full: AtomicBool::new(false),
        };
        tree.block(0);
        tree
    }

    #[inline]
    fn block(&self, index: usize) -> &[Node] {
        self.blocks[index].get_or_init(|| (0..BLOCK).map(|_| Node::default()).collect())
    }

    pub fn root(&self) -> &Node {
        &self.block(0)[0]
    }

    /// Nodes in use, and those that threads have ready.
    pub fn len(&self) -> usize {
        (self.next.load(Relaxed) - self.spare.load(Relaxed)) as usize
    }

    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether there was no room for more nodes.
    pub fn is_full(&self) -> bool {
        self.full.load(Relaxed)
    }

    #[inline]
    pub fn children<'a>(&'a self, node: &Node) -> Children<'a> {
        match node.first.load(Ordering::Acquire) {
            0 => Children::None,
            CLAIMED => Children::Coming,
            first => Children::Are(self.slice(first, usize::from(node.children.load(Relaxed)))),
        }
    }

    /// The children, if they are there.
    pub fn made<'a>(&'a self, node: &Node) -> &'a [Node] {
        match self.children(node) {
            Children::Are(children) => children,
            _ => &[],
        }
    }

    #[inline]
    fn slice(&self, first: u32, count: usize) -> &[Node] {
        let start = (first % BLOCK) as usize;
        &self.block((first / BLOCK) as usize)[start..start + count]
    }

    /// Room for so many nodes in one block.
    fn take(&self, allocator: &mut NodeAllocator, count: usize) -> Option<u32> {
        let count = u32::try_from(count).ok().filter(|count| (1..=BLOCK).contains(count))?;
        if allocator.end - allocator.next < count {
            // A small tree is not filled with what threads have ready.
            let ready = if allocator.alone { 0 } else { (self.next.load(Relaxed) / 16).min(LOT) };
            self.put_back(allocator);
            allocator.next = self.reserve(count.max(ready))?;
            allocator.end = allocator.next + count.max(ready);
        }
        let first = allocator.next;
        allocator.next += count;
        Some(first)
    }

    fn reserve(&self, count: u32) -> Option<u32> {
        let end = self.blocks.len() as u32 * BLOCK;
        let (mut first, mut left_over) = (0, 0);
        let taken = self.next.fetch_update(Relaxed, Relaxed, |next| {
            first = if next % BLOCK + count > BLOCK { next.next_multiple_of(BLOCK) } else { next };
            left_over = first - next;
            (first + count <= end).then_some(first + count)
        });
        if taken.is_err() {
            self.full.store(true, Relaxed);
            return None;
        }
        self.spare.fetch_add(left_over, Relaxed);
        Some(first)
    }

    /// Tells of nodes that a thread took and will not use.
    pub fn put_back(&self, allocator: &mut NodeAllocator) {
        self.spare.fetch_add(allocator.end - allocator.next, Relaxed);
        (allocator.next, allocator.end) = (0, 0);
    }

    /// Gives a node its children, each made ready by `prepare` before others see it, unless another thread does or there is
    /// no room.
    pub fn expand<'a>(
        &'a self,
        node: &Node,
        moves: &[Move],
        allocator: &mut NodeAllocator,
        mut prepare: impl FnMut(&Node),
    ) -> Option<&'a [Node]> {
        if self.is_full() || node.first.compare_exchange(0, CLAIMED, Relaxed, Relaxed).is_err() {
            return None;
        }
        let Some(first) = self.take(allocator, moves.len()) else {
            node.first.store(0, Relaxed);
            return None;
        };
        let children = self.slice(first, moves.len());
        for (child, chosen) in children.iter().zip(moves) {
            child.chosen.store(chosen.0, Relaxed);
            prepare(child);
        }
        node.children.store(moves.len() as u16, Relaxed);
        node.first.store(first, Ordering::Release);
        Some(children)
    }

    /// The children of a node where this side is to move, the best first: a proven win, then by visits, proven losses last; a certain draw
    /// before what looks like less.
    pub fn ranked<'a>(&'a self, node: &Node, mover: Side) -> Vec<&'a Node> {
        let mut children: Vec<&Node> = self.made(node).iter().collect();
        // Keys are taken once each: other threads may go on counting.
        children.sort_by_cached_key(|child| {
            let rank = match child.proven() {
                Some(Outcome::Won(side)) if side == mover => 0,
                Some(Outcome::Won(_)) => 2,
                _ => 1,
            };
            (rank, std::cmp::Reverse(child.visits()))
        });
        let share = |child: &&Node| child.proven().map_or(child.value(), |outcome| outcome.share(mover));
        let drawn = children.iter().position(|child| child.proven() == Some(Outcome::Drawn));
        if let Some(place) = drawn.filter(|_| children.first().is_some_and(|best| share(best) < 0.5)) {
            children[..=place].rotate_right(1);
        }
        children
    }

    /// The moves expected, one after another, from a node where this side is to move.
    pub fn line(&self, from: &Node, mover: Side) -> Vec<Move> {
        let (mut line, mut node, mut side) = (Vec::new(), from, mover);
        while let Some(best) = self.ranked(node, side).first().copied().filter(|best| best.visits() > 0) {
            line.push(best.chosen());
            (node, side) = (best, side.other());
        }
        line
    }

    /// A tree of its own from a node and what hangs under it, as large as this at most.
    pub fn from_node(&self, node: &Node) -> Tree {
        let fresh = Tree::new(self.blocks.len() * BLOCK as usize * size_of::<Node>());
        fresh.root().copy_from(node);
        // Pairs of a node here and its copy, whose children are still to be copied.
        let (mut waiting, mut allocator) = (vec![(node, fresh.root())], NodeAllocator::new(true));
        while let Some((old, new)) = waiting.pop() {
            let Children::Are(children) = self.children(old) else { continue };
            let moves: Vec<Move> = children.iter().map(Node::chosen).collect();
            let mut olds = children.iter();
            let copy = |copy: &Node| copy.copy_from(olds.next().expect("one for each"));
            let copies = fresh.expand(new, &moves, &mut allocator, copy);
            waiting.extend(children.iter().zip(copies.unwrap_or_default()));
        }
        fresh
    }
}
