//! One connection: who it is, what it asks for, and what it is refused.
//!
//! Of all that ssh offers there is one session with one terminal, or one command of this program. Whoever is in is known by a signature
//! alone: any other way of logging in, also one that fails, forgets it.

use super::accounts::{Claim, Verdict};
use super::child::{Order, Size};
use super::commands::{self, Command};
use super::cut::Cut;
use super::input::Input;
use super::limits::Place;
use super::name::{GUEST, Name};
use super::server::Server;
use super::session::{Session, lines};
use crate::class::answers::hand_in;
use crate::experiment::Bilingual;
use crate::folders::Folders;
use crate::run::RunStore;
use russh::keys::{Certificate, HashAlg, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, MethodKind, MethodSet, Pty};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

type Protocol = russh::server::Session;
type Error = russh::Error;

/// Keys that a client may ask about.
const KEYS: usize = 15;
/// How long a client has to close after it was refused.
const TO_CLOSE: Duration = Duration::from_secs(5);
/// Variables that a client may set, and the letters of each.
const VARIABLES: usize = 24;
const LETTERS: usize = 64;
/// Status of a session that was refused.
const REFUSED: u32 = 1;
/// Status of a command that is none.
const NO_COMMAND: u32 = 2;

/// Who has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Identity {
    Account(Name),
    Guest,
}

/// What is known of a connection.
pub struct Connection {
    server: Arc<Server>,
    number: u64,
    cut: Cut,
    /// Among those whose session has not begun.
    waiting: Option<Place>,
    keys_asked: usize,
    identity: Option<Identity>,
    /// Told when the session begins, or is refused.
    began: Option<oneshot::Sender<()>>,
    channel: Option<ChannelId>,
    term: Option<String>,
    /// The newest size; who waits for it learns that the client has gone.
    size: watch::Sender<Size>,
    environment: BTreeMap<String, String>,
    /// The keys of the session, once there is one.
    input: Option<Arc<Input>>,
}

impl Connection {
    pub fn new(server: Arc<Server>, number: u64, cut: Cut, waiting: Place, began: oneshot::Sender<()>) -> Self {
        let (size, _) = watch::channel(Size::clamped(0, 0));
        Connection {
            server,
            number,
            cut,
            waiting: Some(waiting),
            keys_asked: 0,
            identity: None,
            began: Some(began),
            channel: None,
            term: None,
            size,
            environment: BTreeMap::new(),
            input: None,
        }
    }

    fn log(&self, event: impl std::fmt::Display) {
        self.server.lent.log.connection(self.number, event);
    }

    /// Why nobody came in under a name, and what to do.
    fn why_not(&self, user: &str) -> Bilingual {
        match user.parse::<Name>() {
            Err(error) => Bilingual::new(
                format!("No account can have this name: {error}."),
                "このアカウント名は使えません。英小文字・数字・「-」「_」「.」で 32 字以内(先頭は英字か数字)にしてください。",
            ),
            Ok(name) if name.is_guest() => Bilingual::new(
                "There are no guests here: log in under your own name (ssh -p PORT NAME@HOST).",
                "ゲストは受け付けていません。自分のアカウント名でログインしてください(ssh -p ポート 名前@ホスト)。",
            ),
            Ok(name) if self.keys_asked == 0 => Bilingual::new(
                format!(
                    "Your ssh client offered no key for `{name}`. Make one with `ssh-keygen -t ed25519`, and try again."
                ),
                format!(
                    "`{name}` の公開鍵が送られてきませんでした。`ssh-keygen -t ed25519` で鍵を作ってから、やり直してください。"
                ),
            ),
            Ok(name) => Bilingual::new(
                format!(
                    "None of your keys opens the account `{name}`. Give your instructor your .pub file, or use the name you were given."
                ),
                format!(
                    "アカウント `{name}` に登録された鍵がありません。.pub ファイルを教員に渡すか、教わったアカウント名を使ってください。"
                ),
            ),
        }
    }

    /// Tells why there is no session, and closes the channel, and the connection with it.
    fn refuse(&mut self, channel: ChannelId, why: &Bilingual, code: u32, protocol: &mut Protocol) -> Result<(), Error> {
        self.log(format!("refused: {}", why.en));
        self.began = None;
        let cut = self.cut.clone();
        tokio::spawn(async move {
            sleep(TO_CLOSE).await;
            cut.cut();
        });
        protocol.channel_success(channel)?;
        protocol.extended_data(channel, 1, lines(why).into_bytes())?;
        protocol.exit_status_request(channel, code)?;
        protocol.eof(channel)?;
        protocol.close(channel)
    }

