//! A student's process, from within: before it does anything else it takes its terminal and gives up what it shall not have.
//!
//! Limits are set here, by the process for itself, and hold for whatever it starts; none of them can be taken back. All sessions run
//! under the one account of the server, so that counts by account of the system (processes, for one) mean nothing here.

use clap::Args;
use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    path_beneath_rules,
};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, getsid, ioctl_tiocsctty, nice, setrlimit, setsid};
use rustix::termios::tcgetsid;
use signal_hook::consts::SIGXFSZ;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What a process may take of the machine.
#[derive(Debug, Clone, Args)]
pub struct ProcessLimits {
    /// Memory of a session, in megabytes
    #[arg(long, value_name = "MB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(64..))]
    pub memory: u64,

    /// The largest file that a session may write, in megabytes
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(u64).range(1..))]
    pub file_size: u64,

    /// Files that a session may have open
    #[arg(long, value_name = "NUMBER", default_value_t = 256, value_parser = clap::value_parser!(u64).range(64..))]
    pub open_files: u64,

    /// How far sessions stand back behind other programs: 0 not at all, 19 as far as they can
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i32).range(0..=19))]
    pub nice: i32,
}

const MEGABYTE: u64 = 1 << 20;
/// Among processes that could be ended when memory runs out, a session goes before the server.
const FIRST_TO_GO: &str = "500";
/// The newest rules that are asked for; an older kernel keeps to those it knows.
const RULES: ABI = ABI::V6;
/// What starts this very program again, for a run in a process of its own: the only others that can be executed.
const LOADERS: [&str; 3] = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1"];
/// What any program of the system may read, and what runs need of the kernel.
const OF_THE_SYSTEM: [&str; 8] =
    ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc", "/sys/devices", "/sys/fs/cgroup"];
const DEVICES: [&str; 2] = ["/dev/null", "/dev/tty"];

impl ProcessLimits {
    /// The same as options of a command line.
    pub fn options(&self) -> [OsString; 8] {
        let number = |number: u64| OsString::from(number.to_string());
        let nice = OsString::from(self.nice.to_string());
        let [memory, size, files] = [self.memory, self.file_size, self.open_files].map(number);
        let option = |name: &str| OsString::from(name);
        [option("--memory"), memory, option("--file-size"), size, option("--open-files"), files, option("--nice"), nice]
    }

    /// What is limited, and to how much.
    fn resources(&self) -> [(Resource, &'static str, u64); 4] {
        [
            // Memory that is written to; what is mapped from files is shared and does not count.
            (Resource::Data, "--memory", self.memory.saturating_mul(MEGABYTE)),
            (Resource::Fsize, "--file-size", self.file_size.saturating_mul(MEGABYTE)),
            (Resource::Nofile, "--open-files", self.open_files),
            (Resource::Core, "core files", 0),
        ]
    }

    /// Whether this machine lets every limit be set.
    ///
    /// # Errors
    /// The first that could not be: this very process may have less itself.
    pub fn check(&self) -> Result<(), String> {
        for (resource, name, wanted) in self.resources() {
            if let Some(most) = getrlimit(resource).maximum
                && most < wanted
            {
                return Err(format!("{name}: {wanted} was asked for, this process may have {most} itself"));
            }
        }
        Ok(())
    }
}

/// Makes this process the leader of a session of its own, with its standard input as terminal if it is one, and sets its limits; it reads
/// and writes its `own` folders and reads those that are `shared`, as far as this kernel can see to that.
///
/// # Errors
/// When a limit cannot be set.
pub fn enter(limits: &ProcessLimits, has_terminal: bool, own: &[PathBuf], shared: &[PathBuf]) -> Result<(), String> {
    let fault = |what: &str, error: io::Error| format!("session: {what}: {error}");
    // A command between the server and this process may have seen to both.
    if !(has_terminal && is_own_terminal()) {
        match setsid() {
            // So says a process that leads a group already.
            Ok(_) | Err(Errno::PERM) => {}
            Err(error) => return Err(fault("a group of its own", error.into())),
        }
        if has_terminal {
            ioctl_tiocsctty(rustix::stdio::stdin()).map_err(|error| fault("its terminal", error.into()))?;
        }
    }
    for (resource, name, most) in limits.resources() {
        let both = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, both).map_err(|error| fault(name, error.into()))?;
    }
    // A file that grows too large is an error of the disk, not the end of the program.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map_err(|error| fault("--file-size", error))?;
    nice(limits.nice).map_err(|error| fault("--nice", error.into()))?;
    // Where there is no such file, the kernel ends processes in another order.
    let _elsewhere = std::fs::write("/proc/self/oom_score_adj", FIRST_TO_GO);
    restrict(own, shared).map(|_| ()).map_err(|error| format!("session: {error}"))
}

/// Whether standard input is the terminal of this process's session already.
fn is_own_terminal() -> bool {
    tcgetsid(rustix::stdio::stdin()).is_ok_and(|session| getsid(None) == Ok(session))
}

/// How far this kernel keeps a process to its folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restriction {
    Whole,
    Partial,
    None,
}

/// Takes from this process, for good, every file but those it needs, and the network.
fn restrict(own: &[PathBuf], shared: &[PathBuf]) -> Result<Restriction, RulesetError> {
    let read = AccessFs::from_read(RULES);
    let program = std::env::current_exe().into_iter();
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(RULES))?
        .handle_access(AccessNet::from_all(RULES))?
        .scope(Scope::from_all(RULES))?
        .create()?
        .add_rules(path_beneath_rules(LOADERS.map(PathBuf::from).into_iter().chain(program), read))?
        .add_rules(path_beneath_rules(OF_THE_SYSTEM, read & !AccessFs::Execute))?
        .add_rules(path_beneath_rules(shared, read & !AccessFs::Execute))?
        .add_rules(path_beneath_rules(DEVICES, AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev))?
        .add_rules(path_beneath_rules(own, AccessFs::from_all(RULES) & !AccessFs::Execute))?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Restriction::Whole,
        RulesetStatus::PartiallyEnforced => Restriction::Partial,
        RulesetStatus::NotEnforced => Restriction::None,
    })
}

/// How far this kernel would keep a session to its folders; found out by a thread that restricts itself and ends.
pub fn restriction() -> Restriction {
    let tried = std::thread::spawn(|| restrict(&[], &[]));
    tried.join().ok().and_then(Result::ok).unwrap_or(Restriction::None)
}
