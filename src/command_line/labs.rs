//! `shinso labs`.

use super::arguments::LabsVerb;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::lab;
use crate::printer::{self, print};

pub fn run(environment: &Environment, verb: LabsVerb) -> Exit {
    match verb {
        LabsVerb::List => {
            let lines = environment.catalogue.labs().into_iter().map(|lab| {
                format!(
                    "{:16} {} {:>3} min  {}\n",
                    lab.id,
                    lab.chapter,
                    lab.minutes,
                    lab.title.in_language(environment.language)
                )
            });
            print_errors(environment.catalogue.errors());
            print(&lines.collect::<String>())
        }
        LabsVerb::Describe { lab } => match environment.catalogue.find(&lab) {
            Ok(lab) => print(&lab::describe(lab, environment.language)),
            Err(error) => Exit::usage(error),
        },
        LabsVerb::Check { paths } => {
            let mut errors = if paths.is_empty() { environment.catalogue.errors().to_vec() } else { Vec::new() };
            let mut checked = if paths.is_empty() { environment.catalogue.labs().len() } else { 0 };
            for path in &paths {
                let (files, wrong) = lab::check_path(path);
                checked += files;
                errors.extend(wrong);
            }
            print_errors(&errors);
            match errors.len() {
                0 => print(&format!("{checked} checked, nothing wrong\n")),
                count => Exit::Failed(format!("{count} wrong in the lab files; each line above names its place")),
            }
        }
    }
}

fn print_errors(errors: &[lab::LabError]) {
    for error in errors {
        printer::note(&error.to_string());
    }
}
