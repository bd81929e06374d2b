//! The one writer of the progress of all accounts.

use crate::class::accounts;
use crate::class::name::Name;
use crate::lab::progress::{Change, Changed, Database, MOST_HELD, Snapshot};
use std::io;
use std::path::Path;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait for the writer.
const WAITING: usize = 256;

/// The way to the writer.
#[derive(Clone)]
pub struct Writer(mpsc::Sender<Request>);

/// What is to be done for an account, and where to say what came of it.
enum Request {
    Read(Name, oneshot::Sender<Result<Snapshot, String>>),
    Write(Name, Vec<Change>, oneshot::Sender<Result<Vec<Changed>, String>>),
    CountOthers(oneshot::Sender<Result<u32, String>>),
    Settle(oneshot::Sender<Result<(), String>>),
}

impl Writer {
    /// Opens the file of a server, and begins to write; the thread ends when the last copy of this is gone.
    ///
    /// # Errors
    /// When the file cannot be written to, or is damaged: one line with the place and the way out.
    pub fn open(server: &Path) -> Result<(Self, JoinHandle<()>), String> {
        let database = accounts::open_progress(server).map_err(|fault| way_out(&fault))?;
        database.check().map_err(|error| way_out(&format!("{}: {error}", accounts::progress(server).display())))?;
        Self::of(database).map_err(|error| format!("a thread that writes progress: {error}"))
    }

    fn of(database: Database) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, mut requests) = mpsc::channel(WAITING);
        let write = move || {
            while let Some(request) = requests.blocking_recv() {
                // Who has gone meanwhile is not told; what they asked for is kept all the same.
                match request {
                    Request::Read(account, to) => {
                        let read = database.snapshot(account.as_str()).map_err(|error| error.to_string());
                        drop(to.send(read));
                    }
                    Request::Write(account, changes, to) => drop(to.send(write(&database, &account, &changes))),
                    Request::Settle(to) => drop(to.send(database.settle().map_err(|error| error.to_string()))),
                    Request::CountOthers(to) => {
                        drop(to.send(database.written_by_others().map_err(|error| error.to_string())));
                    }
                }
            }
        };
        Ok((Writer(sender), std::thread::Builder::new().name("progress".into()).spawn(write)?))
    }

    /// Everything that an account has.
    ///
    /// # Errors
    /// When it cannot be read: a few words.
    pub async fn read(&self, account: &Name) -> Result<Snapshot, String> {
        let (to, answer) = oneshot::channel();
        self.ask(Request::Read(account.clone(), to), answer).await
    }

    /// Writes changes of an account, all or none. When this returns they are kept, also if the server is killed then.
    ///
    /// # Errors
    /// When one is beyond what is kept, or they cannot be written: a few words.
    pub async fn write(&self, account: &Name, changes: Vec<Change>) -> Result<Vec<Changed>, String> {
        let (to, answer) = oneshot::channel();
        self.ask(Request::Write(account.clone(), changes, to), answer).await
    }

    /// A number that changes when another program has written to the file, as `shinso class take` does.
    ///
    /// # Errors
    /// When it cannot be read: a few words.
    pub async fn written_by_others(&self) -> Result<u32, String> {
        let (to, answer) = oneshot::channel();
        self.ask(Request::CountOthers(to), answer).await
    }

    /// Has the disk have what was written, so that not even the end of its machine loses it.
    ///
    /// # Errors
    /// When it cannot be written: a few words.
    pub async fn settle(&self) -> Result<(), String> {
        let (to, answer) = oneshot::channel();
        self.ask(Request::Settle(to), answer).await
    }

    async fn ask<T>(&self, request: Request, answer: oneshot::Receiver<Result<T, String>>) -> Result<T, String> {
        let ends = || "the server is ending".to_owned();
        self.0.send(request).await.map_err(|_| ends())?;
        answer.await.map_err(|_| ends())?
    }
}

/// What to do about a file that is damaged.
pub fn way_out(fault: &str) -> String {
    format!(
        "{fault}; expected the progress of all accounts: put a copy from before in its place, or move it away, with what lies beside it as -wal and -shm, to begin anew"
    )
}

fn write(database: &Database, account: &Name, changes: &[Change]) -> Result<Vec<Changed>, String> {
    changes.iter().try_for_each(Change::check)?;
    let written = database.apply_within(account.as_str(), changes, MOST_HELD).map_err(|error| error.to_string())?;
    let (rows, most) = (MOST_HELD.0, MOST_HELD.1 >> 20);
    let full = || format!("the account holds its limit of {most} MB or {rows} notes and answers; shorten some");
    written.ok_or_else(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(lab: usize, bytes: usize) -> Change {
        Change::Notes { lab: format!("lab-{lab}"), before: String::new(), text: "x".repeat(bytes) }
    }

    #[tokio::test]
    async fn an_account_is_kept_to_its_share_and_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, writing) = Writer::open(folder.path()).unwrap();
        let [anna, ben]: [Name; 2] = ["anna", "ben"].map(|name| name.parse().unwrap());
        let refused = writer.write(&anna, vec![notes(0, 800_001)]).await.unwrap_err();
        assert!(refused.contains("at most 800000 are kept"), "{refused}");
        let fit = (MOST_HELD.1 / 800_000) as usize;
        for lab in 0..fit {
            writer.write(&anna, vec![notes(lab, 800_000)]).await.unwrap();
        }
        let refused = writer.write(&anna, vec![notes(fit, 800_000)]).await.unwrap_err();
        assert!(refused.contains("limit of 16 MB"), "{refused}");
        // Others are not held up by it, and what is there stays.
        writer.write(&ben, vec![notes(0, 800_000)]).await.unwrap();
        assert_eq!(writer.read(&anna).await.unwrap().notes.len(), fit);
        let shorter = Change::Notes { lab: "lab-0".into(), before: "x".repeat(800_000), text: String::new() };
        writer.write(&anna, vec![shorter]).await.unwrap();
        writer.write(&anna, vec![notes(fit, 700_000)]).await.unwrap();
        drop(writer);
        writing.join().unwrap();
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["progress.sqlite"], "closed, with nothing beside it");
    }

    #[test]
    fn a_damaged_file_is_refused_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(accounts::progress(folder.path()), "this is no database, however long one looks at it").unwrap();
        let Err(told) = Writer::open(folder.path()) else { panic!("opened") };
        assert!(told.contains("progress.sqlite: ") && told.contains("put a copy from before in its place"), "{told}");
        assert_eq!(told.lines().count(), 1);
    }
}
