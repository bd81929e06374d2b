//! The one key map. It drives dispatch, the footer of every screen and the help page.

mod key;
mod table;

pub use key::{Key, event};

use crate::experiment::declaration::ActionSpec;
use crate::experiment::{Knobs, Wording};
use crossterm::event::{KeyCode, KeyEvent};
use key::{key, letter};
use std::borrow::Cow;
use table::BINDINGS;

/// What a key can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    // Everywhere.
    Help,
    Palette,
    Back,
    Quit,
    SwitchLanguage,
    SwitchPictures,
    SwitchTheme,
    FreeMouse,
    Suspend,
    Redraw,
    // A class.
    RaiseHand,
    /// Looks at the screen that is presented.
    Follow,
    /// The list of the class.
    Class,
    Present,
    Answers,
    Point,
    LowerHand,
    EndRun,
    Message,
    MessageAll,
    // Moving.
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Confirm,
    NextPane,
    PreviousPane,
    NextTab,
    PreviousTab,
    Tab(usize),
    // Picker.
    Search,
    Continue,
    /// Plays the lab's demo.
    Demo,
    // While a demo is played.
    DemoForward,
    DemoBack,
    DemoRestart,
    DemoNotes,
    DemoEnd,
    // Theory.
    NextPage,
    PreviousPage,
    // Train.
    Pause,
    SingleStep,
    StopRun,
    NewRun,
    Runs,
    Report,
    Delete,
    Rename,
    Annotate,
    Pin,
    Sort,
    Resume,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    LogScale,
    LaterHalf,
    Smooth,
    Overlay,
    Maximise,
    Export,
    CopyReadout,
    KnobUp,
    KnobDown,
    KnobNext,
    KnobPrevious,
    /// Begins a number in the place of a value.
    TypeNumber,
    // Explore.
    SwitchModel,
    PinStart,
    PinEnd,
    Morph,
    RandomCode,
    AddNoise,
    Denoise,
    MaskHalf,
    NextExample,
    Pen,
    Clear,
    Undo,
    Redo,
    Noise,
    SlideUp,
    SlideDown,
    GuessReal,
    GuessFake,
    NextKind,
    Other,
    FitForward,
    FitReverse,
    Complete,
    NewLine,
    PanLeft,
    PanRight,
    PanUp,
    PanDown,
    // Board games.
    Pass,
    Resign,
    MoveBefore,
    MoveAfter,
    Predict,
    Tree,
    Analyse,
    NewGame,
    SwapSides,
    TypeMove,
    EditPosition,
    SaveGame,
    OpenGame,
    StepBack,
    StepMany,
    /// An action that the lab's experiment declares, by its name.
    Perform(&'static str),
    // Exercises.
    Hint,
    NextOpen,
}

/// The place of Train among the tabs of a lab.
pub const TRAIN: usize = 1;

