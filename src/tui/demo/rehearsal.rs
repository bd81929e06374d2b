//! A lab and its script without a terminal: for recordings, and for the tests that walk the scripts.

use super::{Player, draw, rows};
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::keys::Context;
use crate::tui::live_run::LiveRun;
use crate::tui::screens::footer;
use crate::tui::screens::lab::LabScreen;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use std::time::Duration;

/// A script that is played in front of nobody.
pub struct Rehearsal {
    pub app: AppContext,
    pub screen: LabScreen,
    pub player: Player,
}

impl Rehearsal {
    /// At the first step of a lab's script; none where it has no steps.
    pub fn new(lab: &Lab, mut app: AppContext) -> Option<Self> {
        app.shown_lab = Some(lab.id.clone());
        let mut screen = LabScreen::new(lab.clone(), Some(0), &mut app);
        let player = Player::new(lab, Duration::ZERO, &mut screen, &mut app)?;
        Some(Rehearsal { app, screen, player })
    }

    /// Takes in what the run and the models have to say.
    pub fn catch_up(&mut self) {
        let attempts = self.app.run.as_mut().map(|run| run.catch_up()).unwrap_or_default();
        let lab = self.player.lab();
        attempts.iter().for_each(|attempt| self.app.happened(lab, attempt));
        let replies = self.app.questions.take();
        self.player.answered(replies.len());
        replies.iter().for_each(|reply| self.screen.answered(reply, &mut self.app));
        self.screen.news(&mut self.app);
    }

    /// Whether a run goes on or an answer is still to come.
    pub fn is_at_work(&self) -> bool {
        self.app.run.as_ref().is_some_and(LiveRun::is_live) || self.app.questions.is_busy()
    }

    /// Moves what is in motion by one picture.
    pub fn tick(&mut self) {
        self.screen.tick(&mut self.app);
    }

    pub fn advance(&mut self, now: Duration) -> bool {
        self.player.advance(now, &mut self.screen, &mut self.app)
    }

    pub fn forward(&mut self, now: Duration) {
        self.player.forward(now, &mut self.screen, &mut self.app);
    }

    #[cfg(test)]
    pub fn back(&mut self, now: Duration) {
        self.player.back(now, &mut self.screen, &mut self.app);
    }

    /// Draws the lab, the band and the footer.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer) {
        let band = rows(&self.player, area, self.app.language);
        let rows = [Constraint::Fill(1), Constraint::Length(band), Constraint::Length(1)];
        let [body, band, foot] = Layout::vertical(rows).areas(area);
        self.app.places.clear();
        buffer.set_style(area, self.app.theme.body());
        self.screen.draw(body, &mut self.app, buffer);
        draw(&self.player, band, &self.screen, &self.app, buffer);
        let contexts: Vec<Context> = [Context::Demo].into_iter().chain(self.screen.contexts(&self.app)).collect();
        footer(foot, &contexts, self.screen.in_text(), &self.app, buffer);
    }
}
