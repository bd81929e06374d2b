//! Lines that are typed: moves, positions, the names of files.

use super::{BoardTable, NOW, READ, WRITE, Wanted};
use crate::data::records;
use crate::experiment::{ExperimentError, GameQuery};
use crate::intake::gate::{self, Target};
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
        // Whether a file may be written over is asked anew each time.
        self.to_replace = None;
    }

    /// Where a game is kept if nobody says otherwise.
    pub(super) fn file(&self, app: &AppContext) -> PathBuf {
        let extension = records::endings(&self.table.setup.game)[0];
        let folder = Self::folder(app);
        let name = |number: usize| folder.join(format!("{}-{number}.{extension}", self.table.setup.game));
        (1..).map(name).find(|file| !file.exists()).expect("a free number")
    }

    /// The folder of games that a person keeps: ours, and made when it is needed.
    fn folder(app: &AppContext) -> PathBuf {
        app.source.keep.join("games")
    }

    /// Where a game is written under a name that was typed; a file that is there only if it was typed twice.
    fn target(&mut self, typed: &str, app: &AppContext) -> Result<Target, ExperimentError> {
        let folder = Self::folder(app);
        if gate::typed(typed).parent() == Some(&folder) {
            std::fs::create_dir_all(&folder).map_err(|error| gate::unwritable(&folder, &error))?;
        }
        let target = gate::to_write(typed, records::endings(&self.table.setup.game))?;
        if self.to_replace.as_ref() != Some(&target.path) {
            self.to_replace = Some(target.path.clone());
            target.must_be_new(["↵ again writes over it", "もう一度 ↵ を押すと上書きします"])?;
        }
        Ok(target)
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
                let target = match self.target(&typed, app) {
                    Ok(target) => target,
                    Err(error) => {
                        // What was typed stays, to be mended or meant.
                        self.line = Some((wanted, line));
                        // The line stands where the board says things.
                        app.notify(error.in_language(app.language));
                        return self.fail(error.in_language(app.language));
                    }
                };
                let you = app.say(text::BOARD_YOU).to_owned();
                let machine = format!("{} {}", self.table.setup.kind, self.table.setup.level);
                let players = [0, 1]
                    .map(|side| if self.table.setup.seats.is_person(side) { you.clone() } else { machine.clone() });
                let gave_up = self.table.gave_up;
                let extension = target.path.extension().map(|end| end.to_string_lossy().into_owned());
                let extension = extension.unwrap_or_default();
                let query = GameQuery::WriteGame { played: self.table.played.clone(), players, gave_up, extension };
                self.writes_to = Some(target);
                app.ask(lab, WRITE, query);
            }
            Wanted::OpenFrom => {
                self.say(app.say(text::BOARD_READING));
                app.ask(
                    lab,
                    READ,
                    GameQuery::ReadGame { game: self.table.setup.game.clone(), path: gate::typed(&typed) },
                );
            }
        }
    }

    pub(super) fn written(&mut self, text: &str, app: &mut AppContext) {
        let Some(target) = self.writes_to.take() else { return };
        self.to_replace = None;
        match target.write(text.as_bytes()) {
            Ok(()) => {
                self.say(app.say(text::SAVED));
                // Whole, however long the path is.
                app.notify(format!("{}: {}", app.say(text::SAVED), target.path.display()));
            }
            Err(error) => {
                app.notify(error.in_language(app.language));
                self.fail(error.in_language(app.language));
            }
        }
    }
}
