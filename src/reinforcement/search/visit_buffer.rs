//! Counts that one of several threads keeps to itself for a while.
//!
//! Every simulation goes through the root and the best of what follows it. A line of the cache that two cores write in turn travels
//! between them, which takes as long as a whole simulation of a small game. So a thread writes its visits of the children of a much
//! visited node into its own slot, reads them there, and adds them to the tree when they have become a small part of the node's visits:
//! what others do not see yet never exceeds that part.

use super::tree::Node;
use std::mem::take;

/// Visits from which on a node's children are given a slot.
const FROM: u32 = 64;
/// The part of a node's visits that a slot holds back at most: one in so many.
pub const PART: u32 = 32;
/// Accounts of a thread; where two nodes want the same, the later one takes it. Eight bytes for each child of so many nodes at most come
/// to the memory of the tree.
const SLOTS: usize = 1 << 14;

/// Visits and half points.
type Count = [u32; 2];

/// What a thread has counted for some sibling nodes and not added to the tree.
#[derive(Debug, Default)]
struct PendingCounts<'a> {
    nodes: &'a [Node],
    counts: Vec<Count>,
    pending: u32,
    limit: u32,
}

/// The place of a node in a buffer: the slot, and its place among its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    slot: usize,
    sibling: usize,
}

/// The slots of one thread.
#[derive(Debug)]
pub struct VisitBuffer<'a> {
    slots: Box<[PendingCounts<'a>]>,
}

impl<'a> PendingCounts<'a> {
    fn flush(&mut self) {
        if take(&mut self.pending) > 0 {
            for (node, count) in self.nodes.iter().zip(&mut self.counts) {
                let [visits, points] = take(count);
                if visits > 0 {
                    node.add(visits, points);
                }
            }
        }
    }
}

impl<'a> VisitBuffer<'a> {
    pub fn new() -> Self {
        VisitBuffer { slots: (0..SLOTS).map(|_| PendingCounts::default()).collect() }
    }

    /// The slot of these siblings, whose parent was visited so often; none if that is seldom.
    #[inline]
    pub fn open(&mut self, nodes: &'a [Node], visits: u32) -> Option<usize> {
        if visits < FROM {
            return None;
        }
        let address = nodes.as_ptr() as usize;
        let place = (address / size_of::<Node>()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (usize::BITS - SLOTS.ilog2());
        let slot = &mut self.slots[place];
        if !std::ptr::eq(slot.nodes, nodes) {
            slot.flush();
            slot.nodes = nodes;
            slot.counts.clear();
            slot.counts.resize(nodes.len(), [0, 0]);
        }
        slot.limit = visits / PART;
        Some(place)
    }

    /// What a slot holds back of each sibling.
    #[inline]
    pub fn counts(&self, slot: usize) -> &[Count] {
        &self.slots[slot].counts
    }

    /// Counts a visit of a sibling.
    #[inline]
    pub fn visit(&mut self, slot: usize, sibling: usize) -> Entry {
        let PendingCounts { counts, pending, .. } = &mut self.slots[slot];
        counts[sibling][0] += 1;
        *pending += 1;
        Entry { slot, sibling }
    }

    /// Counts what a visit brought, and adds the slot to the tree when it is due.
    #[inline]
    pub fn add_points(&mut self, entry: Entry, node: &Node, points: u32) {
        let slot = &mut self.slots[entry.slot];
        match slot.nodes.get(entry.sibling) {
            Some(own) if std::ptr::eq(own, node) => {
                slot.counts[entry.sibling][1] += points;
                if slot.pending >= slot.limit {
                    slot.flush();
                }
            }
            // Another node took the slot on the way down.
            _ => node.add_points(points, false),
        }
    }

    /// Adds all to the tree.
    pub fn flush(&mut self) {
        self.slots.iter_mut().for_each(PendingCounts::flush);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{NodeAllocator, Tree};
    use super::*;
    use crate::reinforcement::games::Move;

    /// A tree of a root, its children, and theirs.
    fn tree(children: u16) -> Tree {
        let (tree, mut allocator) = (Tree::new(0), NodeAllocator::new(true));
        let moves: Vec<Move> = (0..children).map(Move).collect();
        tree.expand(tree.root(), &moves, &mut allocator, |_| {}).unwrap();
        for child in tree.made(tree.root()) {
            tree.expand(child, &moves, &mut allocator, |_| {}).unwrap();
        }
        tree
    }

    #[test]
    fn an_account_tells_the_tree_when_it_holds_its_part_and_when_it_is_settled() {
        let tree = tree(3);
        let (mut buffer, children) = (VisitBuffer::new(), tree.made(tree.root()));
        assert_eq!(buffer.open(children, FROM - 1), None);
        let visits = 4 * PART;
        let slot = buffer.open(children, visits).unwrap();
        let mut seen = Vec::new();
        for _ in 0..6 {
            assert_eq!(buffer.open(children, visits), Some(slot));
            let entry = buffer.visit(slot, 1);
            buffer.add_points(entry, &children[1], 2);
            seen.push((children[1].visits(), children[1].points(), buffer.counts(slot)[1]));
        }
        let held = [(0, 0, [1, 2]), (0, 0, [2, 4]), (0, 0, [3, 6]), (4, 8, [0, 0]), (4, 8, [1, 2]), (4, 8, [2, 4])];
        assert_eq!(seen, held);
        buffer.flush();
        assert_eq!((children[1].visits(), children[1].points()), (6, 12));
        assert_eq!((children[0].visits(), children[2].visits()), (0, 0));
    }

    #[test]
    fn nothing_is_lost_when_nodes_want_the_same_account() {
        let tree = tree(120);
        let (mut buffer, children) = (VisitBuffer::new(), tree.made(tree.root()));
        for turn in 0..500_usize {
            let (family, other) = (&children[turn % 120], &children[(turn * 7 + 1) % 120]);
            let (siblings, others) = (tree.made(family), tree.made(other));
            let first = buffer.open(siblings, 1 << 20).unwrap();
            let entry = buffer.visit(first, turn % 5);
            let second = buffer.open(others, 1 << 20).unwrap();
            // Now and then the second takes the place of the first, as where their addresses fall together.
            if turn % 3 == 0 {
                buffer.slots[first].flush();
                buffer.slots[first].nodes = others;
            }
            let below = buffer.visit(second, 3);
            buffer.add_points(below, &others[3], 1);
            buffer.add_points(entry, &siblings[turn % 5], 1);
        }
        buffer.flush();
        let all = |count: fn(&Node) -> u32| children.iter().flat_map(|child| tree.made(child)).map(count).sum::<u32>();
        assert_eq!((all(Node::visits), all(Node::points)), (1000, 1000));
    }
}
