//! The real binary in a pseudo-terminal.

mod support;

#[path = "screen/explore.rs"]
mod explore;

use support::Terminal;
use tempfile::TempDir;

const ESC: &str = "\x1b";
const ENTER: &str = "\r";
const CTRL_C: &str = "\x03";
const CTRL_L: &str = "\x0c";
const CTRL_P: &str = "\x10";
const CTRL_Z: &str = "\x1a";
const F1: &str = "\x1bOP";

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn alt(digit: char) -> String {
    format!("{ESC}{digit}")
}

/// Opens the lab and stands on its Train tab.
fn at_train(home: &TempDir, size: (u16, u16)) -> Terminal {
    let terminal = Terminal::start(home.path(), &[], size, &[]);
    terminal.open_lab("Variational");
    terminal.wait_for("Why a plain autoencoder cannot generate");
    terminal.press(&alt('2'));
    terminal.wait_for("ten epochs");
    terminal
}

#[test]
fn the_first_frame_is_the_picker_and_quitting_leaves_the_terminal_as_it_was() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), &[], (80, 24), &[]);
    terminal.wait_for("Autoencoder");
    terminal.wait_for_picker();
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
    let raw = terminal.raw();
    let last = |on: &[u8], off: &[u8]| {
        let find = |mode: &[u8]| raw.windows(mode.len()).rposition(|window| window == mode);
        find(off) > find(on)
    };
    assert!(last(b"\x1b[?1049h", b"\x1b[?1049l"), "the other screen is left");
    assert!(last(b"\x1b[?1000h", b"\x1b[?1000l"), "the mouse is given back");
    assert!(last(b"\x1b[?25l", b"\x1b[?25h"), "the cursor is shown");
    assert!(last(b"\x1b[?2004h", b"\x1b[?2004l"), "paste is plain again");
}

#[test]
fn a_student_trains_looks_draws_and_answers() {
    let home = home();
    let mut terminal = at_train(&home, (120, 36));
    terminal.press(ENTER);
    terminal.wait_for("running");
    terminal.wait_for("samples");
    // Hold, one step, turn a knob, go on.
    terminal.press(" ");
    terminal.wait_for("paused");
    terminal.press(".");
    terminal.press(">");
    terminal.wait_for("2e−3");
    terminal.press(" ");
    terminal.wait_for("running");
    // Explore asks the model that trains.
    terminal.press(&alt('3'));
    terminal.wait_for("model: your run");
    terminal.wait_for("variance");
    terminal.press("e");
    terminal.wait_for("test 0: 7");
    terminal.press("a");
    terminal.press("e");
    terminal.wait_for("test 1: 2");
    terminal.press("bm");
    terminal.wait_for("solved: Between two digits");
    // A drawing by keys, spoilt and cleaned.
    terminal.press("\t");
    terminal.press(" ");
    terminal.press(&"\x1b[B".repeat(12));
    terminal.press(" ");
    terminal.wait_for("ELBO −");
    terminal.press("nd");
    terminal.wait_for("solved: Your own digit");
    // A wrong answer, then the right one.
    terminal.press(&alt('4'));
    terminal.wait_for("Which term moves first?");
    terminal.press(ENTER);
    terminal.wait_for("Training lowers");
    terminal.press("2");
    terminal.press(ENTER);
    terminal.wait_for("in nats per picture");
    // Quitting asks first, because the run goes on.
    terminal.press(CTRL_C);
    terminal.wait_for("Quit?");
    terminal.press(ENTER);
    assert_eq!(terminal.exit_code(), 0);
    let runs = std::fs::read_dir(home.path().join("runs")).unwrap().count();
    assert_eq!(runs, 1);
    // What was earned is there the next time.
    let again = Terminal::start(home.path(), &[], (120, 36), &[]);
    again.wait_for("exercises");
    assert!(again.text().contains("/242 exercises") && !again.text().contains(" 0/242 exercises"), "{}", again.text());
}