    /// Begins the session, if there is a place.
    fn begin(&mut self, channel: ChannelId, command: Command, protocol: &mut Protocol) -> Result<(), Error> {
        let (true, Some(identity)) = (self.may_begin(channel), self.identity.clone()) else {
            return protocol.channel_failure(channel);
        };
        let account = match &identity {
            Identity::Account(name) => Some(name),
            Identity::Guest => None,
        };
        let place = match self.server.places.sit(account) {
            Ok(place) => place,
            Err(refusal) => return self.refuse(channel, &refusal.wording(), REFUSED, protocol),
        };
        let folder = &self.server.folder;
        let made = match &identity {
            Identity::Account(name) => folder.of_account(name),
            Identity::Guest => folder.of_guest(self.number),
        };
        let home = match made {
            Ok(home) => home,
            Err(error) => {
                self.log(format!("no folder: {error}"));
                let why = Bilingual::new(
                    format!("your folder cannot be made ({error}); tell your instructor"),
                    format!("アカウントのフォルダーを作れませんでした({error})。担当の教員に知らせてください"),
                );
                return self.refuse(channel, &why, REFUSED, protocol);
            }
        };
        protocol.channel_success(channel)?;
        let terminal = self.term.as_ref().map(|_| *self.size.borrow());
        self.environment.extend(self.term.clone().map(|term| ("TERM".to_owned(), term)));
        // One byte more than may be shows that a file is too long.
        let input = if command.takes_file { Input::of_file(hand_in::MOST as usize + 1) } else { Input::new() };
        let input = Arc::new(input);
        self.input = Some(Arc::clone(&input));
        let runs = RunStore::new(Folders::under(home.clone()).runs()).folder().to_owned();
        let settings = &self.server.settings;
        // The linear mode is part of the class, and has no screen that others could look at; commands only come for their progress.
        let seen = command.words.is_empty().then_some(terminal).flatten();
        let attendance = self.server.class.enter(self.number, account, home.clone(), Arc::clone(&input), seen);
        let class = (folder.class(), attendance.token().to_owned());
        let session = Session {
            account: account.cloned(),
            attendance: Some(attendance),
            lent: self.server.lent.clone(),
            number: self.number,
            handle: protocol.handle(),
            channel,
            cut: self.cut.clone(),
            leaves: (identity == Identity::Guest).then(|| home.clone()),
            runs,
            order: Order {
                program: self.server.program.clone(),
                limits: settings.process.clone(),
                through: settings.session_command.clone(),
                home,
                shared: std::iter::once(folder.shared()).chain(settings.labs.clone()).collect(),
                labs: settings.labs.clone(),
                words: command.words,
                takes_file: command.takes_file,
                terminal,
                class: Some(class),
                environment: std::mem::take(&mut self.environment),
            },
            input,
            size: self.size.subscribe(),
            place,
        };
        let alive = self.server.alive();
        tokio::spawn(async move {
            session.run().await;
            drop(alive);
        });
        self.waiting = None;
        let _nobody_waits = self.began.take().map(|began| began.send(()));
        Ok(())
    }

    /// Whether a session can be asked for: there is one for each connection, and none after one that was refused.
    fn may_begin(&self, channel: ChannelId) -> bool {
        self.is_ours(channel) && self.began.is_some()
    }

    fn is_ours(&self, channel: ChannelId) -> bool {
        self.channel == Some(channel)
    }
}

/// Whether a value of a variable is a name as they are usual, such as `ja_JP.UTF-8` or `xterm-256color`.
fn is_plain(value: &str) -> bool {
    let is_fit = |letter: char| letter.is_ascii_alphanumeric() || "._-+@:".contains(letter);
    (1..=LETTERS).contains(&value.len()) && value.chars().all(is_fit)
}

