//! Panels: the closed set of things that a model shows. Every front end draws each of them, prints it as text, reads it
//! aloud, records it and writes it as JSON, so that a chapter that answers in panels needs nothing else to be seen.

use super::board::Board;
use super::knob::KnobKind;
use super::language::{Bilingual, Language, Words};
use super::number;
use super::picture::ImageGrid;
use super::scene::Scene;
use super::value::KnobValue;
use serde::{Deserialize, Serialize};

/// One thing that can be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "panel", rename_all = "snake_case")]
pub enum Panel {
    /// A text to read.
    Note { text: Bilingual },
    /// Something wrong with a line of input, between two of its bytes.
    Fault { line: String, from: usize, to: usize, text: Bilingual },
    /// A value under its name.
    Number {
        name: Bilingual,
        #[serde(with = "number")]
        value: f64,
        format: Format,
    },
    /// Names in order, each with a value.
    Bars { heading: Bilingual, bars: Vec<Bar>, format: Format },
    /// Columns of text under their names.
    Table { names: Vec<Bilingual>, rows: Rows },
    /// Pictures in a grid, each with a caption or none with one.
    Pictures {
        heading: Bilingual,
        #[serde(alias = "sheet")]
        images: ImageGrid,
        captions: Vec<Words>,
    },
    /// Points, arrows, paths and words in the plane.
    Plane { heading: Bilingual, scene: Scene },
    /// Values under named rows and columns, such as the weights of an attention.
    HeatMap(HeatMap),
    /// Values over an axis, with bands about them where there are any.
    Curves(Curves),
    /// A text in pieces, each with what is known of it.
    Tokens { heading: Bilingual, tokens: Vec<Token> },
    /// A position of a board game.
    Board { heading: Bilingual, board: Box<Board> },
    /// The cells of a grid world.
    Grid(Grid),
    /// A figure that moves.
    Poses(Poses),
}

/// The rows of a table, each with a cell for each column.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rows(pub Vec<Vec<Words>>);

impl Rows {
    pub fn in_language(&self, language: Language) -> Vec<Vec<String>> {
        let row = |row: &Vec<Words>| row.iter().map(|cell| cell.in_language(language).to_owned()).collect();
        self.0.iter().map(row).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<W: Into<Words>> FromIterator<Vec<W>> for Rows {
    fn from_iter<I: IntoIterator<Item = Vec<W>>>(rows: I) -> Self {
        Rows(rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect())
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// As many digits as it takes.
    #[default]
    Plain,
    /// A share from 0 to 1, as a percentage.
    Percent,
    /// Nats.
    Nats,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    pub name: String,
    #[serde(with = "number")]
    pub value: f32,
}

/// Values row by row from the top left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    pub heading: Bilingual,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    #[serde(with = "number")]
    pub values: Vec<f32>,
    /// The values of the quietest and the strongest colour.
    #[serde(with = "number")]
    pub range: [f32; 2],
}

/// Curves over one axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    pub heading: Bilingual,
    /// What runs to the right.
    pub axis: Bilingual,
    /// Places on the axis, rising.
    #[serde(with = "number")]
    pub places: Vec<f64>,
    pub curves: Vec<Curve>,
}

/// A value at every place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: Bilingual,
    #[serde(with = "number")]
    pub values: Vec<f64>,
    /// The lower and the upper edge of a band about the values.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub band: Option<[Vec<f64>; 2]>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    pub text: String,
    /// A share from 0 to 1 that colours it, such as the probability that it had.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f32>,
    /// What else could have stood there, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Bar>,
    /// Whether it is pointed out.
    #[serde(default)]
    pub marked: bool,
}

/// A grid world, cells row by row from the top left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    pub heading: Bilingual,
    pub columns: usize,
    pub cells: Vec<Cell>,
    /// The values of the quietest and the strongest colour.
    #[serde(with = "number")]
    pub range: [f32; 2],
    /// The symbol of what the colours show; V(s) where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub quantity: String,
}

/// A cell of a grid world. Directions go up, right, down, left.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cell {
    pub ground: Ground,
    /// V(s), or what the grid shows in its place.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f32>,
    /// π(a | s).
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<[f32; 4]>,
    /// Q(s, a): four triangles.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub action_values: Option<[f32; 4]>,
    /// A letter or two of its own: a reward, a count.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// What a cell of a grid world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    #[default]
    Free,
    Wall,
    Start,
    Goal,
    Trap,
    /// Where the agent is.
    Agent,
}

