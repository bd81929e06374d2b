//! Rectangles of characters with a baseline.

use crate::width::width;

/// Rows of equal width; `baseline` is the row that stands on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    rows: Vec<String>,
    width: usize,
    pub baseline: usize,
}

impl Block {
    /// One row.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Block { width: width(&text), rows: vec![text], baseline: 0 }
    }

    pub fn empty() -> Self {
        Block::text("")
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// Rows below the baseline.
    pub fn depth(&self) -> usize {
        self.rows.len() - 1 - self.baseline
    }

    pub fn into_rows(self) -> Vec<String> {
        self.rows
    }

    /// The text of a block of one row.
    pub fn as_text(&self) -> Option<&str> {
        if self.rows.len() == 1 { Some(&self.rows[0]) } else { None }
    }

    /// Side by side, on one baseline.
    pub fn beside(self, right: Block) -> Block {
        let above = self.baseline.max(right.baseline);
        let below = self.depth().max(right.depth());
        let (left, right) = (self.grown(above, below), right.grown(above, below));
        let rows = left.rows.into_iter().zip(&right.rows).map(|(left, right)| left + right).collect();
        Block { rows, width: left.width + right.width, baseline: above }
    }

    /// With so many rows above and below the baseline.
    pub fn grown(mut self, above: usize, below: usize) -> Block {
        let blank = " ".repeat(self.width);
        let (before, after) = (above.saturating_sub(self.baseline), below.saturating_sub(self.depth()));
        let mut rows = vec![blank.clone(); before];
        rows.append(&mut self.rows);
        rows.extend(vec![blank; after]);
        Block { rows, width: self.width, baseline: self.baseline + before }
    }

    /// Moved so that `baseline` is another row.
    pub fn on_baseline(mut self, baseline: usize) -> Block {
        self.baseline = baseline.min(self.rows.len() - 1);
        self
    }

    /// One on another, each centred; the baseline is that of the block `on`.
    pub fn stacked(blocks: Vec<Block>, on: usize) -> Block {
        Block::piled(blocks, on, |slack| slack / 2)
    }

    /// One on another, flush left.
    pub fn flush(blocks: Vec<Block>, on: usize) -> Block {
        Block::piled(blocks, on, |_| 0)
    }

    fn piled(blocks: Vec<Block>, on: usize, indent: impl Fn(usize) -> usize) -> Block {
        let width = blocks.iter().map(|block| block.width).max().unwrap_or(0);
        let above: usize = blocks[..on].iter().map(Block::height).sum();
        let baseline = above + blocks[on].baseline;
        let rows = blocks.into_iter().flat_map(|block| {
            let slack = width - block.width;
            let (before, after) = (" ".repeat(indent(slack)), " ".repeat(slack - indent(slack)));
            block.rows.into_iter().map(move |row| format!("{before}{row}{after}"))
        });
        Block { rows: rows.collect(), width, baseline }
    }

    /// Padded to a width, `left` of the slack before.
    pub fn padded(self, width: usize, left: usize) -> Block {
        let slack = width.saturating_sub(self.width);
        let left = left.min(slack);
        Block::text(" ".repeat(left)).beside(self).beside(Block::text(" ".repeat(slack - left)))
    }
}
