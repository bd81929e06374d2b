//! Whether a server could start and keep what it promises, before students are in front of it.

use super::accounts::Accounts;
use super::cgroup::Groups;
use super::folder;
use super::host_key;
use super::private;
use super::process::{Restriction, restriction};
use super::progress::way_out;
use super::settings::Settings;
use crate::class;
use crate::exit::Exit;
use crate::lab::progress::records;
use crate::printer::print;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fmt::Write;
use std::net::TcpListener;

/// Files that the server has open for each session: its connection, both ways of its terminal, its process, its ways to the class and to its
/// progress.
const FILES_OF_A_SESSION: u64 = 6;
/// Files beside those of sessions.
const OTHER_FILES: u64 = 64;

/// Lets this process have as many files open as it may at all.
pub fn raise_open_files() {
    let may = getrlimit(Resource::Nofile);
    // Where it cannot be raised, `enforceable` tells whether what there is will do.
    let _as_before = setrlimit(Resource::Nofile, Rlimit { current: may.maximum, maximum: may.maximum });
}

/// Whether the limits that were asked for can be kept.
///
/// # Errors
/// The first that cannot.
pub fn enforceable(settings: &Settings) -> Result<(), String> {
    settings.process.check()?;
    if let Some(cpu) = settings.cpu {
        if settings.session_command.is_some() {
            return Err("--cpu: sessions of --session-command may run on other machines; bound them there".into());
        }
        Groups::find(cpu, settings.process.memory)?;
    }
    let limits = &settings.limits;
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let wanted = count(limits.sessions).saturating_mul(FILES_OF_A_SESSION);
    let wanted = wanted.saturating_add(count(limits.waiting)).saturating_add(OTHER_FILES);
    if let Some(most) = getrlimit(Resource::Nofile).current
        && most < wanted
    {
        return Err(format!(
            "{} sessions need {wanted} open files, this process may have {most}; raise it (`ulimit -n`, LimitNOFILE), or lower --sessions",
            limits.sessions
        ));
    }
    Ok(())
}

/// Whether the names of instructors are safe from others: people may enrol under any that the file does not list.
///
/// # Errors
/// The first that is not listed.
pub fn instructors_are_listed(settings: &Settings, accounts: &Accounts) -> Result<(), String> {
    match settings.class.instructors.iter().find(|name| !accounts.lists(name)) {
        Some(name) => Err(format!(
            "--instructor {name}: no key of this account in {}; list one, or others could take the name",
            settings.keys.display()
        )),
        None => Ok(()),
    }
}

/// Looks at everything that a start needs, and says of each how it stands.
pub fn check(settings: &Settings) -> Exit {
    raise_open_files();
    let made = private::make_folder(&settings.folder)
        .map(|()| settings.folder.display().to_string())
        .map_err(|error| format!("{}: {error}", settings.folder.display()));
    let enrolled = settings.enrol.then(|| folder::enrolled(&settings.folder));
    let accounts =
        Accounts::open(settings.keys.clone(), enrolled, settings.class.instructors.clone()).and_then(|accounts| {
            instructors_are_listed(settings, &accounts)?;
            Ok(match accounts.listed() {
                0 if !settings.enrol && !settings.guest => {
                    format!(
                        "none in {}: nobody can log in; list some, or use --enrol or --guest",
                        settings.keys.display()
                    )
                }
                count => format!("{count} listed in {}", settings.keys.display()),
            })
        });
    let progress = records::check(&class::accounts::progress(&settings.folder))
        .map(|()| class::accounts::progress(&settings.folder).display().to_string())
        .map_err(|fault| way_out(&fault));
    let address = TcpListener::bind(settings.listen)
        .map(|_| settings.listen.to_string())
        .map_err(|error| format!("{}: {error}", settings.listen));
    let limits = enforceable(settings).map(|()| {
        let process = &settings.process;
        let cpu = settings.cpu.map_or_else(String::new, |cpu| format!(", {cpu} % of a core"));
        format!("{} sessions, {} MB of memory{cpu} each", settings.limits.sessions, process.memory)
    });
    let landlock = match restriction() {
        Restriction::Whole => "each session sees its own folder and what is shared alone",
        Restriction::Partial => {
            "each session sees its own folder and what is shared alone, as far as this older kernel has it"
        }
        Restriction::None => "not in this kernel: the program alone keeps sessions apart",
    };
    let findings = [
        ("folder", made),
        ("host key", host_key::fingerprint(&settings.folder)),
        ("accounts", accounts),
        ("progress", progress),
        ("address", address),
        ("limits", limits),
        ("landlock", Ok(landlock.to_owned())),
    ];
    // What `--session-command` leaves out is right where that is meant.
    let class = settings.session_command.is_some().then(|| {
        let words = "sessions that the command starts on this machine are in it; on others, whose processes cannot reach its socket, they are in no list, wait for no place to train (--training) and are held to no --disk";
        ("class", Ok(words.to_owned()))
    });
    let findings: Vec<(&str, Result<String, String>)> = findings.into_iter().chain(class).collect();
    let mut text = String::new();
    for (name, finding) in &findings {
        let (sign, words) = match finding {
            Ok(words) => ("ok", words),
            Err(words) => ("WRONG", words),
        };
        let _infallible = writeln!(text, "{sign:5}  {name:9} {words}");
    }
    let said = print(&text);
    match findings.into_iter().filter(|(_, finding)| finding.is_err()).count() {
        0 => said,
        count => Exit::Failed(format!("serve: {count} of these would keep the server from starting")),
    }
}