/// A figure in moments of its motion, x to the right and y upwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poses {
    pub heading: Bilingual,
    #[serde(with = "number")]
    pub seconds_per_pose: f32,
    /// A line of the ground.
    #[serde(with = "number")]
    pub ground: Vec<[f32; 2]>,
    pub poses: Vec<Pose>,
}

/// Limbs as lines from a point to another: `[x, y, x, y]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pose {
    #[serde(with = "number")]
    pub limbs: Vec<[f32; 4]>,
    /// The same figure as it was predicted.
    #[serde(with = "number", default)]
    pub predicted: Vec<[f32; 4]>,
    /// Where feet touch the ground.
    #[serde(with = "number", default)]
    pub contacts: Vec<[f32; 2]>,
}

/// A place that a person picked in a panel.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// A row and a column.
    Cell([usize; 2]),
    /// The number of a bar or a token.
    Item(usize),
    Point([f32; 2]),
}

impl Panel {
    pub fn note(text: impl Into<String>) -> Self {
        Panel::Note { text: Bilingual::same(text) }
    }

    /// Pictures in a grid.
    pub fn images(images: ImageGrid) -> Self {
        Panel::Pictures { heading: Bilingual::default(), images, captions: Vec::new() }
    }

    /// Something wrong with a line.
    pub fn fault(line: impl Into<String>, from: usize, to: usize, text: impl Into<String>) -> Self {
        Panel::Fault { line: line.into(), from, to, text: Bilingual::same(text) }
    }

    /// Names in order, each with a value as it is.
    pub fn ranked(heading: impl Into<String>, bars: Vec<Bar>) -> Self {
        Panel::Bars { heading: Bilingual::same(heading), bars, format: Format::Plain }
    }

    pub fn table(names: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        Panel::columns(names.into_iter().map(Bilingual::same), rows)
    }

    /// Columns under names in both languages.
    pub fn columns<W: Into<Words>>(
        names: impl IntoIterator<Item: Into<Bilingual>>,
        rows: impl IntoIterator<Item = Vec<W>>,
    ) -> Self {
        Panel::Table { names: names.into_iter().map(Into::into).collect(), rows: rows.into_iter().collect() }
    }

    pub fn plane(scene: Scene) -> Self {
        Panel::Plane { heading: Bilingual::default(), scene }
    }

    /// Pictures side by side under a heading.
    pub fn row(en: impl Into<String>, ja: impl Into<String>, pictures: Vec<super::GrayImage>) -> Self {
        let images = ImageGrid::new(pictures.len(), pictures);
        Panel::Pictures { heading: Bilingual::new(en, ja), images, captions: Vec::new() }
    }

    /// Whether it reports a fault.
    pub fn is_fault(&self) -> bool {
        matches!(self, Panel::Fault { .. })
    }

    /// What it is about, if it says so.
    pub fn heading(&self) -> Option<&Bilingual> {
        match self {
            Panel::Number { name, .. } => Some(name),
            Panel::Bars { heading, .. }
            | Panel::Pictures { heading, .. }
            | Panel::Plane { heading, .. }
            | Panel::Tokens { heading, .. }
            | Panel::Board { heading, .. } => Some(heading),
            Panel::HeatMap(map) => Some(&map.heading),
            Panel::Curves(curves) => Some(&curves.heading),
            Panel::Grid(grid) => Some(&grid.heading),
            Panel::Poses(poses) => Some(&poses.heading),
            Panel::Note { .. } | Panel::Fault { .. } | Panel::Table { .. } => None,
        }
    }

