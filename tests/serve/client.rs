//! A client as people have one: it knows the server by its fingerprint, and shows what comes on a screen.
#![allow(dead_code, reason = "each test file uses what it needs")]

use super::server::{PATIENCE, Server};
use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse, Msg};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg};
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

pub struct Known(String);

impl client::Handler for Known {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        Ok(key.fingerprint(HashAlg::Sha256).to_string() == self.0)
    }
}

pub type Connection = Handle<Known>;

/// A key of its own for each number.
pub fn key(number: u8) -> PrivateKey {
    PrivateKey::new(russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[number; 32]).into(), "").unwrap()
}

/// A line of the file of accounts.
pub fn listed(name: &str, key: &PrivateKey) -> String {
    assert_eq!(key.algorithm(), Algorithm::Ed25519);
    format!("{name} {}\n", key.public_key().to_openssh().unwrap())
}

/// A connection that has not logged in.
pub async fn connect(server: &Server, window: u32) -> Connection {
    let config = client::Config { window_size: window, channel_buffer_size: 1, ..client::Config::default() };
    client::connect(Arc::new(config), server.address, Known(server.fingerprint.clone())).await.unwrap()
}

pub async fn by_key(connection: &mut Connection, name: &str, key: &PrivateKey) -> AuthResult {
    let key = PrivateKeyWithHashAlg::new(Arc::new(key.clone()), None);
    connection.authenticate_publickey(name, key).await.unwrap()
}

/// Logs in.
pub async fn login(server: &Server, name: &str, key: &PrivateKey) -> Connection {
    let mut connection = connect(server, 1 << 20).await;
    assert!(by_key(&mut connection, name, key).await.success(), "{name} comes in");
    connection
}

/// What a client shows that was not let in.
pub async fn why_not(connection: &mut Connection, name: &str) -> String {
    let asked = connection.authenticate_keyboard_interactive_start(name, None).await.unwrap();
    let KeyboardInteractiveAuthResponse::InfoRequest { instructions, prompts, .. } = asked else { panic!("{asked:?}") };
    assert!(prompts.is_empty());
    let then = connection.authenticate_keyboard_interactive_respond(Vec::new()).await.unwrap();
    assert!(matches!(then, KeyboardInteractiveAuthResponse::Failure { .. }), "{then:?}");
    instructions
}

/// Whether a request was granted.
pub async fn granted(channel: &mut Channel<Msg>) -> bool {
    loop {
        match timeout(PATIENCE, channel.wait()).await.expect("an answer") {
            Some(ChannelMsg::Success) => return true,
            Some(ChannelMsg::Failure) | None => return false,
            Some(_) => {}
        }
    }
}

/// What came of a command.
#[derive(Debug, Default)]
pub struct Outcome {
    pub out: String,
    pub errors: String,
    pub code: Option<u32>,
}

/// Reads a channel to its end.
pub async fn outcome(channel: &mut Channel<Msg>) -> Outcome {
    let (mut out, mut errors, mut code) = (Vec::new(), Vec::new(), None);
    while let Some(message) = timeout(PATIENCE, channel.wait()).await.expect("an end") {
        match message {
            ChannelMsg::Data { data } => out.extend_from_slice(&data),
            ChannelMsg::ExtendedData { data, .. } => errors.extend_from_slice(&data),
            ChannelMsg::ExitStatus { exit_status } => code = Some(exit_status),
            _ => {}
        }
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Outcome { out: text(out), errors: text(errors), code }
}

/// Runs a command and waits for its end.
pub async fn exec(connection: &Connection, command: &str) -> Outcome {
    let mut channel = connection.channel_open_session().await.unwrap();
    channel.exec(true, command).await.unwrap();
    outcome(&mut channel).await
}

/// A session on a terminal, with the screen that its person sees.
pub struct Terminal {
    pub channel: Channel<Msg>,
    screen: vt100::Parser,
}

impl Terminal {
    pub async fn open(connection: &Connection, (columns, rows): (u16, u16)) -> Self {
        let channel = connection.channel_open_session().await.unwrap();
        channel.request_pty(true, "xterm-256color", columns.into(), rows.into(), 0, 0, &[]).await.unwrap();
        channel.set_env(true, "COLORTERM", "truecolor").await.unwrap();
        channel.request_shell(true).await.unwrap();
        let cells = |count| NonZero::new(count).unwrap();
        Terminal { channel, screen: vt100::Parser::new(cells(rows), cells(columns), 0) }
    }

    /// A command that goes on, such as the linear mode, on a terminal without a prompt.
    pub async fn running(connection: &Connection, command: &str) -> Self {
        let channel = connection.channel_open_session().await.unwrap();
        channel.request_pty(true, "xterm-256color", 120, 60, 0, 0, &[]).await.unwrap();
        channel.exec(true, command).await.unwrap();
        let cells = |count| NonZero::new(count).unwrap();
        Terminal { channel, screen: vt100::Parser::new(cells(60), cells(120), 0) }
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    pub async fn press(&self, keys: &str) {
        self.channel.data_bytes(keys.as_bytes().to_vec()).await.unwrap();
    }

    /// Reads what has come already.
    pub async fn catch_up(&mut self) {
        while let Ok(Some(message)) = timeout(Duration::ZERO, self.channel.wait()).await {
            if let ChannelMsg::Data { data } = message {
                self.screen.process(&data);
            }
        }
    }

    /// Reads on until the screen shows a text; `false` at its end, or when that takes too long.
    pub async fn shows(&mut self, text: &str, patience: Duration) -> bool {
        let seen = async {
            while !self.text().contains(text) {
                match self.channel.wait().await {
                    Some(ChannelMsg::Data { data }) => self.screen.process(&data),
                    Some(_) => {}
                    None => return false,
                }
            }
            true
        };
        timeout(patience, seen).await.unwrap_or(false)
    }

    /// Reads on until the screen shows a text.
    pub async fn wait_for(&mut self, text: &str) {
        self.wait_until(text, true).await;
    }

    /// Reads on until the screen shows a text no longer.
    pub async fn wait_without(&mut self, text: &str) {
        self.wait_until(text, false).await;
    }

    async fn wait_until(&mut self, text: &str, is_there: bool) {
        while self.text().contains(text) != is_there {
            let message = timeout(PATIENCE, self.channel.wait())
                .await
                .unwrap_or_else(|_| panic!("`{text}` should be there: {is_there}:\n{}", self.text()));
            match message {
                Some(ChannelMsg::Data { data }) => self.screen.process(&data),
                Some(_) => {}
                None => panic!("the end before `{text}`:\n{}", self.text()),
            }
        }
    }

    /// Reads to the end; the exit status.
    pub async fn ended(&mut self) -> Option<u32> {
        let mut code = None;
        while let Some(message) = timeout(PATIENCE, self.channel.wait()).await.expect("an end") {
            match message {
                ChannelMsg::Data { data } => self.screen.process(&data),
                ChannelMsg::ExitStatus { exit_status } => code = Some(exit_status),
                _ => {}
            }
        }
        code
    }
}