/// A run is opened again after a restart, with its curves and the model that it kept; another is deleted, or kept after all.
#[test]
fn an_earlier_run_is_opened_again_and_answers_on_explore() {
    const DOWN: &str = "\x1b[B";
    let home = home();
    for seed in ["41", "42"] {
        let mut train = std::process::Command::new(env!("CARGO_BIN_EXE_shinso"));
        train.args(["train", "vae", "--seed", seed, "--set", "epochs=1", "--set", "hidden=16", "--set", "batch=500"]);
        let ended = train.env("SHINSO_HOME", home.path()).output().expect("the program");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    // Those that were deleted wait in a hidden folder.
    let is_run = |name: &std::ffi::OsStr| !name.as_encoded_bytes().starts_with(b".");
    let runs = || {
        let entries = std::fs::read_dir(home.path().join("runs")).unwrap();
        entries.filter(|entry| is_run(&entry.as_ref().unwrap().file_name())).count()
    };
    let mut terminal = at_train(&home, (100, 30));
    terminal.press("R");
    terminal.wait_for("42   ");
    terminal.wait_for("41   ");
    terminal.wait_for("this run");
    terminal.press("d");
    terminal.wait_for("✗ deleted when you leave");
    terminal.press("d");
    terminal.wait_until("the mark taken back", |text| !text.contains('✗'));
    // One that is opened is kept, although it was marked.
    terminal.press(&format!("{DOWN}d"));
    terminal.wait_for("▸ ✗");
    terminal.press(ENTER);
    terminal.wait_for("✓ finished");
    assert_eq!(runs(), 2);
    // A finished run cannot be resumed; what is open stays open.
    terminal.press("Rr");
    terminal.wait_for("is finished");
    terminal.press(ESC);
    terminal.wait_for("samples");
    terminal.press(&alt('3'));
    terminal.wait_for("model: run …");
    terminal.wait_for("variance");
    // The model of the other run, chosen from the list without leaving Explore for good, and back again.
    let model = |screen: &str| screen.split("run …").nth(1).map(|rest| rest.chars().take(6).collect::<String>());
    let first = model(&terminal.text()).expect("the model's name");
    for (key, is_first) in [("[A", false), ("[B", true)] {
        terminal.press(&alt('r'));
        terminal.wait_for("41   ");
        terminal.press(&format!("{ESC}{key}{ENTER}"));
        terminal.wait_until("the other model", |screen| {
            screen.contains("variance") && model(screen).is_some_and(|model| (model == first) == is_first)
        });
    }
    // Both are deleted, once the list is left: the other one, and, after the lab was left and entered again, the open one.
    terminal.press(&alt('2'));
    terminal.wait_for("✓ finished");
    terminal.wait_for("samples");
    terminal.press("R");
    terminal.wait_for("●  20");
    terminal.press(&format!("{ESC}[Ad"));
    terminal.wait_for("✗ deleted when you leave");
    assert_eq!(runs(), 2);
    terminal.press(ESC);
    terminal.wait_for("runs deleted: 1");
    assert_eq!(runs(), 1);
    // It comes back, and goes again.
    terminal.press("Ru");
    terminal.wait_for("restored: ");
    assert_eq!(runs(), 2);
    terminal.press("d");
    terminal.wait_for("✗ deleted when you leave");
    terminal.press(ESC);
    terminal.wait_for("runs deleted: 1");
    assert_eq!(runs(), 1);
    terminal.press("Rd");
    terminal.wait_for("▸ ✗");
    terminal.press(&alt('3'));
    terminal.wait_for("model: run …");
    terminal.press(ESC);
    terminal.wait_for("labs done");
    assert_eq!(runs(), 0);
    terminal.press(CTRL_C);
    assert_eq!(terminal.exit_code(), 0);
}

/// A run gets a name, a note and a pin, which the command line knows too; a filter finds it, and its curve lies under another's.
#[test]
fn runs_are_named_filtered_pinned_and_overlaid() {
    const DOWN: &str = "\x1b[B";
    let home = home();
    let program = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_shinso"));
        let ended = program.args(arguments).env("SHINSO_HOME", home.path()).output().expect("the program");
        let [out, err] = [ended.stdout, ended.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        (ended.status.success(), out, err)
    };
    for seed in ["41", "42"] {
        let size = ["--set", "epochs=1", "--set", "hidden=16", "--set", "batch=500"];
        let (ended, _, err) = program(&[&["train", "vae", "--seed", seed][..], &size].concat());
        assert!(ended, "{err}");
    }
    let mut terminal = at_train(&home, (100, 30));
    // Of all labs, from the picker; what is opened there is opened in its lab.
    terminal.press(ESC);
    terminal.wait_for("labs done");
    terminal.press("R");
    terminal.wait_for("runs of all labs 2");
    terminal.wait_for("42   ");
    terminal.press(&format!("{DOWN}nsmall one"));
    terminal.wait_for("name: small one");
    terminal.press(ENTER);
    terminal.wait_for("runs of all labs 2");
    terminal.press("Nq");
    terminal.wait_for("note: q");
    terminal.press(ENTER);
    terminal.wait_for("small one  q");
    terminal.press("p");
    terminal.wait_for("★");
    terminal.press("d");
    terminal.wait_for("pinned: p unpins it");
    let (_, listed, _) = program(&["runs", "list"]);
    assert!(listed.lines().any(|line| line.contains("*finished") && line.ends_with("small one  q")), "{listed}");
    assert!(!program(&["runs", "delete", "small one"]).0);
    assert!(program(&["runs", "label", "small one", "--unpin", "--note", ""]).1.ends_with("not pinned  small one\n"));
    // A number alone may stand in the time of an id.
    terminal.press("/seed=42");
    terminal.wait_for("filter: seed=42");
    terminal.wait_until("the other one alone", |text| !text.contains("41   "));
    terminal.press(ENTER);
    terminal.wait_for("runs of all labs 1/2");
    terminal.press(ENTER);
    terminal.wait_for("✓ finished");
    terminal.press("R/small");
    terminal.wait_until("the named one alone", |text| !text.contains("42   "));
    terminal.press(&format!("{ENTER}o"));
    terminal.wait_for("━");
    terminal.press(ESC);
    terminal.wait_for("earlier runs 2");
    terminal.press(ESC);
    terminal.wait_for("━ small one");
    // What it reported, in words.
    terminal.press("e");
    terminal.wait_for("lower bound of ln p(x)");
    terminal.wait_for("bundled model (−98.27)");
    terminal.press("e");
    terminal.wait_for("━ small one");
    let (_, shown, _) = program(&["runs", "show", "last"]);
    assert!(shown.contains("\n# test_elbo (nats): lower bound of ln p(x)"), "{shown}");
    terminal.press(CTRL_C);
    assert_eq!(terminal.exit_code(), 0);
}

/// The arrows go through the options of a choice and on to the next exercise, and back to the last option.
#[test]
fn the_arrows_reach_every_exercise() {
    const UP: &str = "\x1b[A";
    const DOWN: &str = "\x1b[B";
    let home = home();
    let terminal = at_train(&home, (100, 30));
    terminal.press(&alt('4'));
    terminal.wait_for("What does the KL term do?");
    terminal.press(&DOWN.repeat(3));
    terminal.wait_until("the second exercise", |text| !text.contains("What does the KL term do?"));
    terminal.press(UP);
    terminal.wait_for("What does the KL term do?");
    terminal.press(ENTER);
    terminal.wait_for("With KL at zero");
    terminal.press(&DOWN.repeat(20));
    terminal.wait_for("A friend says");
}

#[test]
fn every_window_size_holds_and_a_small_one_says_what_it_needs() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), &[], (80, 24), &[]);
    terminal.wait_for_picker();
    terminal.resize(60, 20);
    terminal.wait_for("The window is too small: 60×20");
    terminal.resize(200, 60);
    terminal.wait_for("Autoencoder");
    terminal.resize(3, 2);
    terminal.resize(100, 30);
    terminal.wait_for("Autoencoder");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}

