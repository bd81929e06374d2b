//! Keys, clicks and pastes on their way to what is on top.

use super::overlay::Overlay;
use super::{App, Place};
use crate::tui::terminal::Inputs;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;
use std::io;
use std::time::Instant;

impl App {
    /// Takes what waits, until a time; whether more may wait.
    pub(super) fn take_inputs(&mut self, inputs: &Inputs, until: Instant) -> io::Result<bool> {
        // Letters of a long text that come faster than they are drawn go into it together: one by one each would move all that follow.
        let mut letters = String::new();
        let more = loop {
            let Some(event) = inputs.next() else { break false };
            match self.letter_of_notes(&event) {
                Some(letter) => letters.push(letter),
                None => {
                    self.write_notes(&mut letters)?;
                    self.input(event)?;
                }
            }
            if self.quit.is_some() || Instant::now() >= until {
                break true;
            }
        };
        self.write_notes(&mut letters)?;
        Ok(more)
    }

    /// The letter that a key adds to the notes, if that is all it does.
    fn letter_of_notes(&self, event: &Event) -> Option<char> {
        let Event::Key(KeyEvent { code: KeyCode::Char(letter), modifiers, kind, .. }) = event else { return None };
        let is_plain = (*modifiers - KeyModifiers::SHIFT).is_empty() && *kind != KeyEventKind::Release;
        let in_notes = matches!(&self.place, Place::Lab(lab) if lab.is_writing_notes());
        (is_plain && in_notes && self.overlay.is_none()).then_some(*letter)
    }

    fn write_notes(&mut self, letters: &mut String) -> io::Result<()> {
        let letters = std::mem::take(letters);
        let mut all = letters.chars();
        match (all.next(), all.next()) {
            (None, _) => Ok(()),
            (Some(letter), None) => self.input(Event::Key(KeyEvent::from(KeyCode::Char(letter)))),
            _ => self.input(Event::Paste(letters)),
        }
    }

    fn input(&mut self, event: Event) -> io::Result<()> {
        let now = Instant::now();
        self.attention.attract(now);
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key)?,
            Event::Mouse(mouse) => self.mouse(mouse)?,
            Event::Paste(pasted) => self.paste(&pasted),
            _ => {}
        }
        // What is typed now is kept after a pause, and before anything else is done.
        self.typed_unsaved = match &self.place {
            Place::Lab(lab) if lab.is_unsaved() => self.typed_unsaved.or(Some(now)),
            _ if !self.context.unkept_notes.is_empty() => self.typed_unsaved.or(Some(now)),
            _ => None,
        };
        Ok(())
    }

    fn mouse(&mut self, event: MouseEvent) -> io::Result<()> {
        self.point_by_mouse(&event);
        let is_click = event.kind == MouseEventKind::Down(MouseButton::Left);
        let place = Position::new(event.column, event.row);
        let clicked = self.context.places.at(place).filter(|_| is_click);
        if self.overlay.as_ref().is_some_and(Overlay::is_of_class) {
            return self.mouse_in_class(event, clicked);
        }
        if let Some(destination) = clicked {
            return self.go(destination);
        }
        let by = match event.kind {
            MouseEventKind::ScrollUp => -3,
            MouseEventKind::ScrollDown => 3,
            _ => 0,
        };
        match &mut self.overlay {
            // A click beside what can be chosen closes it.
            Some(Overlay::Help(_) | Overlay::Palette(_)) if is_click => {
                self.overlay = self.beneath.take().map(|beneath| *beneath);
            }
            Some(Overlay::Help(help)) => help.scroll(by),
            Some(Overlay::Palette(palette)) => palette.step(by.signum()),
            Some(_) => {}
            None => return self.mouse_in_place(event),
        }
        Ok(())
    }

    fn mouse_in_place(&mut self, event: MouseEvent) -> io::Result<()> {
        match &mut self.place {
            Place::Picker => {
                let chosen = self.picker.mouse(event, &mut self.context);
                self.take_chosen(chosen)
            }
            Place::Lab(lab) => {
                lab.mouse(event, &mut self.context);
                self.go_on()
            }
        }
    }

    fn paste(&mut self, pasted: &str) {
        match &mut self.overlay {
            Some(Overlay::Palette(palette)) => return palette.pasted(pasted),
            Some(Overlay::Class(list)) => return list.pasted(pasted),
            Some(Overlay::Identity(identity)) => return identity.pasted(pasted),
            Some(_) => return,
            None => {}
        }
        match &mut self.place {
            Place::Picker => self.picker.pasted(pasted),
            Place::Lab(lab) => lab.pasted(pasted, &mut self.context),
        }
    }
}
