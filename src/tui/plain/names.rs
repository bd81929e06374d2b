//! What a person calls a lab, an instrument or a view: by its id, by its title in either language, or by how one of them begins.

use super::Reader;
use crate::experiment::{Bilingual, Experiment, ViewSpec};
use crate::lab::{Instrument, InstrumentUse, Lab};
use crate::tui::text;
use std::io::{self, Write};

/// The one that is meant: by a whole name, of several the first; else by the beginning of a name, if those that begin so are one. Without
/// one, all that may be meant. Upper and lower case are alike.
pub(super) fn meant<T: Copy + PartialEq>(typed: &str, names: &[(T, &str)]) -> Result<T, Vec<T>> {
    let typed = typed.trim().to_lowercase();
    if let Some((whole, _)) = names.iter().find(|(_, name)| name.to_lowercase() == typed) {
        return Ok(*whole);
    }
    let mut begun: Vec<T> = Vec::new();
    for (one, name) in names {
        if !typed.is_empty() && name.to_lowercase().starts_with(&typed) && !begun.contains(one) {
            begun.push(*one);
        }
    }
    if let [one] = begun[..] { Ok(one) } else { Err(begun) }
}

/// Both titles as names.
fn titles<T: Copy>(one: T, title: &Bilingual) -> [(T, &str); 2] {
    [(one, &title.en), (one, &title.ja)]
}

/// The id of an instrument: that of the view it shows, else of its kind.
pub(super) fn id_of(use_: &InstrumentUse) -> &str {
    match (use_.instrument, &use_.view) {
        (Instrument::View, Some(view)) => view,
        (Instrument::View, None) => "view",
        (Instrument::LatentPlane, _) => "latent_plane",
        (Instrument::DrawingPad, _) => "drawing_pad",
        (Instrument::Guess, _) => "guess",
        (Instrument::Distributions, _) => "distributions",
        (Instrument::Repl, _) => "repl",
        (Instrument::Board, _) => "board",
        (Instrument::BoardPuzzle, _) => "board_puzzle",
    }
}

/// The place of an instrument among those of its lab: by its number too.
pub(super) fn instrument(typed: &str, lab: &Lab) -> Result<usize, Vec<usize>> {
    if let Ok(number) = typed.trim().parse::<usize>() {
        return number.checked_sub(1).filter(|at| *at < lab.explore.len()).ok_or_else(Vec::new);
    }
    let uses = || lab.explore.iter().enumerate();
    let ids = uses().map(|(at, use_)| (at, id_of(use_)));
    let names: Vec<(usize, &str)> = ids.chain(uses().flat_map(|(at, use_)| titles(at, &use_.title))).collect();
    meant(typed, &names)
}

/// A view by its own name or by the title of an instrument that shows it; then with the instrument, for the inputs that it begins with.
/// Views that may be meant otherwise.
pub(super) fn view<'a>(
    typed: &str,
    lab: &'a Lab,
    experiment: &Experiment,
) -> Result<(&'static str, Option<&'a InstrumentUse>), Vec<&'static str>> {
    let ids = experiment.views.iter().map(|view| (view.name, view.name));
    let shown = experiment.views.iter().flat_map(|view| shown_by(view, lab).map(move |use_| (view.name, use_)));
    let shown: Vec<(&'static str, &InstrumentUse)> = shown.collect();
    let by_title = shown.iter().flat_map(|(name, use_)| titles(*name, &use_.title));
    let name = meant(typed, &ids.chain(by_title).collect::<Vec<_>>())?;
    let is_id = experiment.views.iter().any(|view| view.name.eq_ignore_ascii_case(typed.trim()));
    let by_title: Vec<(usize, &str)> = (shown.iter().enumerate())
        .filter(|(_, (view, _))| !is_id && *view == name)
        .flat_map(|(at, (_, use_))| titles(at, &use_.title))
        .collect();
    Ok((name, meant(typed, &by_title).ok().map(|at| shown[at].1)))
}

/// The instruments of a lab that show a view.
pub(super) fn shown_by<'a>(view: &ViewSpec, lab: &'a Lab) -> impl Iterator<Item = &'a InstrumentUse> {
    let name = view.name;
    lab.explore.iter().filter(move |use_| use_.view.as_deref() == Some(name))
}

impl<W: Write> Reader<W> {
    /// The id of the lab that is meant; without one it says why.
    pub(super) fn lab_meant(&mut self, typed: &str) -> io::Result<Option<String>> {
        let labs = self.app.catalogue.labs();
        let labs = || labs.iter().enumerate();
        let ids = labs().map(|(at, lab)| (at, lab.id.as_str()));
        let names: Vec<(usize, &str)> = ids.chain(labs().flat_map(|(at, lab)| titles(at, &lab.title))).collect();
        let found = meant(typed, &names);
        let id = |at: usize| self.app.catalogue.labs()[at].id.clone();
        match found {
            Ok(at) => Ok(Some(id(at))),
            Err(several) if several.is_empty() => Ok(Some(typed.to_owned())),
            Err(several) => {
                let several: Vec<String> = several.into_iter().map(id).collect();
                self.say_several(typed, &several)?;
                Ok(None)
            }
        }
    }

    /// Says what may be meant.
    pub(super) fn say_several(&mut self, typed: &str, several: &[impl AsRef<str>]) -> io::Result<()> {
        let several: Vec<&str> = several.iter().map(AsRef::as_ref).collect();
        self.tell(text::PLAIN_SEVERAL, &[&typed, &several.join(", ")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;
    use crate::registry;
    use crate::tui::context::AppContext;

    #[test]
    fn what_is_meant_is_told_by_a_whole_name_or_by_a_beginning_of_one_alone() {
        let names =
            [(0, "gan"), (1, "gridworld"), (0, "Generative adversarial network"), (1, "Grid world"), (2, "拡散")];
        for (typed, found) in [
            ("gan", Ok(0)),
            ("GRIDWORLD", Ok(1)),
            ("grid", Ok(1)),
            ("generative adv", Ok(0)),
            (" Grid World ", Ok(1)),
            ("拡", Ok(2)),
            ("g", Err(vec![0, 1])),
            ("vae", Err(vec![])),
            ("", Err(vec![])),
        ] {
            assert_eq!(meant(typed, &names), found, "{typed:?}");
        }
    }

    #[test]
    fn a_view_goes_by_its_own_name_and_by_the_titles_of_instruments() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let found = |typed: &str, lab: &str| {
            let lab = app.catalogue.find(lab).unwrap();
            let found = view(typed, lab, registry::find(&lab.experiment).unwrap());
            found.map(|(name, use_)| (name, use_.map(|use_| use_.title.en.clone())))
        };
        assert_eq!(found("Gaps", "autoencoder"), Ok(("gaps", None)));
        assert_eq!(found("IN-PAINT", "autoencoder"), Ok(("gaps", Some("in-painting".to_owned()))));
        assert_eq!(found("インペインティング", "autoencoder"), Ok(("gaps", Some("in-painting".to_owned()))));
        assert_eq!(found("your own digit", "cyclegan"), Ok(("translate", Some("your own digit".to_owned()))));
        assert_eq!(found("nothing of it", "cyclegan"), Err(vec![]));
        let lab = app.catalogue.find("vae").unwrap();
        for (typed, place) in [("1", 0), ("draw", 1), ("drawing_pad", 1), ("潜在平面", 0), ("noth", 9)] {
            assert_eq!(instrument(typed, lab), if place < 9 { Ok(place) } else { Err(vec![]) }, "{typed}");
        }
    }
}