/// Whether a client may set a variable.
fn may_set(name: &str) -> bool {
    let of_locale = |rest: &str| {
        !rest.is_empty() && rest.len() <= LETTERS && rest.chars().all(|letter| letter.is_ascii_uppercase())
    };
    matches!(name, "COLORTERM" | "LANG") || name.strip_prefix("LC_").is_some_and(of_locale)
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

impl Handler for Connection {
    type Error = Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Error> {
        self.identity = None;
        if user != GUEST || !self.server.settings.guest {
            return Ok(Auth::reject());
        }
        self.identity = Some(Identity::Guest);
        self.log("login guest");
        Ok(Auth::Accept)
    }

    async fn auth_password(&mut self, _: &str, _: &str) -> Result<Auth, Error> {
        self.identity = None;
        Ok(Auth::reject())
    }

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        self.identity = None;
        self.keys_asked += 1;
        if self.keys_asked > KEYS {
            self.log("refused: too many keys");
            return Err(Error::Disconnect);
        }
        let Ok(name) = user.parse() else { return Ok(Auth::reject()) };
        Ok(match self.server.accounts.judge(&name, offer.public_key) {
            Verdict::Owns | Verdict::MayEnrol => Auth::Accept,
            Verdict::Unknown => Auth::reject(),
        })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        self.identity = None;
        let Ok(name) = user.parse::<Name>() else { return Ok(Auth::reject()) };
        match self.server.accounts.claim(&name, key.public_key) {
            Ok(Claim::Refused) => return Ok(Auth::reject()),
            Ok(Claim::Owner) => {}
            Ok(Claim::Enrolled) => self.log(format!("enrolled {name} {}", fingerprint(key.public_key))),
            Err(error) => {
                self.log(format!("could not enrol {name}: {error}"));
                return Ok(Auth::reject());
            }
        }
        self.log(format!("login {name} {}", fingerprint(key.public_key)));
        self.identity = Some(Identity::Account(name));
        Ok(Auth::Accept)
    }

    async fn auth_openssh_certificate(&mut self, _: &str, _: &Certificate) -> Result<Auth, Error> {
        self.identity = None;
        Ok(Auth::reject())
    }

    /// Nobody comes in by this method: clients show its text, after no key of theirs did.
    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Error> {
        self.identity = None;
        if response.is_some() {
            let proceed_with_methods = Some(MethodSet::from(&[MethodKind::PublicKey][..]));
            return Ok(Auth::Reject { proceed_with_methods, partial_success: false });
        }
        let why = self.why_not(user);
        self.log(format!("refused `{user}`: {}", why.en));
        let instructions = Cow::Owned(lines(&why));
        Ok(Auth::Partial { name: Cow::Borrowed(""), instructions, prompts: Cow::Borrowed(&[]) })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Protocol,
    ) -> Result<(), Error> {
        if self.channel.is_some() {
            self.log("refused: a second channel");
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        // Only its number is kept: messages to one that nobody reads would hold the connection up.
        self.channel = Some(channel.id());
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        protocol: &mut Protocol,
    ) -> Result<(), Error> {
        if !self.is_ours(channel) || self.term.is_some() || self.input.is_some() {
            return protocol.channel_failure(channel);
        }
        self.term = Some(if is_plain(term) { term } else { "dumb" }.to_owned());
        self.size.send_replace(Size::clamped(columns, rows));
        protocol.channel_success(channel)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        protocol: &mut Protocol,
    ) -> Result<(), Error> {
        let is_taken = self.is_ours(channel) && may_set(name) && is_plain(value) && self.environment.len() < VARIABLES;
        if !is_taken {
            return protocol.channel_failure(channel);
        }
        self.environment.insert(name.to_owned(), value.to_owned());
        protocol.channel_success(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, protocol: &mut Protocol) -> Result<(), Error> {
        if self.term.is_none() && self.may_begin(channel) {
            let why = Bilingual::new(
                "the labs need a terminal: log in with `ssh -t`",
                "ラボを開くには端末が必要です。`ssh -t` でログインしてください",
            );
            return self.refuse(channel, &why, REFUSED, protocol);
        }
        self.begin(channel, Command::default(), protocol)
    }

    async fn exec_request(&mut self, channel: ChannelId, command: &[u8], protocol: &mut Protocol) -> Result<(), Error> {
        match commands::command(command) {
            // A terminal would change what a file holds.
            Ok(command) if command.takes_file && self.term.is_some() && self.may_begin(channel) => {
                let why = Bilingual::new(
                    "a file is handed in without a terminal: leave out `-t`",
                    "ファイルの提出に端末は使えません。`-t` を付けずに実行してください",
                );
                self.refuse(channel, &why, REFUSED, protocol)
            }
            Ok(command) => self.begin(channel, command, protocol),
            Err(why) if self.may_begin(channel) => self.refuse(channel, &why, NO_COMMAND, protocol),
            Err(_) => protocol.channel_failure(channel),
        }
    }

    async fn subsystem_request(&mut self, channel: ChannelId, _: &str, protocol: &mut Protocol) -> Result<(), Error> {
        self.log("refused: a subsystem");
        protocol.channel_failure(channel)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        protocol: &mut Protocol,
    ) -> Result<(), Error> {
        protocol.channel_failure(channel)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &mut Protocol,
    ) -> Result<(), Error> {
        if self.is_ours(channel) {
            self.size.send_replace(Size::clamped(columns, rows));
        }
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, keys: &[u8], _: &mut Protocol) -> Result<(), Error> {
        if let Some(input) = self.input.as_ref().filter(|_| self.is_ours(channel)) {
            input.push(keys);
        }
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _: &mut Protocol) -> Result<(), Error> {
        if let Some(input) = self.input.as_ref().filter(|_| self.is_ours(channel)) {
            input.end();
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Protocol) -> Result<(), Error> {
        // A client that wants nothing more is gone.
        if self.is_ours(channel) { Err(Error::Disconnect) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_sets_its_language_and_colours_and_nothing_else() {
        for name in ["LANG", "LC_ALL", "LC_CTYPE", "COLORTERM"] {
            assert!(may_set(name), "{name}");
        }
        for name in ["PATH", "LD_PRELOAD", "SHINSO_HOME", "TERM", "LC_", "LC_a", "LC_ALL=", "", "HOME", "TZ"] {
            assert!(!may_set(name), "{name}");
        }
        for value in ["ja_JP.UTF-8", "de_DE@euro", "xterm-256color", "truecolor", "C"] {
            assert!(is_plain(value), "{value}");
        }
        for value in ["", "a b", "../x", "\u{1b}[2J", "a\n", "日本", &"a".repeat(65)] {
            assert!(!is_plain(value), "{value:?}");
        }
    }
}