/// The input thread reads the terminal, so nobody can ask it for its cursor and wait for the answer.
#[cfg(target_os = "linux")]
#[test]
fn redrawing_and_coming_back_from_the_shell_ask_the_terminal_nothing() {
    let home = home();
    let mut terminal = Terminal::start_mute(home.path(), &[], (80, 24));
    terminal.wait_for_picker();
    const CLEAR: &[u8] = b"\x1b[2J";
    const WHERE_IS_THE_CURSOR: &[u8] = b"\x1b[6n";
    // The program has given up asking what the terminal can do, and draws anew.
    terminal.wait_for_more_than(0, CLEAR);
    let asked = terminal.written(WHERE_IS_THE_CURSOR);
    let cleared = terminal.written(CLEAR);
    terminal.press(CTRL_L);
    terminal.wait_for_more_than(cleared, CLEAR);
    // Nobody could continue a program that is the first of its session: the key says so.
    terminal.press(CTRL_Z);
    terminal.wait_for("no shell to go back to here");
    for _ in 0..2 {
        terminal.signal("TSTP");
        terminal.wait_until_suspended();
        let cleared = terminal.written(CLEAR);
        terminal.signal("CONT");
        terminal.wait_for_more_than(cleared, CLEAR);
    }
    // Sizes come and go between the two keys.
    for (columns, rows) in [(120, 40), (81, 24), (200, 60), (80, 24), (90, 30)] {
        terminal.resize(columns, rows);
        terminal.press(CTRL_L);
    }
    terminal.press("?");
    terminal.wait_for("free the mouse to select text");
    terminal.press(ESC);
    terminal.wait_until("the help to go", |screen| !screen.contains("free the mouse"));
    assert_eq!(terminal.written(WHERE_IS_THE_CURSOR), asked, "a question after the first frame");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn language_help_and_commands_are_a_key_away() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), &[], (100, 30), &[]);
    terminal.wait_for_picker();
    terminal.press("?");
    terminal.wait_for("free the mouse to select text");
    terminal.press(ESC);
    terminal.wait_until("the help to go", |screen| !screen.contains("free the mouse"));
    terminal.press("l");
    terminal.wait_for("深層生成モデル");
    // The palette finds a command in either language.
    terminal.press(":lang");
    terminal.wait_for("言語");
    terminal.press(ENTER);
    terminal.wait_for("Deep generative models");
    terminal.press("l");
    terminal.wait_for("深層生成モデル");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
    // The language chosen is kept.
    let again = Terminal::start(home.path(), &[], (100, 30), &[]);
    again.wait_for("深層生成モデル");
}

