//! Progress on the socket of the class: what a session asks for, a line at a time.

use super::hub::{Class, OfSession};
use crate::class::message::LONGEST_FROM_SESSION;
use crate::class::name::Name;
use crate::class::progress::{FromServer, LONGEST};
use crate::lab::progress::Change;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Semaphore;
use tokio::time::{interval, timeout};

/// How long a line may take once it has begun, and what is answered to it.
const TO_SEND: Duration = Duration::from_secs(10);
/// The time between two looks for what other programs have written.
const LOOK: Duration = Duration::from_secs(2);
/// Lines of more than a usual length that are read at a time: each may take some megabytes.
static LONG_LINES: Semaphore = Semaphore::const_new(8);

/// Tells all sessions when another program than the server has written to the progress, for ever.
pub async fn attend_to_others(class: &Class) {
    let mut known = None;
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        let Ok(now) = class.progress.written_by_others().await else { continue };
        if known.replace(now).is_some_and(|known| known != now) {
            class.progress_changed(None, None);
        }
    }
}

/// A session that has come for its progress, until it is gone or says what is no change.
pub(super) async fn attend(
    mut from: BufReader<OwnedReadHalf>,
    mut to: OwnedWriteHalf,
    class: &Arc<Class>,
    token: &str,
) {
    let Some(OfSession { session, account, turn }) = class.progress_of(token) else { return };
    let Some(account) = &account else {
        let _gone = send(&mut to, &FromServer::NoAccount).await;
        return;
    };
    // A program that comes again has given up what it asked for before. What of it is being written is waited for and seen by it, what is
    // not begun is never written: so that it knows from here on how things stand.
    let own = {
        let mut turn = turn.lock().await;
        *turn += 1;
        let all = match class.progress.read(account).await {
            Ok(snapshot) => FromServer::All { snapshot },
            Err(why) => FromServer::Refused { why },
        };
        let own = *turn;
        drop(turn);
        if send(&mut to, &all).await.is_none() {
            return;
        }
        own
    };
    while let Some(change) = next(&mut from).await {
        let turn = turn.lock().await;
        if *turn != own {
            return;
        }
        let answer = write(class, session, account, change).await;
        drop(turn);
        if send(&mut to, &answer).await.is_none() {
            return;
        }
    }
}

async fn write(class: &Class, session: u64, account: &Name, change: Change) -> FromServer {
    match class.progress.write(account, vec![change]).await.map(|mut changed| changed.pop()) {
        Ok(Some(changed)) => {
            class.progress_changed(Some(account), Some(session));
            FromServer::Changed { changed }
        }
        Ok(None) => FromServer::Refused { why: "nothing was written".to_owned() },
        Err(why) => FromServer::Refused { why },
    }
}

/// The next change; none at the end, or when a line is too long, too slow or no change.
async fn next(from: &mut BufReader<OwnedReadHalf>) -> Option<Change> {
    // Whoever says nothing may do so for long.
    if from.fill_buf().await.ok()?.is_empty() {
        return None;
    }
    let mut line = Vec::new();
    let whole = async {
        (&mut *from).take(LONGEST_FROM_SESSION as u64).read_until(b'\n', &mut line).await.ok()?;
        let mut turn = None;
        if !line.ends_with(b"\n") {
            turn = Some(LONG_LINES.acquire().await.ok()?);
            from.take((LONGEST - LONGEST_FROM_SESSION) as u64).read_until(b'\n', &mut line).await.ok()?;
        }
        let change = line.ends_with(b"\n").then(|| serde_json::from_slice(&line).ok())?;
        drop(turn);
        change
    };
    timeout(TO_SEND, whole).await.ok()?
}

