//! The key map.

use super::key::{DIGITS, alt, alt_key, ctrl, key, letter};
use super::{Action as A, Binding, Context};
use crate::experiment::Wording;
use crossterm::event::KeyCode;
use std::borrow::Cow;

macro_rules! bindings {
    ($($context:ident: [$($key:expr),+] => $action:expr, $en:literal, $ja:literal, $footer:literal;)+) => {
        &[$(Binding {
            context: Context::$context,
            keys: Cow::Borrowed(&[$($key),+]),
            action: $action,
            help: Wording::new($en, $ja),
            footer: $footer,
        }),+]
    };
}

/// Every binding that no lab declares.
pub(super) static BINDINGS: &[Binding] = bindings! {
    Everywhere: [letter('?'), key(KeyCode::F(1))] => A::Help, "keys", "キー", 8;
    Everywhere: [letter(':'), ctrl('p')] => A::Palette, "commands", "コマンド", 7;
    Everywhere: [key(KeyCode::Esc), letter('q')] => A::Back, "back", "戻る", 9;
    Everywhere: [ctrl('c')] => A::Quit, "quit", "終了", 0;
    Everywhere: [letter('l')] => A::SwitchLanguage, "language", "言語", 0;
    Everywhere: [letter('i')] => A::SwitchPictures, "picture mode", "画像モード", 0;
    Everywhere: [letter('T')] => A::SwitchTheme, "dark or light", "配色", 0;
    Everywhere: [letter('M')] => A::FreeMouse, "free the mouse to select text", "マウスを文字選択に使う", 0;
    Everywhere: [ctrl('z')] => A::Suspend, "to the shell (fg returns)", "シェルへ(fg で戻る)", 0;
    Everywhere: [ctrl('l')] => A::Redraw, "redraw", "再描画", 0;
    Everywhere: [key(KeyCode::Up), letter('k')] => A::Up, "up", "上", 0;
    Everywhere: [key(KeyCode::Down), letter('j')] => A::Down, "down", "下", 0;
    Everywhere: [key(KeyCode::Left)] => A::Left, "left", "左", 0;
    Everywhere: [key(KeyCode::Right)] => A::Right, "right", "右", 0;
    Everywhere: [key(KeyCode::PageUp)] => A::PageUp, "page up", "前の画面", 0;
    Everywhere: [key(KeyCode::PageDown)] => A::PageDown, "page down", "次の画面", 0;
    Everywhere: [key(KeyCode::Home), letter('g')] => A::Home, "start", "先頭", 0;
    Everywhere: [key(KeyCode::End), letter('G')] => A::End, "end", "末尾", 0;
    Everywhere: [key(KeyCode::Enter)] => A::Confirm, "choose", "決定", 0;
    Everywhere: [key(KeyCode::Tab)] => A::NextPane, "next pane", "次の枠", 0;
    Everywhere: [key(KeyCode::BackTab)] => A::PreviousPane, "pane before", "前の枠", 0;

    Picker: [key(KeyCode::Enter)] => A::Confirm, "open", "開く", 1;
    Picker: [letter('/')] => A::Search, "search", "検索", 2;
    Picker: [letter('c')] => A::Continue, "continue", "続きから", 3;
    Picker: [letter('R')] => A::Runs, "runs", "過去の実行", 4;
    Picker: [letter('d')] => A::Demo, "demo", "デモ", 5;
    Picker: [letter('l')] => A::SwitchLanguage, "language", "言語", 6;
    Picker: [letter('q'), key(KeyCode::Esc)] => A::Back, "quit", "終了", 9;

    PickerSearch: [key(KeyCode::Enter)] => A::Confirm, "open", "開く", 1;
    PickerSearch: [key(KeyCode::Esc)] => A::Back, "end the search", "検索を終える", 2;

    Demo: [letter(' '), key(KeyCode::Right)] => A::DemoForward, "next step", "次へ", 1;
    Demo: [key(KeyCode::Left)] => A::DemoBack, "step before", "前へ", 2;
    Demo: [letter('r')] => A::DemoRestart, "restart the demo", "デモを最初から", 3;
    Demo: [letter('N')] => A::DemoNotes, "notes", "発表者ノート", 4;
    Demo: [key(KeyCode::Esc)] => A::DemoEnd, "end the demo", "デモを終える", 5;

    Lab: [letter(']')] => A::NextTab, "next tab", "次のタブ", 5;
    Lab: [letter('[')] => A::PreviousTab, "tab before", "前のタブ", 6;
    Lab: [alt('1')] => A::Tab(0), "Theory", "理論", 0;
    LabTrain: [alt('2')] => A::Tab(1), "Train", "学習", 0;
    LabTrain: [letter('R')] => A::Runs, "runs", "過去の実行", 0;
    LabRest: [alt('3')] => A::Tab(2), "Explore", "探索", 0;
    LabRest: [alt('4')] => A::Tab(3), "Exercises", "演習", 0;
    LabRest: [alt('5')] => A::Tab(4), "Notes", "ノート", 0;

    Theory: [key(KeyCode::Right), letter('n')] => A::NextPage, "next page", "次のページ", 1;
    Theory: [key(KeyCode::Left), letter('p')] => A::PreviousPage, "page before", "前のページ", 2;
    Theory: [key(KeyCode::Down), letter('j')] => A::Down, "scroll", "スクロール", 3;
    Theory: [letter(' '), key(KeyCode::PageDown)] => A::PageDown, "scroll a screen", "1 画面進む", 0;

    TrainSetup: [key(KeyCode::Enter)] => A::Confirm, "start", "開始", 1;
    TrainSetup: [key(KeyCode::Up)] => A::Up, "choose", "選ぶ", 2;
    TrainSetup: [key(KeyCode::Left)] => A::KnobDown, "less", "減らす", 0;
    TrainSetup: [key(KeyCode::Right)] => A::KnobUp, "change", "変える", 3;

    TrainPresets: [key(KeyCode::Tab), key(KeyCode::BackTab)] => A::NextPane, "knobs", "設定へ", 1;

    TrainKnobs: [DIGITS] => A::TypeNumber, "type a value", "値を入力", 2;
    TrainKnobs: [key(KeyCode::Tab), key(KeyCode::BackTab)] => A::NextPane, "presets", "プリセットへ", 1;

    StoppedRuns: [letter('r')] => A::Resume, "resume last", "再開", 1;
    EarlierRuns: [letter('R')] => A::Runs, "earlier runs", "過去の実行", 2;

    TrainHeld: [letter(' ')] => A::Pause, "go on", "再開", 1;

    TrainLive: [letter(' ')] => A::Pause, "pause", "一時停止", 1;
    TrainLive: [letter('.')] => A::SingleStep, "step", "1 ステップ", 2;
    TrainLive: [letter('S')] => A::StopRun, "stop", "停止", 0;

    LiveKnobs: [letter('>')] => A::KnobUp, "knob up", "設定を上げる", 1;
    LiveKnobs: [letter('<')] => A::KnobDown, "knob down", "設定を下げる", 2;
    LiveKnobs: [key(KeyCode::Down), letter('J')] => A::KnobNext, "next knob", "次の設定", 3;
    LiveKnobs: [key(KeyCode::Up), letter('K')] => A::KnobPrevious, "knob before", "前の設定", 0;

    TrainOver: [letter('n')] => A::NewRun, "new run", "新しい実行", 1;
    TrainOver: [letter('R')] => A::Runs, "earlier runs", "過去の実行", 2;
    TrainOver: [letter('e')] => A::Report, "explain the report", "結果の説明", 2;
    TrainOver: [letter('x')] => A::Export, "export", "書き出し", 2;

    Report: [key(KeyCode::Up)] => A::Up, "scroll", "スクロール", 1;
    Report: [letter('e')] => A::Report, "close", "閉じる", 0;

    Runs: [key(KeyCode::Enter)] => A::Confirm, "open", "開く", 1;
    Runs: [key(KeyCode::Up)] => A::Up, "choose", "選ぶ", 2;
    Runs: [letter('r')] => A::Resume, "resume", "再開", 3;
    Runs: [letter('d')] => A::Delete, "delete, or keep", "削除・取り消し", 4;
    Runs: [letter('x')] => A::Export, "export", "書き出し", 0;
    Runs: [letter('o')] => A::Overlay, "compare", "比べる", 5;
    Runs: [letter('/')] => A::Search, "filter", "絞り込み", 6;
    Runs: [letter('n')] => A::Rename, "name", "名前", 7;
    Runs: [letter('p')] => A::Pin, "pin", "固定", 8;
    Runs: [letter('s')] => A::Sort, "sort", "並べ替え", 9;
    Runs: [letter('N')] => A::Annotate, "note", "メモ", 0;
    Runs: [letter('u')] => A::Undo, "undo: unmark, or restore", "印を外す・削除を戻す", 0;
    NoRuns: [letter('u')] => A::Undo, "restore the last", "最後の一つを戻す", 1;

    Train: [key(KeyCode::Left)] => A::Left, "cursor", "カーソル", 3;
    Train: [key(KeyCode::Right)] => A::Right, "cursor", "カーソル", 0;
    Train: [key(KeyCode::Tab)] => A::NextPane, "next pane", "次の枠", 4;
    Train: [letter('+'), letter('=')] => A::ZoomIn, "zoom", "拡大", 5;
    Train: [letter('-')] => A::ZoomOut, "zoom out", "縮小", 0;
    Train: [letter('0')] => A::ZoomReset, "whole run", "全体", 0;
    Train: [letter('y')] => A::LogScale, "log axis", "対数軸", 6;
    Train: [letter('Y')] => A::LaterHalf, "y of the later half", "y を後半に合わせる", 0;
    Train: [letter('s')] => A::Smooth, "smooth", "平滑化", 7;
    Train: [letter('o')] => A::Overlay, "overlay earlier runs", "過去の実行を重ねる", 8;
    Train: [letter('f')] => A::Maximise, "full pane", "全面", 9;
    Train: [letter('x')] => A::Export, "export", "書き出し", 0;
    Train: [letter('w')] => A::CopyReadout, "copy the read-out", "読み取り値をコピー", 0;
    Train: [letter('n')] => A::NewRun, "new run", "新しい実行", 0;
    Train: [letter('R')] => A::Runs, "earlier runs", "過去の実行", 0;
    Train: [letter('r')] => A::Resume, "resume a stopped run", "停止した実行を再開", 0;

    Panes: [key(KeyCode::Tab)] => A::NextPane, "next pane", "次の枠", 1;

    Models: [alt('m')] => A::SwitchModel, "the run's model or the bundled one", "実行のモデルと同梱モデルの切り替え", 0;

    EarlierModels: [alt('r')] => A::Runs, "runs, and their models", "過去の実行とそのモデル", 0;

    Room: [letter('f')] => A::Maximise, "full pane", "全面", 9;

    Codes: [letter('a')] => A::PinStart, "pin A", "A に固定", 2;
    Codes: [letter('b')] => A::PinEnd, "pin B", "B に固定", 3;
    Codes: [letter('m')] => A::Morph, "morph A→B", "A→B モーフ", 4;
    Codes: [letter('r')] => A::RandomCode, "random z", "ランダムな z", 5;

    Examples: [letter('e')] => A::NextExample, "next test digit", "次のテスト画像", 6;

    ExploreHeld: [letter(' ')] => A::Pause, "let the run go on", "実行を再開", 4;

    ExploreLive: [letter(' ')] => A::Pause, "pause the run", "実行を一時停止", 4;

    ViewSeed: [letter('r'), letter('e')] => A::RandomCode, "another example", "別の例", 4;
    ViewInputs: [letter(',')] => A::KnobPrevious, "input before", "前の入力", 0;
    ViewInputs: [letter('.')] => A::KnobNext, "next input", "次の入力", 0;
    ViewInputs: [letter('<')] => A::KnobDown, "turn it down", "下げる", 0;
    ViewInputs: [letter('>')] => A::KnobUp, "turn it up", "上げる", 0;

    ViewList: [key(KeyCode::PageDown)] => A::PageDown, "more rows", "続きの行", 2;
    ViewList: [key(KeyCode::PageUp)] => A::PageUp, "rows before", "前の行", 0;

    ViewArrows: [key(KeyCode::Left)] => A::Left, "turn", "変える", 2;
    ViewArrows: [key(KeyCode::Right)] => A::Right, "turn", "変える", 0;
    ViewArrows: [key(KeyCode::Up)] => A::Up, "input", "入力", 3;
    ViewArrows: [key(KeyCode::Down)] => A::Down, "input", "入力", 0;

    ViewDigits: [DIGITS] => A::TypeNumber, "type a number", "数値を入力", 3;

    ViewNumber: [key(KeyCode::Enter), key(KeyCode::Tab)] => A::Confirm, "set", "決定", 1;
    ViewNumber: [key(KeyCode::Esc)] => A::Back, "leave it", "やめる", 2;

    ViewText: [key(KeyCode::Enter)] => A::Confirm, "ask", "送る", 2;
    ViewText: [key(KeyCode::Up)] => A::Up, "input", "入力", 3;
    ViewText: [key(KeyCode::Down)] => A::Down, "input", "入力", 0;

    ViewMotion: [key(KeyCode::Enter)] => A::Confirm, "play, faster, stop", "再生・速く・停止", 1;

    ViewPanel: [key(KeyCode::Left)] => A::Left, "pick", "選ぶ", 2;
    ViewPanel: [key(KeyCode::Right)] => A::Right, "pick", "選ぶ", 0;

    Guess: [letter('y'), key(KeyCode::Left)] => A::GuessReal, "real", "本物", 2;
    Guess: [letter('n'), key(KeyCode::Right)] => A::GuessFake, "fake", "偽物", 3;
    Guess: [letter('r')] => A::RandomCode, "once more", "もう一度", 4;

    Distributions: [letter('m')] => A::NextKind, "other kind", "別の種類", 1;
    Distributions: [letter('o')] => A::Other, "P or Q", "P か Q", 2;
    Distributions: [key(KeyCode::Left)] => A::Left, "move", "動かす", 3;
    Distributions: [key(KeyCode::Right)] => A::Right, "move", "動かす", 0;
    Distributions: [key(KeyCode::Up)] => A::Up, "wider", "広げる", 0;
    Distributions: [key(KeyCode::Down)] => A::Down, "narrower", "狭める", 0;
    Distributions: [letter('f')] => A::FitForward, "fit forward", "順方向に合わせる", 4;
    Distributions: [letter('v')] => A::FitReverse, "fit in reverse", "逆方向に合わせる", 5;
    Distributions: [letter('r')] => A::RandomCode, "random", "ランダム", 6;

    Repl: [key(KeyCode::Enter)] => A::Confirm, "say", "送る", 1;
    Repl: [key(KeyCode::Tab)] => A::Complete, "complete", "補完", 2;
    Repl: [key(KeyCode::Up)] => A::Up, "lines before", "履歴", 3;
    Repl: [key(KeyCode::Down)] => A::Down, "later lines", "履歴を戻る", 0;
    Repl: [alt_key(KeyCode::Enter), ctrl('j')] => A::NewLine, "a line more", "改行", 0;
    Repl: [key(KeyCode::PageUp)] => A::PageUp, "scroll up", "上へスクロール", 0;
    Repl: [key(KeyCode::PageDown)] => A::PageDown, "scroll down", "下へスクロール", 0;
    Repl: [alt_key(KeyCode::Left)] => A::PanLeft, "pan the plot", "図を動かす", 0;
    Repl: [alt_key(KeyCode::Right)] => A::PanRight, "pan the plot", "図を動かす", 0;
    Repl: [alt_key(KeyCode::Up)] => A::PanUp, "pan the plot", "図を動かす", 0;
    Repl: [alt_key(KeyCode::Down)] => A::PanDown, "pan the plot", "図を動かす", 0;
    Repl: [alt('+'), alt('=')] => A::ZoomIn, "zoom the plot", "図を拡大", 0;
    Repl: [alt('-')] => A::ZoomOut, "zoom out", "図を縮小", 0;
    Repl: [alt('0')] => A::ZoomReset, "whole plot", "図の全体", 0;
    Repl: [alt('x')] => A::Clear, "close the plot", "図を閉じる", 0;

    ReplPanes: [key(KeyCode::BackTab)] => A::PreviousPane, "other pane", "別の枠", 4;

    Board: [key(KeyCode::Enter)] => A::Confirm, "play", "打つ・指す", 5;
    Board: [letter('h')] => A::Hint, "hint", "ヒント", 3;
    Board: [letter('u')] => A::Undo, "undo", "待った", 4;
    Board: [letter('U'), ctrl('r')] => A::Redo, "redo", "やり直す", 0;
    Board: [letter('p')] => A::Pass, "pass", "パス", 0;
    Board: [letter('R')] => A::Resign, "resign", "投了", 0;
    Board: [letter('s')] => A::SwapSides, "swap sides", "先後を入れ替える", 0;
    Board: [letter(' ')] => A::Pause, "let it move, or pause", "指させる・止める", 0;
    Board: [letter('<'), letter(',')] => A::MoveBefore, "move before", "1 手戻って見る", 0;
    Board: [letter('>')] => A::MoveAfter, "next move", "1 手進めて見る", 0;
    Board: [letter('+'), letter('=')] => A::SlideUp, "larger c", "c を大きく", 6;
    Board: [letter('-')] => A::SlideDown, "smaller c", "c を小さく", 0;
    Board: [letter('v')] => A::Predict, "predict the most visited move", "最多訪問の手を予想する", 0;
    Board: [letter('m')] => A::TypeMove, "type a move", "手を入力する", 0;
    Board: [letter('e')] => A::EditPosition, "set up a position", "局面を作る", 0;
    Board: [letter('w')] => A::SaveGame, "save the game", "棋譜を保存", 0;
    Board: [letter('o')] => A::OpenGame, "open a game", "棋譜を開く", 0;

    BoardMore: [letter('n')] => A::NewGame, "new game", "新しい対局", 1;
    BoardMore: [letter('.')] => A::SingleStep, "MCTS step", "MCTS を 1 段階", 2;
    BoardMore: [letter('t')] => A::Tree, "tree", "木", 3;
    BoardMore: [letter('a')] => A::Analyse, "analyse", "解析", 4;

    BoardLine: [key(KeyCode::Enter)] => A::Confirm, "done", "決定", 1;
    BoardLine: [key(KeyCode::Esc)] => A::Back, "leave it", "やめる", 2;

    BoardForm: [key(KeyCode::Enter)] => A::Confirm, "begin", "開始", 1;
    BoardForm: [key(KeyCode::Up)] => A::Up, "row", "行", 2;
    BoardForm: [key(KeyCode::Left)] => A::Left, "change", "変える", 3;
    BoardForm: [DIGITS] => A::TypeNumber, "type the level or the seed", "レベル・シードを入力", 0;
    BoardForm: [letter('n')] => A::NewGame, "leave it", "やめる", 0;

    BoardTree: [key(KeyCode::Right)] => A::Right, "open", "開く", 1;
    BoardTree: [key(KeyCode::Left)] => A::Left, "close", "閉じる", 2;
    BoardTree: [key(KeyCode::Up)] => A::Up, "choose", "選ぶ", 3;
    BoardTree: [letter('t')] => A::Tree, "leave the tree", "木を閉じる", 4;

    BoardWalk: [letter('.'), key(KeyCode::Enter)] => A::SingleStep, "next step", "次の段階", 1;
    BoardWalk: [letter(',')] => A::StepBack, "back", "戻る", 2;
    BoardWalk: [letter('>')] => A::StepMany, "10 simulations", "10 回進む", 3;
    BoardWalk: [key(KeyCode::Up)] => A::Up, "node above", "上のノード", 4;
    BoardWalk: [key(KeyCode::Down)] => A::Down, "node below", "下のノード", 0;

    BoardEdit: [key(KeyCode::Enter)] => A::Confirm, "play from here", "ここから対局", 1;
    BoardEdit: [key(KeyCode::Esc)] => A::Back, "leave it", "やめる", 2;
    BoardEdit: [key(KeyCode::Up)] => A::Up, "cursor", "カーソル", 0;

    BoardPuzzle: [key(KeyCode::Enter)] => A::Confirm, "answer", "答える", 2;
    BoardPuzzle: [key(KeyCode::Left)] => A::Left, "column", "列", 3;
    BoardPuzzle: [letter('r')] => A::RandomCode, "another", "別の問題", 4;

    DrawingPad: [letter(' ')] => A::Pen, "pen", "ペン", 1;
    DrawingPad: [key(KeyCode::Backspace), letter('x')] => A::Clear, "clear", "消す", 2;
    DrawingPad: [letter('u')] => A::Undo, "undo", "元に戻す", 3;
    DrawingPad: [letter('U'), ctrl('r')] => A::Redo, "redo", "やり直す", 0;

    PadModel: [letter('e')] => A::NextExample, "next test digit", "次のテスト画像", 4;
    PadModel: [letter('n')] => A::AddNoise, "noise it", "ノイズ", 5;
    PadModel: [letter('h')] => A::MaskHalf, "hide half", "半分隠す", 6;
    PadModel: [letter('d')] => A::Denoise, "denoise", "ノイズ除去", 7;
    PadModel: [letter('z')] => A::Noise, "pure noise", "純粋なノイズ", 0;

    Exercises: [key(KeyCode::Enter)] => A::Confirm, "answer", "解答", 1;
    Exercises: [letter('h')] => A::Hint, "hint", "ヒント", 2;
    Exercises: [key(KeyCode::Tab)] => A::NextPane, "next", "次の演習", 3;
    Exercises: [key(KeyCode::BackTab)] => A::PreviousPane, "before", "前の演習", 0;
    Exercises: [letter('n')] => A::NextOpen, "next open", "次の未解答", 4;
    Exercises: [key(KeyCode::PageDown)] => A::PageDown, "scroll", "スクロール", 0;

    Notes: [key(KeyCode::Esc)] => A::Back, "back", "戻る", 1;

    Class: [key(KeyCode::F(8))] => A::RaiseHand, "hand up or down", "挙手・取り消し", 0;
    ClassPresented: [key(KeyCode::F(9))] => A::Follow, "the screen that is presented", "発表中の画面を見る", 0;
    ClassInstructor: [key(KeyCode::F(10))] => A::Class, "class", "クラス", 9;
    ClassInstructor: [key(KeyCode::F(12))] => A::Present, "show your screen to the class, or end it", "画面をクラスに見せる・やめる", 0;
    ClassPresenter: [key(KeyCode::F(7))] => A::Point, "pointer", "ポインター", 9;

    ClassList: [key(KeyCode::Enter)] => A::Confirm, "see the screen", "画面を見る", 1;
    ClassList: [key(KeyCode::Up)] => A::Up, "choose", "選ぶ", 2;
    ClassList: [letter('h')] => A::LowerHand, "hand seen", "挙手を確認", 3;
    ClassList: [letter('p'), key(KeyCode::F(12))] => A::Present, "present, or end it", "画面を見せる・やめる", 4;
    ClassList: [letter('a')] => A::Answers, "answers", "解答", 4;
    ClassList: [letter('m')] => A::Message, "message", "メッセージ", 5;
    ClassList: [letter('M')] => A::MessageAll, "to all", "全員へ", 6;
    ClassHeld: [letter('x')] => A::EndRun, "end the held run", "停止中の実行を終了", 1;
    ClassList: [letter('x')] => A::EndRun, "end a held run", "停止中の実行を終了", 0;
    ClassList: [letter('/')] => A::Search, "filter", "絞り込み", 7;
    ClassList: [letter('s')] => A::Sort, "sort", "並べ替え", 8;
    ClassList: [key(KeyCode::Esc), letter('q'), key(KeyCode::F(10))] => A::Back, "back", "戻る", 9;

    ClassLine: [key(KeyCode::Enter)] => A::Confirm, "done", "決定", 1;
    ClassLine: [key(KeyCode::Esc)] => A::Back, "leave it", "やめる", 2;

    ClassAnswers: [key(KeyCode::Up)] => A::Up, "choose", "選ぶ", 1;
    ClassAnswers: [key(KeyCode::Right)] => A::Right, "other labs", "ほかのラボ", 2;
    ClassAnswers: [key(KeyCode::Esc), letter('q'), letter('a')] => A::Back, "back", "戻る", 3;

    ClassViewing: [key(KeyCode::Esc), letter('q'), key(KeyCode::F(9))] => A::Back, "back", "戻る", 1;
    ClassViewing: [key(KeyCode::Left)] => A::Left, "move", "動かす", 2;

    ClassPointer: [key(KeyCode::Left)] => A::Left, "move", "動かす", 1;
    ClassPointer: [key(KeyCode::Esc), letter('q'), key(KeyCode::F(7))] => A::Back, "put it away", "しまう", 2;
};
