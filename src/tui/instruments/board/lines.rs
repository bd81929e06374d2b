//! Lines that are typed: moves, positions, the names of files.

use super::{BoardTable, NOW, READ, WRITE, Wanted};
use crate::data::intake::Decoded;
use crate::data::records;
use crate::experiment::{GameQuery, TaskContext};
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::text;
use std::path::PathBuf;
use tui_textarea::TextArea;

impl BoardTable {
    pub(super) fn ask_line(&mut self, wanted: Wanted, app: &AppContext) {
        let filled = match wanted {
            Wanted::Position => self.board.as_ref().map_or_else(String::new, |board| board.diagram.clone()),
            Wanted::SaveTo => self.file(app).display().to_string(),
            Wanted::Move | Wanted::OpenFrom => String::new(),
        };
        let mut line = TextArea::new(vec![filled]);
        line.move_cursor(tui_textarea::CursorMove::End);
        self.line = Some((wanted, line));
    }

    /// Where a game is kept if nobody says otherwise.
    pub(super) fn file(&self, app: &AppContext) -> PathBuf {
        let extension = match self.table.setup.game.as_str() {
            "chess" => "pgn",
            "shogi" => "kif",
            "tic-tac-toe" | "connect-four" => "txt",
            _ => "sgf",
        };
        let folder = app.source.keep.join("games");
        let name = |number: usize| folder.join(format!("{}-{number}.{extension}", self.table.setup.game));
        (1..).map(name).find(|file| !file.exists()).expect("a free number")
    }

    /// The line that was typed is done.
    pub(super) fn line_done(&mut self, lab: &Lab, app: &mut AppContext) {
        let Some((wanted, line)) = self.line.take() else { return };
        let typed = line.lines().join(" ").trim().to_owned();
        if typed.is_empty() {
            return;
        }
        match wanted {
            Wanted::Move | Wanted::Position => {
                self.call_off(app);
                app.ask(lab, NOW, GameQuery::Board { played: self.table.now(), typed: Some(typed) });
            }
            Wanted::SaveTo => {
                let you = app.say(text::BOARD_YOU).to_owned();
                let machine = format!("{} {}", self.table.setup.kind, self.table.setup.level);
                let players = [0, 1]
                    .map(|side| if self.table.setup.seats.is_person(side) { you.clone() } else { machine.clone() });
                let gave_up = self.table.gave_up;
                let extension = PathBuf::from(&typed).extension().map(|end| end.to_string_lossy().into_owned());
                let extension = extension.unwrap_or_default();
                let query = GameQuery::WriteGame { played: self.table.played.clone(), players, gave_up, extension };
                app.ask(lab, &format!("{WRITE} {typed}"), query);
            }
            Wanted::OpenFrom => match records::read(&PathBuf::from(&typed), &TaskContext::default()) {
                Ok(Decoded { text, notes }) => {
                    self.call_off(app);
                    self.decoding = notes;
                    app.ask(lab, READ, GameQuery::ReadGame { game: self.table.setup.game.clone(), text });
                }
                Err(error) => self.fail(error.in_language(app.language)),
            },
        }
    }

    pub(super) fn written(&mut self, file: &str, text: &str, app: &AppContext) {
        let path = PathBuf::from(file);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
            let mut out = atomic_write_file::AtomicWriteFile::open(&path)?;
            std::io::Write::write_all(&mut out, text.as_bytes())?;
            out.commit()
        });
        match written {
            Ok(()) => self.say(format!("{}: {file}", app.say(text::SAVED))),
            Err(error) => self.fail(format!("{file}: {error}")),
        }
    }
}
