//! Places: how many may be here at once, in all, of one account, and from one source. A place is free again when what holds it is dropped.

use super::name::Name;
use super::network::Source;
use super::settings::Limits;
use super::sources::{Sources, TooMany};
use crate::experiment::Bilingual;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The places of a server.
#[derive(Clone)]
pub struct Places {
    most: Limits,
    taken: Arc<Mutex<Taken>>,
}

struct Taken {
    waiting: usize,
    sources: Sources,
    sessions: usize,
    /// By account; guests have no account.
    accounts: BTreeMap<Name, usize>,
    guests: usize,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Waiting(usize),
    Source(TooMany),
    Sessions(usize),
    Account(usize),
    Guests(usize),
}

impl Refusal {
    /// What the person is told.
    pub fn wording(self) -> Bilingual {
        match self {
            Refusal::Waiting(most) => Bilingual::new(
                format!("{most} connections are logging in already; try again in a minute"),
                format!("ログイン中の接続がすでに {most} 件あります。1 分ほど待ってからやり直してください"),
            ),
            Refusal::Source(too_many) => too_many.wording(),
            Refusal::Sessions(most) => Bilingual::new(
                format!("all {most} places of this server are taken; try again later, or ask your instructor"),
                format!("このサーバーの {most} 席はすべて使われています。後でやり直すか、担当の教員に相談してください"),
            ),
            Refusal::Guests(most) => Bilingual::new(
                format!("{most} guests are here already; log in under your own name, or try again later"),
                format!("ゲストはすでに {most} 人います。自分のアカウント名でログインするか、後でやり直してください"),
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
    /// Of a source, unless that is exempt.
    Waiting(Option<Source>),
    Session(Option<Name>),
}

fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    pub fn new(most: Limits) -> Self {
        let sources = Sources::new(most.of_a_source.clone());
        let taken = Taken { waiting: 0, sources, sessions: 0, accounts: BTreeMap::new(), guests: 0 };
        Places { most, taken: Arc::new(Mutex::new(taken)) }
    }

    /// For a connection from an address that has not logged in.
    pub fn wait(&self, from: IpAddr, now: Instant) -> Result<Place, Refusal> {
        let mut taken = locked(&self.taken);
        if taken.waiting >= self.most.waiting {
            return Err(Refusal::Waiting(self.most.waiting));
        }
        let source = taken.sources.begin(from, now).map_err(Refusal::Source)?;
        taken.waiting += 1;
        Ok(Place { taken: Arc::clone(&self.taken), of: Of::Waiting(source) })
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
        } else if taken.guests >= self.most.guests {
            return Err(Refusal::Guests(self.most.guests));
        } else {
            taken.guests += 1;
        }
        taken.sessions += 1;
        Ok(Place { taken: Arc::clone(&self.taken), of: Of::Session(account.cloned()) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = locked(&self.taken);
        match &self.of {
            Of::Waiting(source) => {
                taken.waiting -= 1;
                if let Some(source) = *source {
                    taken.sources.waits_no_more(source);
                }
            }
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
                if account.is_none() {
                    taken.guests -= 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::SourceLimits;
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    fn places(waiting: usize) -> Places {
        let no_time = Duration::ZERO;
        let of_a_source = SourceLimits { waiting_per_source: 1, rate: 100, exempt: Vec::new() };
        let limits = Limits {
            sessions: 3,
            of_an_account: 2,
            guests: 1,
            waiting,
            of_a_source,
            grace: no_time,
            idle: None,
            stall: no_time,
        };
        Places::new(limits)
    }

    fn source(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    #[test]
    fn places_are_counted_and_free_again() {
        let (places, now) = (places(1), Instant::now());
        let (anna, ben) = ("anna".parse().unwrap(), "ben".parse().unwrap());
        let waiting = places.wait(source(1), now).ok().unwrap();
        assert_eq!(places.wait(source(2), now).err(), Some(Refusal::Waiting(1)));
        drop(waiting);
        assert!(places.wait(source(2), now).is_ok());
        let first = places.sit(Some(&anna)).ok().unwrap();
        let _second = places.sit(Some(&anna)).ok().unwrap();
        assert_eq!(places.sit(Some(&anna)).err(), Some(Refusal::Account(2)));
        let guest = places.sit(None).ok().unwrap();
        assert_eq!(places.sit(Some(&ben)).err(), Some(Refusal::Sessions(3)));
        drop(first);
        assert_eq!(places.sit(None).err(), Some(Refusal::Guests(1)));
        drop(guest);
        assert!(places.sit(None).is_ok());
        assert!(places.sit(Some(&ben)).is_ok());
        assert!(places.sit(Some(&anna)).is_ok());
        assert_eq!(locked(&places.taken).accounts.len(), 1, "who has left is forgotten");
    }

    #[test]
    fn one_source_leaves_places_to_the_others() {
        let (places, now) = (places(2), Instant::now());
        let first = places.wait(source(1), now).ok().unwrap();
        assert_eq!(places.wait(source(1), now).err(), Some(Refusal::Source(TooMany::Waiting(1))));
        assert!(places.wait(source(2), now).is_ok());
        drop(first);
        assert!(places.wait(source(1), now).is_ok());
    }
}
