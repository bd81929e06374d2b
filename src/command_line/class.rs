//! `shinso class`: what an instructor does with a class.

use super::arguments::{ClassVerb, ExportArguments};
use super::{hand_in, serve};
use crate::class::answers::deadlines::Deadlines;
use crate::class::answers::export::{Export, Table};
use crate::class::answers::students::Students;
use crate::class::roster::Roster;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::intake::gate::{self, Target};
use crate::lab::Lab;
use crate::printer::{self, print};
use std::path::Path;

pub fn run(environment: &Environment, verb: ClassVerb) -> Exit {
    let done = match verb {
        ClassVerb::Export(arguments) => export(environment, &arguments),
        ClassVerb::Take(arguments) => Ok(hand_in::take(environment, &arguments)),
    };
    done.unwrap_or_else(|exit| exit)
}

fn export(environment: &Environment, arguments: &ExportArguments) -> Result<Exit, Exit> {
    let labs = labs(environment, &arguments.only)?;
    let folder = serve::folder(environment, arguments.folder.clone());
    let roster = arguments.roster.as_deref().map(Roster::read).transpose().map_err(Exit::Failed)?.unwrap_or_default();
    let deadlines = arguments.deadlines.as_deref().map(|path| Deadlines::read(path, &environment.catalogue));
    let deadlines = deadlines.transpose().map_err(Exit::Failed)?.unwrap_or_default();
    for (path, notes) in [(&arguments.roster, &roster.notes), (&arguments.deadlines, &deadlines.notes)] {
        for (path, note) in path.iter().flat_map(|path| notes.iter().map(move |note| (path, note))) {
            printer::note(&format!("{}: {}", path.display(), note.in_language(environment.language)));
        }
    }
    let class = Students::gather(&folder, &roster).map_err(Exit::Failed)?;
    class.notes.iter().chain(&class.faults).for_each(|fault| printer::note(fault));
    let export = Export {
        students: &class.students,
        labs: &labs,
        deadlines: &deadlines,
        language: environment.language,
        with_mark: arguments.bom,
    };
    let targets = [&arguments.long, &arguments.wide].map(|path| path.as_deref().map(|path| target(path, arguments)));
    let [long, wide] = targets.map(Option::transpose);
    for (target, table) in [(long?, Table::Long), (wide?, Table::Wide)] {
        if let Some(target) = target {
            target.write(&export.table(table)).map_err(Exit::failed)?;
        }
    }
    if arguments.long.is_none() && arguments.wide.is_none() {
        let printed = print(&String::from_utf8_lossy(&export.table(Table::Long)));
        if printed != Exit::Done {
            return Err(printed);
        }
    }
    match class.faults.len() {
        0 => Ok(Exit::Done),
        count => {
            Err(Exit::Failed(format!("{count} accounts could not be read and are left out; each line above names one")))
        }
    }
}

/// The labs that are asked for, all if none is named.
fn labs<'a>(environment: &'a Environment, ids: &[String]) -> Result<Vec<&'a Lab>, Exit> {
    if ids.is_empty() {
        return Ok(environment.catalogue.labs());
    }
    ids.iter().map(|id| environment.catalogue.find(id).map_err(Exit::usage)).collect()
}

/// Where a table is written, which takes the place of another file only if that is asked for.
fn target(path: &Path, arguments: &ExportArguments) -> Result<Target, Exit> {
    let name = path.to_str().ok_or_else(|| Exit::usage(format!("{}: expected a path in UTF-8", path.display())))?;
    let target = gate::to_write(name, &["csv"]).map_err(Exit::usage)?;
    if !arguments.overwrite {
        let way_out = ["choose another name, or --overwrite", "別の名前にするか、--overwrite を付けてください"];
        target.must_be_new(way_out).map_err(Exit::usage)?;
    }
    Ok(target)
}
