//! `shinso hand-in`: what was earned here as a file; and the way in for such a file, of one's own account or by the instructor.

use super::arguments::{HandInArguments, TakeArguments};
use super::serve;
use crate::class::answers::hand_in::{HandIn, MOST};
use crate::class::{self, accounts};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::{Bilingual, ExperimentError, TaskContext, Wording};
use crate::intake::{self, Purpose, gate, private};
use crate::lab::{Progress, progress};
use crate::printer::{json_line, print};
use jiff::Timestamp;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const FILE: Purpose = Purpose::new(
    Wording::new("a file that `shinso hand-in FILE` wrote", "`shinso hand-in FILE` で作ったファイル"),
    MOST,
);
/// Stands for standard output.
const OUTPUT: &str = "-";

/// Writes what was earned here.
pub fn write(environment: &Environment, arguments: &HandInArguments) -> Exit {
    let language = environment.language;
    let written = || -> Result<Exit, Exit> {
        let records = progress::records(&environment.folders.database()).map_err(Exit::Failed)?;
        let hand_in = HandIn::of(&records, Timestamp::now());
        let (tried, solved) = hand_in.counts();
        if tried == 0 {
            let why = Bilingual::new("nothing was tried yet that could be handed in", "提出できる解答がまだありません");
            return Err(Exit::failed(why.in_language(language)));
        }
        let line = json_line(&hand_in.sealed());
        if arguments.file == OUTPUT {
            return Ok(print(&line));
        }
        let refused = |error: ExperimentError| Exit::usage(error.in_language(language));
        let target = gate::to_write(&arguments.file, &["json"]).map_err(refused)?;
        if !arguments.overwrite {
            let way_out = ["choose another name, or --overwrite", "別の名前にするか、--overwrite を付けてください"];
            target.must_be_new(way_out).map_err(refused)?;
        }
        target.write(line.as_bytes()).map_err(|error| Exit::failed(error.in_language(language)))?;
        let path = target.path.display();
        let said = Bilingual::new(
            format!("{path}: {tried} exercises, {solved} of them solved\n"),
            format!("{path}: {tried} 問(うち解けたもの {solved} 問)\n"),
        );
        Ok(print(said.in_language(language)))
    };
    written().unwrap_or_else(|exit| exit)
}

/// Takes what stands on standard input into one's own progress.
pub fn take_in(environment: &Environment) -> Exit {
    let mut bytes = Vec::new();
    // One more than may be shows that there are too many.
    if let Err(error) = io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes) {
        return Exit::Failed(format!("standard input: {error}"));
    }
    let hand_in = match HandIn::read(&bytes) {
        Ok(hand_in) => hand_in,
        Err(error) => return Exit::failed(error.in_language(environment.language)),
    };
    keep(environment, &hand_in, class::progress::open_to_keep(&environment.folders.database()))
}

/// Takes a file into the progress of an account of a server.
pub fn take(environment: &Environment, arguments: &TakeArguments) -> Exit {
    let language = environment.language;
    let TakeArguments { name, file, folder, new } = arguments;
    let folder = serve::folder(environment, folder.clone());
    let said = |error: ExperimentError| Exit::failed(error.in_file(file).in_language(language));
    let prepared = || -> Result<HandIn, Exit> {
        let bytes = intake::bytes(file, &FILE, &TaskContext::default()).map_err(said)?;
        let hand_in = HandIn::read(&bytes).map_err(said)?;
        is_ours(&accounts::folder(&folder)).map_err(Exit::Failed)?;
        if !accounts::names(&folder).map_err(Exit::Failed)?.contains(name) {
            if !new {
                let why = "nobody has logged in under this name; check it, or make the account with --new";
                return Err(Exit::Failed(format!("{name}: {why}")));
            }
            let home = accounts::of(&folder, name).data;
            private::make_folder(&home).map_err(|error| Exit::Failed(format!("{}: {error}", home.display())))?;
        }
        Ok(hand_in)
    };
    match prepared() {
        Ok(hand_in) => {
            let database = accounts::open_progress(&folder);
            keep(environment, &hand_in, database.map(|database| Progress::of(database, name.as_str())))
        }
        Err(exit) => exit,
    }
}

/// Files made by another user than the server's would lock its students out.
fn is_ours(folder: &Path) -> Result<(), String> {
    let about = folder.metadata().map_err(|error| {
        format!("{}: {error}; expected the folder of a server that was started once (--folder DIR)", folder.display())
    })?;
    if about.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(format!("{}: belongs to another user; run this as the user of the server (sudo -u USER)", folder.display()))
}

fn keep(environment: &Environment, hand_in: &HandIn, progress: Result<Progress, String>) -> Exit {
    match progress.and_then(|progress| hand_in.take(&progress, &environment.catalogue)) {
        Ok(taken) => print(taken.wording().in_language(environment.language)),
        Err(error) => Exit::Failed(error),
    }
}
