//! What one source of connections may take, so that it cannot take everything from the others: places of those who have not logged in, and
//! connections in a minute.

use super::network::{Network, Source};
use crate::experiment::Bilingual;
use clap::Args;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
/// Sources that are remembered; beyond these, those that wait for nothing are forgotten.
const MOST: usize = 4096;

/// What each source may take.
#[derive(Debug, Clone, Args)]
pub struct SourceLimits {
    /// Connections at a time that have not logged in yet, from one source: an IPv4 address, or an IPv6 network of 64 bits
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub waiting_per_source: u32,

    /// Connections that one source may begin in a minute, at once or one after the other
    #[arg(long, value_name = "NUMBER", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,

    /// An address or a network that these two limits do not concern, such as that of a lecture hall: 192.0.2.7, 10.0.0.0/8 or
    /// 2001:db8::/32. May be given several times
    #[arg(long = "exempt", value_name = "NET")]
    pub exempt: Vec<Network>,
}

/// What a source has taken too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    Waiting(u32),
    Begun(u32),
}

impl TooMany {
    /// What the person is told.
    pub fn wording(self) -> Bilingual {
        let (en, ja) = match self {
            TooMany::Waiting(most) => (
                format!("{most} connections from your address are logging in already"),
                format!("同じアドレスからログイン中の接続がすでに {most} 件あります"),
            ),
            TooMany::Begun(most) => (
                format!("your address may begin {most} connections in a minute, and has begun them"),
                format!("同じアドレスから始められる接続は 1 分間に {most} 件までで、すでに上限に達しています"),
            ),
        };
        Bilingual::new(
            format!(
                "{en}; try again in a minute. Does a whole class share the address? Tell your instructor (--exempt)"
            ),
            format!(
                "{ja}。1 分ほど待ってからやり直してください。クラス全体で同じアドレスを使っている場合は教員に知らせてください(--exempt)"
            ),
        )
    }
}

/// A token bucket, described by the time at which it is full again.
#[derive(Clone, Copy)]
struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// Takes one of the tokens, of which there are `rate` at most and come `rate` in a minute; whether there was one.
    fn take(&mut self, rate: u32, now: Instant) -> bool {
        let full_at = self.full_at.max(now) + MINUTE / rate;
        let is_there = full_at <= now + MINUTE;
        if is_there {
            self.full_at = full_at;
        }
        is_there
    }

    fn is_full(self, now: Instant) -> bool {
        self.full_at <= now
    }
}

/// What is known of one source.
struct Known {
    waiting: u32,
    bucket: Bucket,
}

/// The sources from which connections came of late.
pub struct Sources {
    most: SourceLimits,
    known: BTreeMap<Source, Known>,
}

impl Sources {
    pub fn new(most: SourceLimits) -> Self {
        Sources { most, known: BTreeMap::new() }
    }

    /// Counts a connection that begins; its source, unless that is exempt, has to be told when it waits no more.
    ///
    /// # Errors
    /// When the source has taken too much. A connection that finds no place counts as begun nevertheless.
    pub fn begin(&mut self, from: IpAddr, now: Instant) -> Result<Option<Source>, TooMany> {
        if self.most.exempt.iter().any(|network| network.contains(from)) {
            return Ok(None);
        }
        let source = Source::from(from);
        if self.known.len() >= MOST && !self.known.contains_key(&source) {
            self.forget(now);
        }
        let known = self.known.entry(source).or_insert(Known { waiting: 0, bucket: Bucket { full_at: now } });
        if !known.bucket.take(self.most.rate, now) {
            return Err(TooMany::Begun(self.most.rate));
        }
        if known.waiting >= self.most.waiting_per_source {
            return Err(TooMany::Waiting(self.most.waiting_per_source));
        }
        known.waiting += 1;
        Ok(Some(source))
    }

    /// A connection of a source waits no more.
    pub fn waits_no_more(&mut self, source: Source) {
        if let Some(known) = self.known.get_mut(&source) {
            known.waiting -= 1;
        }
    }

    /// Forgets sources of which nothing need be known; if most are left then, all but those with connections that wait, whose number is
    /// limited.
    fn forget(&mut self, now: Instant) {
        self.known.retain(|_, known| known.waiting > 0 || !known.bucket.is_full(now));
        if self.known.len() > MOST / 2 {
            self.known.retain(|_, known| known.waiting > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const SECOND: Duration = Duration::from_secs(1);

    fn sources(waiting: u32, rate: u32) -> Sources {
        Sources::new(SourceLimits { waiting_per_source: waiting, rate, exempt: vec!["10.0.0.0/8".parse().unwrap()] })
    }

    #[test]
    fn a_source_has_so_many_connections_at_once_and_then_so_many_a_minute() {
        let (mut sources, now) = (sources(100, 6), Instant::now());
        let [anna, ben] = [1, 2].map(|last| IpAddr::from(Ipv4Addr::new(192, 0, 2, last)));
        for _ in 0..6 {
            assert!(sources.begin(anna, now).is_ok());
        }
        for at in [now, now + 9 * SECOND] {
            assert_eq!(sources.begin(anna, at), Err(TooMany::Begun(6)));
        }
        assert!(sources.begin(ben, now).is_ok(), "another source is not concerned");
        assert!(sources.begin(anna, now + 10 * SECOND).is_ok(), "one more every ten seconds");
        assert!(sources.begin(anna, now + 11 * SECOND).is_err());
        let later = now + 600 * SECOND;
        let begun = (0..100).filter(|_| sources.begin(anna, later).is_ok()).count();
        assert_eq!(begun, 6, "what was not used is not added up");
    }

    #[test]
    fn connections_of_a_source_wait_in_its_own_places_and_those_that_are_exempt_in_any() {
        let (mut sources, now) = (sources(2, 1000), Instant::now());
        let of_network = |last| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        let source = sources.begin(of_network(1), now).unwrap().unwrap();
        assert!(sources.begin(of_network(2), now).is_ok());
        assert_eq!(sources.begin(of_network(3), now), Err(TooMany::Waiting(2)));
        sources.waits_no_more(source);
        assert!(sources.begin(of_network(3), now).is_ok());
        for _ in 0..5000 {
            assert_eq!(sources.begin(Ipv4Addr::new(10, 1, 2, 3).into(), now), Ok(None));
        }
        assert_eq!(sources.known.len(), 1);
    }

    #[test]
    fn sources_are_forgotten_but_those_with_connections_that_wait() {
        let (mut sources, now) = (sources(2, 1), Instant::now());
        let source = |number: u32| IpAddr::from(Ipv4Addr::from_bits(0xC000_0000 + number));
        assert!(sources.begin(source(0), now).is_ok());
        for number in 1..20_000 {
            let begun = sources.begin(source(number), now).unwrap();
            sources.waits_no_more(begun.unwrap());
            assert!(sources.known.len() <= MOST);
        }
        assert_eq!(sources.begin(source(0), now), Err(TooMany::Begun(1)), "it is remembered");
        // Those whose minute is over are forgotten first.
        let last = sources.begin(source(20_000), now + 59 * SECOND).unwrap();
        sources.waits_no_more(last.unwrap());
        sources.forget(now + MINUTE);
        assert_eq!(sources.known.len(), 2);
    }
}
