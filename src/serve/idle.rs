//! The end of a session that nobody uses: counted from the keys of a person, not from what the screen or the protocol does.

use super::input::Input;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// How long before the end a person is warned.
pub const WARNING: Duration = Duration::from_secs(300);
/// How often it is looked whether a session is still in use without keys.
const LOOK: Duration = Duration::from_secs(60);

/// What is next in a session without keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Wait(Duration),
    Warn,
    End,
}

/// What is next, so long after the last key, and after a warning that came since.
fn next(limit: Duration, since_key: Duration, since_warning: Option<Duration>) -> Next {
    let (passed, time, then) = match since_warning {
        Some(since) => (since, WARNING, Next::End),
        // So short a time needs no warning within it.
        None if limit <= WARNING => (since_key, limit, Next::End),
        None => (since_key, limit - WARNING, Next::Warn),
    };
    if passed < time { Next::Wait(time - passed) } else { then }
}

/// Waits until no key has come for so long, and warns before. A session that is in use, as by a run, stays open.
pub async fn idle<F>(limit: Duration, input: &Input, is_in_use: impl Fn() -> F, warning: &Notify)
where
    F: Future<Output = bool>,
{
    // After which key, and when.
    let mut warned: Option<(Instant, Instant)> = None;
    loop {
        let (last, now) = (input.last(), Instant::now());
        let since_warning = warned.filter(|(after, _)| *after == last).map(|(_, at)| now - at);
        match next(limit, now.saturating_duration_since(last), since_warning) {
            Next::Wait(time) => sleep(time).await,
            Next::Warn | Next::End if is_in_use().await => sleep(LOOK).await,
            Next::Warn => {
                warned = Some((last, now));
                warning.notify_one();
            }
            Next::End => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_session_is_warned_before_it_ends() {
        let limit = 30 * MINUTE;
        assert_eq!(next(limit, Duration::ZERO, None), Next::Wait(25 * MINUTE));
        assert_eq!(next(limit, 24 * MINUTE, None), Next::Wait(MINUTE));
        assert_eq!(next(limit, 25 * MINUTE, None), Next::Warn);
        assert_eq!(next(limit, 25 * MINUTE, Some(Duration::ZERO)), Next::Wait(5 * MINUTE));
        assert_eq!(next(limit, 30 * MINUTE, Some(5 * MINUTE)), Next::End);
        // Also after a run that kept it open for long.
        assert_eq!(next(limit, 300 * MINUTE, None), Next::Warn);
        assert_eq!(next(limit, 301 * MINUTE, Some(MINUTE)), Next::Wait(4 * MINUTE));
        assert_eq!(next(3 * MINUTE, MINUTE, None), Next::Wait(2 * MINUTE));
        assert_eq!(next(3 * MINUTE, 3 * MINUTE, None), Next::End);
    }

    #[tokio::test]
    async fn a_run_keeps_a_session_open_and_without_one_it_ends() {
        let (input, warning) = (Input::new(), Notify::new());
        idle(Duration::ZERO, &input, || std::future::ready(false), &warning).await;
        let stays = idle(Duration::ZERO, &input, || std::future::ready(true), &warning);
        assert!(tokio::time::timeout(Duration::ZERO, stays).await.is_err());
    }
}