#[test]
fn notes_are_kept_as_they_are_typed_even_by_a_kill() {
    let home = home();
    let terminal = Terminal::start(home.path(), &[], (80, 24), &[]);
    terminal.open_lab("Variational");
    terminal.wait_for("Why a plain autoencoder");
    terminal.press(&alt('5'));
    terminal.wait_for("your own notes");
    terminal.press("q is the posterior 符号");
    terminal.wait_for("q is the posterior 符号");
    terminal.wait_for("─ saved ┐");
    terminal.signal("KILL");
    let again = Terminal::start(home.path(), &[], (80, 24), &[]);
    again.wait_for_picker();
    again.press("c");
    again.wait_for("q is the posterior 符号");
    // The last word before the end is kept too.
    let mut again = again;
    again.press(" and the end");
    again.press(CTRL_C);
    again.exit_code();
    let last = Terminal::start(home.path(), &[], (80, 24), &[]);
    last.wait_for_picker();
    last.press("c");
    last.wait_for("q is the posterior 符号 and the end");
}

#[test]
fn a_paste_goes_to_what_is_on_top() {
    let home = home();
    let terminal = Terminal::start(home.path(), &[], (80, 24), &[]);
    terminal.open_lab("Variational");
    terminal.press(&alt('5'));
    terminal.wait_for("your own notes");
    let paste = |text: &str| terminal.press(&format!("{ESC}[200~{text}{ESC}[201~"));
    paste("into the notes");
    terminal.wait_for("into the notes");
    terminal.press(CTRL_P);
    terminal.wait_for("Commands");
    paste("leibler");
    terminal.wait_until("one row", |screen| screen.contains("Kullback"));
    // Help takes none.
    terminal.press(ESC);
    terminal.wait_until("the palette is closed", |screen| !screen.contains("Commands"));
    terminal.press(F1);
    terminal.wait_for("F1  keys");
    paste("into the help");
    terminal.press(ESC);
    terminal.wait_until("help is closed", |screen| !screen.contains("F1  keys"));
    terminal.press("!");
    terminal.wait_until("the notes", |screen| {
        screen.contains("into the notes!") && !screen.contains("leibler") && !screen.contains("into the help")
    });
}

