//! Views: what a model can be asked to show. A chapter declares each by its name and its inputs, which are knobs; the
//! answer is a list of panels. One instrument, one verb and the linear mode show any of them.

use super::knob::{self, Knob, KnobError, KnobKind};
use super::knobs::Knobs;
use super::language::{Bilingual, Wording};
use super::model::ExperimentError;

/// A view that a model answers.
#[derive(Debug, Clone, Copy)]
pub struct ViewSpec {
    pub name: &'static str,
    /// One line on what it shows.
    pub help: Wording,
    /// What it can be asked with. Inputs with a default may be left out.
    pub inputs: fn() -> Vec<Knob>,
    /// Whether an answer may take longer than a person would wait for another.
    pub slow: bool,
    /// What is wrong with inputs that are right each by itself.
    pub check: fn(&Knobs) -> Result<(), ExperimentError>,
    /// Whether the answer to such inputs is the model's, not computed from the inputs alone.
    pub is_of_model: fn(&Knobs) -> bool,
}

impl ViewSpec {
    /// A view whose answer comes at once.
    pub const fn new(name: &'static str, help: Wording, inputs: fn() -> Vec<Knob>) -> Self {
        ViewSpec { name, help, inputs, slow: false, check: |_| Ok(()), is_of_model: |_| true }
    }

    /// The same, for an answer that takes its time.
    pub const fn slow(self) -> Self {
        ViewSpec { slow: true, ..self }
    }

    /// The same, for inputs of which not all can be answered: they are refused before anything is computed.
    pub const fn checked(self, check: fn(&Knobs) -> Result<(), ExperimentError>) -> Self {
        ViewSpec { check, ..self }
    }

    /// The same, for answers that are the model's only with some inputs.
    pub const fn of_model_if(self, is_of_model: fn(&Knobs) -> bool) -> Self {
        ViewSpec { is_of_model, ..self }
    }

    /// Whether it takes a drawing.
    pub fn takes_drawing(&self) -> bool {
        (self.inputs)().iter().any(|input| input.kind == KnobKind::Picture)
    }

    /// Why an input cannot be set so.
    pub fn unfit(&self, error: &KnobError) -> ExperimentError {
        let Bilingual { en, ja } = error.of_inputs();
        ExperimentError::both(format!("view `{}`: {en}", self.name), format!("ビュー `{}`: {ja}", self.name))
    }

    /// Inputs given, each checked, and the defaults of the others.
    ///
    /// # Errors
    /// When one is unknown (the nearest is named) or refused (what is expected is named).
    pub fn completed(&self, given: &Knobs) -> Result<Knobs, ExperimentError> {
        let declared = (self.inputs)();
        let inputs = given.completed(&declared).map_err(|error| self.unfit(&error))?;
        (self.check)(&inputs).map(|()| inputs)
    }
}

/// The view of this name.
///
/// # Errors
/// When there is none; the message names the nearest.
pub fn find<'a>(views: &'a [ViewSpec], name: &str) -> Result<&'a ViewSpec, ExperimentError> {
    views.iter().find(|view| view.name == name).ok_or_else(|| {
        let known = views.iter().map(|view| view.name);
        let all = known.clone().collect::<Vec<_>>().join(", ");
        ExperimentError::both(
            format!("unknown view `{name}`: {}", knob::meant(name, known, "this lab has none")),
            format!("`{name}` というビューはありません(あるのは: {all})"),
        )
    })
}

/// An input that asks for another example: the same seed gives the same one.
pub fn seed() -> Knob {
    Knob::integer("seed", 0..=1_000_000_000, 0, ["which example: each seed gives another", "例の番号(シード)"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::KnobValue;

    const VIEWS: [ViewSpec; 2] = [
        ViewSpec::new("repair", Wording::new("fills in what is missing", "欠けた部分を補う"), || {
            vec![seed(), Knob::integer("rows", 4..=20, 12, ["rows missing", "欠ける行数"])]
        }),
        ViewSpec::new("denoise", Wording::new("takes noise away", "ノイズを除く"), Vec::new),
    ];

    #[test]
    fn inputs_are_completed_and_checked() {
        let view = find(&VIEWS, "repair").unwrap();
        let given = Knobs([("rows".to_owned(), KnobValue::Integer(7))].into());
        let whole = view.completed(&given).unwrap();
        assert_eq!((whole.integer("rows"), whole.integer("seed")), (7, 0));
        let error =
            |name: &str, value| view.completed(&Knobs([(name.to_owned(), value)].into())).unwrap_err().to_string();
        assert_eq!(error("row", KnobValue::Integer(7)), "view `repair`: unknown input `row`: did you mean `rows`?");
        let refused = error("rows", KnobValue::Integer(70));
        assert_eq!(refused, "view `repair`: input `rows` = `70`: expected an integer from 4 to 20");
    }

    #[test]
    fn an_unknown_view_names_the_nearest() {
        assert_eq!(find(&VIEWS, "repare").unwrap_err().to_string(), "unknown view `repare`: did you mean `repair`?");
        assert_eq!(find(&[], "x").unwrap_err().to_string(), "unknown view `x`: this lab has none");
    }
}