async fn send(to: &mut OwnedWriteHalf, message: &FromServer) -> Option<()> {
    let line = serde_json::to_string(message).expect("plain data") + "\n";
    timeout(TO_SEND, to.write_all(line.as_bytes())).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::accounts;
    use crate::lab::Progress;
    use crate::lab::progress::{Changed, Snapshot};
    use crate::serve::class::{Attendance, ClassSettings, People};
    use crate::serve::input::Input;
    use crate::serve::log::Log;
    use crate::serve::progress::Writer;
    use std::path::{Path, PathBuf};
    use tokio::net::UnixStream;

    fn class(folder: &Path) -> Arc<Class> {
        let (log, _logging) = Log::open().unwrap();
        let (progress, _writing) = Writer::open(folder).unwrap();
        let people = People::open(folder.to_owned(), None, None).unwrap();
        Class::new(ClassSettings::default(), people, progress, log)
    }

    fn enter(class: &Arc<Class>, session: u64, account: Option<&str>) -> Attendance {
        let account = account.map(|name| name.parse().unwrap());
        class.enter(session, account.as_ref(), PathBuf::new(), Arc::new(Input::new()), None)
    }

    /// A program that has come for its progress.
    struct Visitor(BufReader<OwnedReadHalf>, OwnedWriteHalf);

    impl Visitor {
        fn come(class: &Arc<Class>, token: &str) -> Self {
            let (own, theirs) = UnixStream::pair().unwrap();
            let (class, token) = (Arc::clone(class), token.to_owned());
            tokio::spawn(async move {
                let (from, to) = theirs.into_split();
                attend(BufReader::new(from), to, &class, &token).await;
            });
            let (from, to) = own.into_split();
            Visitor(BufReader::new(from), to)
        }

        /// None once it was sent away.
        async fn hears(&mut self) -> Option<FromServer> {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap())
        }

        async fn says(&mut self, change: &Change) -> Option<FromServer> {
            let line = serde_json::to_string(change).unwrap() + "\n";
            self.1.write_all(line.as_bytes()).await.unwrap();
            self.hears().await
        }
    }

    fn notes(text: &str) -> Change {
        Change::Notes { lab: "vae".into(), before: String::new(), text: text.into() }
    }

    #[tokio::test]
    async fn each_session_has_the_progress_of_its_account_and_hears_when_another_writes() {
        let folder = tempfile::tempdir().unwrap();
        let class = class(folder.path());
        let [one, other, ben] =
            [(1, "anna"), (2, "anna"), (3, "ben")].map(|(session, name)| enter(&class, session, Some(name)));
        let guest = enter(&class, 4, None);
        let [mut first, mut second] = [&one, &other].map(|seat| Visitor::come(&class, seat.token()));
        let nothing = Some(FromServer::All { snapshot: Snapshot::default() });
        assert_eq!((first.hears().await, second.hears().await), (nothing.clone(), nothing.clone()));
        let changed = |text: &str| {
            let changed = Changed::Notes { lab: "vae".into(), text: text.into() };
            Some(FromServer::Changed { changed })
        };
        assert_eq!(first.says(&notes("first")).await, changed("first"));
        let told = || [1, 2, 3, 4].map(|session| class.standing(session).progress);
        assert_eq!(told(), [0, 1, 0, 0]);
        assert_eq!(second.says(&notes("second")).await, changed("first\nsecond"));
        assert_eq!(told(), [1, 1, 0, 0]);
        assert_eq!(Visitor::come(&class, ben.token()).hears().await, nothing);
        assert_eq!(Visitor::come(&class, guest.token()).hears().await, Some(FromServer::NoAccount));
        assert_eq!(Visitor::come(&class, "").hears().await, None);
        // What is refused changes nothing, and nobody is told.
        let refused = first.says(&notes(&"x".repeat(800_001))).await;
        assert!(matches!(&refused, Some(FromServer::Refused { why }) if why.contains("at most 800000")), "{refused:?}");
        assert_eq!(told(), [1, 1, 0, 0]);
        // Once the session has left there is nobody to come.
        let token = one.token().to_owned();
        drop(one);
        assert_eq!(Visitor::come(&class, &token).hears().await, None);
    }

    #[tokio::test]
    async fn who_comes_again_sees_what_was_written_and_what_was_not_begun_never_is() {
        let folder = tempfile::tempdir().unwrap();
        let class = class(folder.path());
        let anna = enter(&class, 1, Some("anna"));
        let mut before = Visitor::come(&class, anna.token());
        assert!(before.hears().await.is_some());
        let turn = class.progress_of(anna.token()).unwrap().turn;
        // Two changes wait for their turn, as they do while the file is held by another program.
        let held = turn.lock().await;
        before.1.write_all((serde_json::to_string(&notes("first")).unwrap() + "\n").as_bytes()).await.unwrap();
        let mut again = Visitor::come(&class, anna.token());
        drop(held);
        let Some(FromServer::All { snapshot }) = again.hears().await else { panic!("everything") };
        // Whichever came first, it is written and seen, or neither.
        let seen = snapshot.notes.get("vae").cloned().unwrap_or_default();
        let Some(FromServer::Changed { changed: Changed::Notes { text, .. } }) = again.says(&notes("second")).await
        else {
            panic!("a change")
        };
        assert_eq!(text, if seen.is_empty() { "second".to_owned() } else { format!("{seen}\nsecond") });
        let _sent_away = before.1.write_all((serde_json::to_string(&notes("late")).unwrap() + "\n").as_bytes()).await;
        let mut rest = String::new();
        while let Ok(1..) = before.0.read_line(&mut rest).await {}
        assert!(!rest.contains("late"), "{rest}");
        assert!(!class.progress.read(&"anna".parse().unwrap()).await.unwrap().notes["vae"].contains("late"));
        // A line without an end is read up to its limit.
        let endless = vec![b'x'; LONGEST + 1];
        let _sent_away = again.1.write_all(&endless).await;
        let mut rest = Vec::new();
        let _sent_away = again.0.read_to_end(&mut rest).await;
        assert_eq!(rest, b"");
    }

    #[tokio::test]
    async fn what_another_program_writes_is_told_to_all() {
        let folder = tempfile::tempdir().unwrap();
        let class = class(folder.path());
        let _anna = enter(&class, 1, Some("anna"));
        let _guest = enter(&class, 2, None);
        let mut changes = class.changes.subscribe();
        let its = Arc::clone(&class);
        let attending = tokio::spawn(async move { attend_to_others(&its).await });
        let progress = Progress::of(accounts::open_progress(folder.path()).unwrap(), "anna");
        let mut count = 0;
        while class.standing(1).progress == 0 {
            // Whether it has looked before the first is not known.
            count += 1;
            progress.set_hints("vae", "kl", count).unwrap();
            let _later = timeout(Duration::from_millis(100), changes.changed()).await;
        }
        assert_eq!(class.standing(2).progress, 0);
        attending.abort();
    }
}