#[test]
fn a_hangup_ends_the_program_and_leaves_a_run_to_resume() {
    for signal in ["HUP", "TERM"] {
        let home = home();
        let mut terminal = at_train(&home, (120, 36));
        terminal.press(ENTER);
        terminal.wait_for("running");
        terminal.signal(signal);
        assert_eq!(terminal.exit_code(), 130, "{signal}");
        let run = std::fs::read_dir(home.path().join("runs")).unwrap().next().unwrap().unwrap().path();
        let description = std::fs::read_to_string(run.join("run.yaml")).unwrap();
        assert!(description.contains("status: stopped"), "{signal}: {description}");
        assert!(run.join("checkpoint.safetensors").exists(), "{signal}");
    }
}

#[test]
fn without_colour_no_colour_is_sent() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), &[], (80, 24), &[("NO_COLOR", "1")]);
    terminal.wait_for_picker();
    terminal.press(&"\x1b[B".repeat(6));
    terminal.wait_for("█");
    terminal.press("?");
    terminal.wait_for("Esc closes");
    terminal.press(ESC);
    terminal.wait_until("the help to go", |screen| !screen.contains("Esc closes"));
    terminal.press("q");
    terminal.exit_code();
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    assert!(!raw.contains("\x1b[38;") && !raw.contains("\x1b[48;"), "a colour was sent");
}

#[test]
fn wide_terminals_get_no_character_of_two_widths() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), &["--ambiguous", "wide"], (100, 30), &[]);
    terminal.wait_for("the map, its values and its policy");
    // The preview of a model of digits is of ASCII here.
    terminal.press(&"\x1b[B".repeat(6));
    terminal.wait_for("QQ");
    let text = terminal.text();
    assert!(!text.contains(['│', '─', '●', '·', '█']), "{text}");
    terminal.press("q");
    terminal.exit_code();
}

#[test]
fn a_value_typed_before_a_run_is_the_runs_and_a_bad_one_is_refused() {
    let home = home();
    let mut terminal = at_train(&home, (120, 36));
    // Past five presets and the seed: the learning rate.
    terminal.press(&"\x1b[B".repeat(6));
    terminal.wait_for("Adam's learning rate η [a number from 1e−6 to 0.1]");
    terminal.press("7");
    terminal.press(ENTER);
    terminal.wait_for("knob learning_rate = 7: expected a number from 1e-6 to 0.1");
    terminal.press("0.004");
    terminal.press(ENTER);
    terminal.wait_for("4e−3");
    terminal.press(ENTER);
    terminal.wait_for("running");
    terminal.press(CTRL_C);
    terminal.wait_for("Quit?");
    terminal.press(ENTER);
    assert_eq!(terminal.exit_code(), 0);
    let run = std::fs::read_dir(home.path().join("runs")).unwrap().next().unwrap().unwrap().path();
    assert!(std::fs::read_to_string(run.join("run.yaml")).unwrap().contains("learning_rate: 0.004"));
}

#[test]
fn leaving_asks_first_where_it_may_not_be_meant_and_keeps_what_was_typed() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), &[], (120, 36), &[]);
    terminal.wait_for_picker();
    terminal.press(ESC);
    terminal.wait_for("Quit shinso?");
    terminal.press(ESC);
    terminal.wait_until("the question is gone", |screen| !screen.contains("Quit shinso?"));
    terminal.open_lab("Word2Vec");
    terminal.press(&alt('4'));
    terminal.wait_for("↵ answer");
    // The last exercise is answered in words.
    terminal.press("\x1b[Z");
    terminal.press(ENTER);
    terminal.press("half an answer");
    terminal.wait_for("half an answer");
    // Keys that are letters mean something again, and what was written is still shown.
    terminal.press(ESC);
    terminal
        .wait_until("the answer put aside", |screen| screen.contains("h hint") && screen.contains("half an answer"));
    terminal.press(ENTER);
    terminal.press(" and more");
    terminal.wait_for("half an answer and more");
    // Out of the answer, out of the lab, and then it asks.
    terminal.press(ESC);
    terminal.wait_for("h hint");
    terminal.press(ESC);
    terminal.wait_for("labs done");
    terminal.press(ESC);
    terminal.wait_for("Quit shinso?");
    terminal.press(ENTER);
    assert_eq!(terminal.exit_code(), 0);
    let again = Terminal::start(home.path(), &[], (120, 36), &[]);
    again.wait_for_picker();
    again.press("c");
    again.wait_for("↵ answer");
    again.press("\x1b[Z");
    again.wait_for("half an answer and more");
}