    /// Why it cannot be drawn, if its sizes do not fit each other.
    pub fn problem(&self) -> Option<String> {
        let fits = |what: &str, found: usize, expected: usize| {
            (found != expected).then(|| format!("{what}: {found}, expected {expected}"))
        };
        match self {
            Panel::Fault { line, from, to, .. } => {
                let within = from <= to && line.is_char_boundary(*from) && line.is_char_boundary(*to);
                (!within).then(|| format!("bytes {from} to {to} of a line of {}", line.len()))
            }
            Panel::Table { names, rows } => {
                rows.0.iter().find_map(|row| fits("cells in a row of a table", row.len(), names.len()))
            }
            Panel::Pictures { images, captions, .. } => {
                let odd = images.pictures.iter().find(|p| p.pixels.len() != p.width * p.height);
                let captions = (!captions.is_empty()).then(|| fits("captions", captions.len(), images.pictures.len()));
                odd.map(|p| format!("pixels of a picture of {}×{}: {}", p.width, p.height, p.pixels.len()))
                    .or(captions.flatten())
            }
            Panel::Plane { scene, .. } => {
                let shade = scene.shade.as_ref().filter(|shade| !shade.values.is_empty());
                shade.and_then(|shade| {
                    let whole = shade.columns > 0 && shade.values.len() % shade.columns == 0;
                    (!whole).then(|| format!("shades: {} in {} columns", shade.values.len(), shade.columns))
                })
            }
            Panel::HeatMap(map) => fits("values of a heat map", map.values.len(), map.rows.len() * map.columns.len()),
            Panel::Curves(Curves { places, curves, .. }) => curves.iter().find_map(|curve| {
                let edges =
                    curve.band.iter().flatten().find_map(|edge| fits("edges of a band", edge.len(), places.len()));
                fits("values of a curve", curve.values.len(), places.len()).or(edges)
            }),
            Panel::Board { board, .. } => fits("cells of a board", board.cells.len(), board.columns * board.rows),
            Panel::Grid(grid) => {
                let whole = grid.columns > 0 && grid.cells.len() % grid.columns == 0;
                (!whole).then(|| format!("cells of a grid: {} in {} columns", grid.cells.len(), grid.columns))
            }
            _ => None,
        }
    }

    /// How many rows and columns of places can be picked in it; bars and tokens lie in a line.
    pub fn places(&self) -> Option<[usize; 2]> {
        match self {
            Panel::Bars { bars, .. } if !bars.is_empty() => Some([bars.len(), 1]),
            Panel::Tokens { tokens, .. } if !tokens.is_empty() => Some([1, tokens.len()]),
            Panel::HeatMap(map) if !map.values.is_empty() => Some([map.rows.len(), map.columns.len()]),
            Panel::Grid(grid) if !grid.cells.is_empty() => Some([grid.cells.len() / grid.columns.max(1), grid.columns]),
            _ => None,
        }
    }

