//! Places: how many may be here at once, in all and of one account. A place is free again when what holds it is dropped.

use super::name::Name;
use super::settings::Limits;
use crate::experiment::Bilingual;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places of a server.
#[derive(Clone)]
pub struct Places {
    most: Limits,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    waiting: usize,
    sessions: usize,
    /// By account; guests have no account.
    accounts: BTreeMap<Name, usize>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Waiting(usize),
    Sessions(usize),
    Account(usize),
}

impl Refusal {
    /// What the person is told.
    pub fn wording(self) -> Bilingual {
        match self {
            Refusal::Waiting(most) => Bilingual::new(
                format!("{most} connections are logging in already; try again in a minute"),
                format!("ログイン中の接続がすでに {most} 件あります。1 分ほど待ってからやり直してください"),
            ),
            Refusal::Sessions(most) => Bilingual::new(
                format!("all {most} places of this server are taken; try again later, or ask your instructor"),
                format!("このサーバーの {most} 席はすべて使われています。後でやり直すか、担当の教員に相談してください"),
            ),
            Refusal::Account(most) => Bilingual::new(
                format!("your account has {most} sessions open already; close one of them first"),
                format!("このアカウントではすでに {most} 個のセッションが開いています。先にどれかを閉じてください"),
            ),
        }
    }
}

/// A place that is held.
pub struct Place {
    taken: Arc<Mutex<Taken>>,
    of: Of,
}

enum Of {
    Waiting,
    Session(Option<Name>),
}

fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    pub fn new(most: Limits) -> Self {
        Places { most, taken: Arc::default() }
    }

    /// For a connection that has not logged in.
    pub fn wait(&self) -> Result<Place, Refusal> {
        let mut taken = locked(&self.taken);
        if taken.waiting >= self.most.waiting {
            return Err(Refusal::Waiting(self.most.waiting));
        }
        taken.waiting += 1;
        Ok(Place { taken: Arc::clone(&self.taken), of: Of::Waiting })
    }

    /// For a session of an account, or of a guest.
    pub fn sit(&self, account: Option<&Name>) -> Result<Place, Refusal> {
        let mut taken = locked(&self.taken);
        if taken.sessions >= self.most.sessions {
            return Err(Refusal::Sessions(self.most.sessions));
        }
        if let Some(name) = account {
            let of_it = taken.accounts.entry(name.clone()).or_default();
            if *of_it >= self.most.of_an_account {
                return Err(Refusal::Account(self.most.of_an_account));
            }
            *of_it += 1;
        }
        taken.sessions += 1;
        Ok(Place { taken: Arc::clone(&self.taken), of: Of::Session(account.cloned()) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = locked(&self.taken);
        match &self.of {
            Of::Waiting => taken.waiting -= 1,
            Of::Session(account) => {
                taken.sessions -= 1;
                if let Some(name) = account
                    && let Some(of_it) = taken.accounts.get_mut(name)
                {
                    *of_it -= 1;
                    if *of_it == 0 {
                        taken.accounts.remove(name);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn places_are_counted_and_free_again() {
        let no_time = Duration::ZERO;
        let limits = Limits { sessions: 3, of_an_account: 2, waiting: 1, grace: no_time, idle: None, stall: no_time };
        let places = Places::new(limits);
        let (anna, ben) = ("anna".parse().unwrap(), "ben".parse().unwrap());
        let waiting = places.wait().ok().unwrap();
        assert_eq!(places.wait().err(), Some(Refusal::Waiting(1)));
        drop(waiting);
        assert!(places.wait().is_ok());
        let first = places.sit(Some(&anna)).ok().unwrap();
        let _second = places.sit(Some(&anna)).ok().unwrap();
        assert_eq!(places.sit(Some(&anna)).err(), Some(Refusal::Account(2)));
        let _guest = places.sit(None).ok().unwrap();
        assert_eq!(places.sit(Some(&ben)).err(), Some(Refusal::Sessions(3)));
        drop(first);
        assert!(places.sit(Some(&ben)).is_ok());
        assert!(places.sit(Some(&anna)).is_ok());
        assert_eq!(locked(&places.taken).accounts.len(), 1, "who has left is forgotten");
    }
}