#[test]
fn another_theme_paints_its_own_ground() {
    let home = home();
    let terminal = Terminal::start(home.path(), &["--color", "truecolor"], (80, 24), &[]);
    terminal.wait_for_picker();
    assert_eq!(terminal.written(b"48;2;255;255;255"), 0, "the terminal's own ground is kept");
    terminal.press("T");
    terminal.wait_for_more_than(0, b"48;2;255;255;255");
    let before = terminal.written(b"48;2;20;22;27");
    terminal.press("T");
    terminal.wait_for_more_than(before, b"48;2;20;22;27");
}

/// Presses and lets go the left button on the cell where a text begins.
fn click(terminal: &Terminal, text: &str) {
    let screen = terminal.text();
    let found = screen
        .lines()
        .enumerate()
        .find_map(|(row, line)| Some((row, line.find(text).map(|at| line[..at].chars().count())?)));
    let (row, column) = found.unwrap_or_else(|| panic!("{text} in\n{screen}"));
    let (row, column) = (row + 1, column + 1);
    terminal.press(&format!("{ESC}[<0;{column};{row}M{ESC}[<0;{column};{row}m"));
}

#[test]
fn whatever_is_named_takes_a_click_and_the_palette_leads_everywhere() {
    let home = home();
    let terminal = Terminal::start(home.path(), &[], (80, 24), &[]);
    terminal.wait_for_picker();
    // A lab by the palette, an exercise by two of its words, and from there to the instrument where it is decided.
    terminal.press(":");
    terminal.wait_for("Commands");
    terminal.press("leibler");
    terminal.wait_until("one row", |screen| screen.contains("Kullback") && !screen.contains("picture mode"));
    terminal.press(ENTER);
    terminal.wait_for("Exercises 0/11");
    terminal.press(":");
    terminal.wait_for("Commands");
    terminal.press("equal exer");
    terminal.wait_until("one row", |screen| screen.contains("Make them equal") && !screen.contains("picture mode"));
    terminal.press(ENTER);
    terminal.wait_for("goes there");
    terminal.press(ENTER);
    terminal.wait_until("Explore", |screen| screen.contains("arrows move Q") && screen.contains("o P or Q"));
    // A key of the footer, a tab, a row of the list.
    click(&terminal, "o P or Q");
    terminal.wait_for("arrows move P");
    click(&terminal, "Exercises 0/11");
    terminal.wait_for("Two outcomes");
    click(&terminal, "Two outcomes");
    terminal.wait_for("P = (1 / 2");
    // A digit begins a number, Enter hands it in, and it stays in sight; the keys do too.
    terminal.press("7");
    terminal.wait_for("7");
    terminal.press(ENTER);
    terminal.wait_for("not that number");
    terminal.press(ESC);
    terminal.wait_for("7 ↵");
    terminal.press("0.1438");
    terminal.press(ENTER);
    terminal.wait_until("a message above the keys", |screen| {
        let foot: Vec<&str> = screen.lines().rev().take(2).collect();
        foot[0].contains("answer") && foot[1].contains("solved: Two outcomes")
    });
    terminal.press("n");
    terminal.wait_for("move Q yourself");
    // Help says that there is more, and lists no key that means nothing here.
    click(&terminal, "? keys");
    terminal.wait_until("help", |screen| screen.contains("next open") && screen.contains("↓ "));
}