    /// A place of it as the value of an input of another view: a word for a text, a number for an integer, a point or a
    /// cell for itself. `None` where the input takes nothing of the kind.
    pub fn value_at(&self, place: &Place, input: &KnobKind) -> Option<KnobValue> {
        match input {
            KnobKind::Text { .. } => self.word_at(place).map(KnobValue::Text),
            KnobKind::Integer { .. } => match place {
                Place::Item(index) => Some(KnobValue::Integer(*index as i64)),
                _ => None,
            },
            KnobKind::Cell => match place {
                Place::Cell([row, column]) => Some(KnobValue::Integers(vec![*row as i64, *column as i64])),
                Place::Item(index) => Some(KnobValue::Integers(vec![0, *index as i64])),
                Place::Point(_) => None,
            },
            KnobKind::Point { .. } => match place {
                Place::Point(point) => Some(KnobValue::Reals(point.map(f64::from).to_vec())),
                _ => None,
            },
            KnobKind::Picture => match (self, place) {
                (Panel::Pictures { images, .. }, Place::Item(index)) => {
                    images.pictures.get(*index).cloned().map(KnobValue::from)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The word that stands at a place: of a point of the plane the nearest.
    pub fn word_at(&self, place: &Place) -> Option<String> {
        match (self, place) {
            (Panel::Bars { bars, .. }, Place::Item(index)) => bars.get(*index).map(|bar| bar.name.clone()),
            (Panel::Tokens { tokens, .. }, Place::Item(index)) => tokens.get(*index).map(|token| token.text.clone()),
            (Panel::Plane { scene, .. }, Place::Point(point)) => scene.nearest_label(*point).map(|l| l.text.clone()),
            (Panel::HeatMap(map), Place::Cell([row, _])) => map.rows.get(*row).cloned(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::GrayImage;
    use crate::experiment::scene::{Label, Shade};

    fn heat(values: usize) -> Panel {
        Panel::HeatMap(HeatMap {
            heading: Bilingual::same("α"),
            rows: vec!["a".into(), "b".into()],
            columns: vec!["x".into(), "y".into(), "z".into()],
            values: vec![0.5; values],
            range: [0.0, 1.0],
        })
    }

    fn plane() -> Panel {
        let mut scene = Scene::square(1.0);
        let label = |text: &str, at| Label { at, text: text.into(), group: 0 };
        scene.labels = vec![label("king", [0.5, 0.5]), label("queen", [-0.5, 0.5])];
        Panel::Plane { heading: Bilingual::same("map"), scene }
    }

    #[test]
    fn sizes_that_do_not_fit_are_named() {
        assert_eq!(heat(6).problem(), None);
        assert_eq!(heat(5).problem().as_deref(), Some("values of a heat map: 5, expected 6"));
        let mut scene = Scene::square(1.0);
        scene.shade = Some(Shade { columns: 3, values: vec![0.0; 7] });
        let plane = Panel::Plane { heading: Bilingual::default(), scene };
        assert_eq!(plane.problem().as_deref(), Some("shades: 7 in 3 columns"));
        let picture = GrayImage { width: 2, height: 2, pixels: vec![0; 3] };
        assert_eq!(Panel::row("a", "a", vec![picture]).problem().as_deref(), Some("pixels of a picture of 2×2: 3"));
        let grid = Grid {
            heading: Bilingual::default(),
            columns: 0,
            cells: vec![Cell::default()],
            range: [0.0, 1.0],
            quantity: String::new(),
        };
        assert!(Panel::Grid(grid).problem().is_some());
        let curves = Curves {
            heading: Bilingual::default(),
            axis: Bilingual::default(),
            places: vec![0.0, 1.0],
            curves: vec![Curve { name: Bilingual::default(), values: vec![1.0, 2.0], band: Some([vec![], vec![]]) }],
        };
        assert_eq!(Panel::Curves(curves).problem().as_deref(), Some("edges of a band: 0, expected 2"));
        let fault = Panel::Fault { line: "é".into(), from: 1, to: 2, text: Bilingual::default() };
        assert!(fault.problem().is_some(), "a byte within a letter");
    }

    #[test]
    fn a_picked_place_becomes_what_the_input_takes() {
        let word = KnobKind::Text { longest: 10 };
        assert_eq!(plane().value_at(&Place::Point([0.4, 0.6]), &word), Some(KnobValue::Text("king".into())));
        let point = KnobKind::Point { reach: 1.0 };
        assert_eq!(plane().value_at(&Place::Point([0.5, 0.25]), &point), Some(KnobValue::Reals(vec![0.5, 0.25])));
        assert_eq!(heat(6).value_at(&Place::Cell([1, 2]), &KnobKind::Cell), Some(KnobValue::Integers(vec![1, 2])));
        assert_eq!(heat(6).value_at(&Place::Cell([1, 2]), &word), Some(KnobValue::Text("b".into())));
        assert_eq!(heat(6).value_at(&Place::Point([0.0; 2]), &KnobKind::Cell), None);
    }

    #[test]
    fn panels_survive_json() {
        let bar = Bar { name: "queen".into(), value: f32::INFINITY };
        let panels = vec![
            Panel::note("n"),
            Panel::Number { name: Bilingual::new("loss", "損失"), value: f64::NEG_INFINITY, format: Format::Nats },
            Panel::Bars { heading: Bilingual::default(), bars: vec![bar.clone()], format: Format::Percent },
            Panel::Table { names: vec![], rows: Rows::default() },
            heat(6),
            plane(),
            Panel::Tokens {
                heading: Bilingual::default(),
                tokens: vec![Token { text: "a".into(), value: None, alternatives: vec![bar], marked: true }],
            },
            Panel::Grid(Grid {
                heading: Bilingual::default(),
                columns: 1,
                cells: vec![Cell { policy: Some([0.25; 4]), value: Some(-1.5), ..Cell::default() }],
                range: [-1.0, 1.0],
                quantity: String::new(),
            }),
            Panel::Poses(Poses {
                heading: Bilingual::default(),
                seconds_per_pose: 0.05,
                ground: vec![[0.0, 0.0], [1.0, 0.0]],
                poses: vec![Pose { limbs: vec![[0.0, 1.0, 0.5, 0.0]], ..Pose::default() }],
            }),
        ];
        let json = serde_json::to_string(&panels).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Panel>>(&json).unwrap(), panels);
    }
}