/// Where a binding holds. A screen looks in its own context first, then in [`Context::Everywhere`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    Everywhere,
    Picker,
    /// A word is typed that labs are searched by.
    PickerSearch,
    /// The script of a lab is played.
    Demo,
    Lab,
    /// A lab that has something to train.
    LabTrain,
    /// The tabs behind Train.
    LabRest,
    Theory,
    TrainSetup,
    /// Before a run, the cursor on a preset.
    TrainPresets,
    /// Before a run, the cursor below the presets.
    TrainKnobs,
    /// Earlier runs of the lab stand behind its presets.
    EarlierRuns,
    /// One of them did not come to its end: it can be resumed.
    StoppedRuns,
    Train,
    TrainLive,
    /// The run is held: what pauses it lets it go on.
    TrainHeld,
    /// A run that goes on has knobs to turn.
    LiveKnobs,
    TrainOver,
    Runs,
    /// The list of runs, where all were deleted.
    NoRuns,
    Report,
    Panes,
    /// A run has a model beside the one that ships.
    Models,
    /// Earlier runs of the lab may have kept models.
    EarlierModels,
    /// Several instruments stand side by side.
    Room,
    Codes,
    Examples,
    DrawingPad,
    PadModel,
    ViewInputs,
    /// A seed is among the inputs.
    ViewSeed,
    ViewArrows,
    /// The chosen input is a number: digits begin another.
    ViewDigits,
    /// A number is being typed.
    ViewNumber,
    ViewText,
    ViewPanel,
    /// A list in a view of which not all rows are in sight.
    ViewList,
    /// A view with figures that move.
    ViewMotion,
    /// A panel whose actions go to the run.
    ExploreLive,
    /// The same while the run is held.
    ExploreHeld,
    /// Actions that a run takes whatever is picked.
    RunActions(&'static [ActionSpec]),
    /// Actions that are applied to what is picked on Explore.
    ExploreActions(&'static [ActionSpec]),
    /// The same where no run takes them: a key says what is missing, and none is named.
    IdleActions(&'static [ActionSpec]),
    Guess,
    Distributions,
    Repl,
    ReplPanes,
    Board,
    BoardMore,
    BoardLine,
    BoardForm,
    BoardTree,
    BoardWalk,
    BoardEdit,
    BoardPuzzle,
    Exercises,
    Notes,
    /// A class.
    Class,
    /// Somebody shows the class a screen.
    ClassPresented,
    /// Of instructors.
    ClassInstructor,
    /// Of whoever presents.
    ClassPresenter,
    ClassList,
    /// The run under the cursor of the list is held while others wait for its place.
    ClassHeld,
    /// A line is typed in the list of the class.
    ClassLine,
    /// The table of answers.
    ClassAnswers,
    /// Somebody else's screen is looked at.
    ClassViewing,
    /// The pointer is moved.
    ClassPointer,
}

impl Context {
    /// Its heading on the help page.
    pub fn title(self) -> Wording {
        match self {
            Context::Everywhere => Wording::new("Everywhere", "どこでも"),
            Context::Picker | Context::PickerSearch => Wording::new("Lab picker", "ラボ一覧"),
            Context::Lab | Context::LabTrain | Context::LabRest => Wording::new("In a lab", "ラボの中"),
            Context::Demo => Wording::new("Demo", "デモ"),
            Context::Theory => Wording::new("Theory", "理論"),
            Context::TrainSetup
            | Context::TrainPresets
            | Context::TrainKnobs
            | Context::EarlierRuns
            | Context::StoppedRuns => Wording::new("Before a run", "実行の前"),
            Context::Train => Wording::new("Curves", "曲線"),
            Context::TrainLive | Context::TrainHeld | Context::LiveKnobs => Wording::new("While it runs", "実行中"),
            Context::TrainOver => Wording::new("After a run", "実行の後"),
            Context::Report => Wording::new("Report of a run", "結果の報告"),
            Context::Runs | Context::NoRuns => Wording::new("List of runs", "実行の一覧"),
            Context::Models | Context::EarlierModels => Wording::new("Which model answers", "答えるモデル"),
            Context::Panes | Context::ReplPanes | Context::Room => Wording::new("Explore", "探索"),
            Context::Codes => Wording::new("Map of codes", "符号の地図"),
            Context::Examples => Wording::new("Test digits", "テスト画像"),
            Context::DrawingPad => Wording::new("Drawing pad", "手書きパッド"),
            Context::PadModel => Wording::new("What the model is given", "モデルへの入力"),
            Context::ViewList => Wording::new("A list with more rows", "続きのある一覧"),
            Context::ViewInputs
            | Context::ViewSeed
            | Context::ViewArrows
            | Context::ViewDigits
            | Context::ViewNumber
            | Context::ViewText => Wording::new("Inputs of the view", "ビューの入力"),
            Context::ViewMotion => Wording::new("Figures that move", "動く図"),
            Context::ViewPanel => Wording::new("In a panel", "パネルの中"),
            Context::ExploreLive | Context::ExploreHeld => Wording::new("The run that is explored", "探索中の実行"),
            Context::RunActions(_) | Context::ExploreActions(_) | Context::IdleActions(_) => {
                Wording::new("Actions of this lab", "このラボの操作")
            }
            Context::Guess => Wording::new("Real or fake", "本物か偽物か"),
            Context::Distributions => Wording::new("Two distributions", "二つの分布"),
            Context::Repl => Wording::new("Conversation", "対話"),
            Context::Board => Wording::new("Board", "盤"),
            Context::BoardMore => Wording::new("Beside the board", "盤の横"),
            Context::BoardLine => Wording::new("A line to type", "入力行"),
            Context::BoardForm => Wording::new("A new game", "新しい対局"),
            Context::BoardTree => Wording::new("Search tree", "探索木"),
            Context::BoardWalk => Wording::new("Step by step", "1 段階ずつ"),
            Context::BoardEdit => Wording::new("A position set up", "局面の編集"),
            Context::BoardPuzzle => Wording::new("Find the winning move", "勝ちの一手"),
            Context::Exercises => Wording::new("Exercises", "演習"),
            Context::Notes => Wording::new("Notes", "ノート"),
            Context::Class | Context::ClassPresented | Context::ClassInstructor | Context::ClassPresenter => {
                Wording::new("In a class", "クラス")
            }
            Context::ClassList | Context::ClassHeld | Context::ClassLine => Wording::new("The class", "クラスの一覧"),
            Context::ClassAnswers => Wording::new("Answers of the class", "クラスの解答"),
            Context::ClassViewing => Wording::new("Somebody else's screen", "ほかの人の画面"),
            Context::ClassPointer => Wording::new("Pointer", "ポインター"),
        }
    }
}

/// Keys, what they do where, and a word for it.
#[derive(Debug, Clone)]
pub struct Binding {
    pub context: Context,
    pub keys: Cow<'static, [Key]>,
    pub action: Action,
    pub help: Wording,
    /// Rank in the footer, 1 first; 0 is on the help page only.
    pub footer: u8,
}

/// The bindings of a context: those of the key map, or those that a lab's actions declare.
pub fn bindings(context: Context) -> Vec<Binding> {
    let (actions, wanted): (&'static [ActionSpec], fn(&ActionSpec) -> bool) = match context {
        Context::RunActions(actions) => (actions, ActionSpec::is_for_train),
        Context::ExploreActions(actions) | Context::IdleActions(actions) => (actions, ActionSpec::is_for_explore),
        _ => return BINDINGS.iter().filter(|binding| binding.context == context).cloned().collect(),
    };
    let binding = |action: &ActionSpec| {
        // What is picked is also applied by Enter, if there is one thing to do with it.
        let first = actions.iter().find(|other| other.argument.is_picked()) == Some(action);
        let keys = [letter(action.key)].into_iter().chain(first.then(|| key(KeyCode::Enter))).collect();
        Binding { context, keys: Cow::Owned(keys), action: Action::Perform(action.name), help: action.help, footer: 3 }
    };
    actions.iter().filter(|action| wanted(action)).map(binding).collect()
}

/// The contexts beside a live run with these knobs, or none: keys of actions that nothing takes are not named.
pub fn beside_run(contexts: Vec<Context>, run: Option<&Knobs>) -> Vec<Context> {
    let takes = |action: &ActionSpec| action.is_for_explore() && run.is_some_and(|knobs| action.fits(knobs));
    let idle = |context| match context {
        Context::ExploreActions(actions) if !actions.iter().any(takes) => Some(Context::IdleActions(actions)),
        Context::ExploreLive if run.is_none() => None,
        other => Some(other),
    };
    contexts.into_iter().filter_map(idle).collect()
}

/// The contexts of a run that is held, in which the key that pauses it is named for what it does then.
pub fn while_held(contexts: Vec<Context>) -> Vec<Context> {
    let held = |context| match context {
        Context::TrainLive => Some(Context::TrainHeld),
        Context::ExploreLive => Some(Context::ExploreHeld),
        _ => None,
    };
    contexts.into_iter().flat_map(|context| held(context).into_iter().chain([context])).collect()
}

/// What a key means in a context; with `in_text`, printable keys belong to the text.
pub fn action(contexts: &[Context], event: &KeyEvent, in_text: bool) -> Option<Action> {
    let contexts = contexts.iter().chain([&Context::Everywhere]);
    let mut found = contexts.flat_map(|context| bindings(*context));
    let matches = |binding: &Binding| binding.keys.iter().any(|key| key.is(event) && !(in_text && key.is_text()));
    found.find(matches).map(|binding| binding.action)
}

/// Whether something has a first place and a last one where one is.
fn has_ends(contexts: &[Context]) -> bool {
    use Context::{BoardEdit, BoardForm, BoardLine, BoardPuzzle, Distributions, DrawingPad, Guess, ViewInputs};
    let without = [BoardEdit, BoardForm, BoardLine, BoardPuzzle, Distributions, DrawingPad, Guess];
    contexts.contains(&ViewInputs) || !contexts.iter().any(|context| without.contains(context))
}

fn is_to_an_end(action: Action) -> bool {
    matches!(action, Action::Home | Action::End)
}

/// The bindings that hold, in the order of their contexts, each with the keys that mean it: a key that a nearer context
/// took means what it means there, and with `in_text` printable keys mean nothing but themselves.
pub fn working(contexts: &[Context], in_text: bool) -> Vec<(Vec<Key>, Binding)> {
    let mut taken: Vec<Key> = Vec::new();
    let mut found = Vec::new();
    for context in contexts.iter().chain([&Context::Everywhere]) {
        let mut own = Vec::new();
        for binding in bindings(*context) {
            if *context == Context::Everywhere && !has_ends(contexts) && is_to_an_end(binding.action) {
                continue;
            }
            // A map of codes has a middle and no end.
            if binding.action == Action::End && contexts.contains(&Context::Codes) {
                continue;
            }
            let is_free = |key: &&Key| !(taken.contains(key) || in_text && key.is_text());
            let keys: Vec<Key> = binding.keys.iter().filter(is_free).copied().collect();
            own.extend_from_slice(&keys);
            if !keys.is_empty() && !matches!(context, Context::IdleActions(_)) {
                found.push((keys, binding));
            }
        }
        taken.extend(own);
    }
    found
}

/// The bindings to name in the footer, each with the key to name, the most useful first.
pub fn footer(contexts: &[Context], in_text: bool) -> Vec<(Key, Binding)> {
    let working = working(contexts, in_text);
    let mut shown: Vec<(Key, Binding)> = Vec::new();
    for context in contexts.iter().chain([&Context::Everywhere]) {
        let own = working.iter().filter(|(_, binding)| binding.context == *context && binding.footer > 0);
        let mut own: Vec<(Key, Binding)> = own.map(|(keys, binding)| (keys[0], binding.clone())).collect();
        own.sort_by_key(|(_, binding)| binding.footer);
        let is_new = |(_, binding): &(Key, Binding)| !shown.iter().any(|(_, shown)| shown.action == binding.action);
        let new: Vec<(Key, Binding)> = own.into_iter().filter(is_new).collect();
        shown.extend(new);
    }
    shown
}

#[cfg(test)]
mod tests;
