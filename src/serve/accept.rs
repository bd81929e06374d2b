//! New connections: taken as they come, whatever goes wrong with one of them.

use super::connection::Connection;
use super::cut::Stream;
use super::limits::Place;
use super::log::Failing;
use super::server::Server;
use super::session::lines;
use russh::server::{Config, run_stream};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

/// The time until the next try after none could be taken, such as when all files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes connections for ever.
pub async fn accept(listener: &TcpListener, server: &Arc<Server>, config: Arc<Config>) {
    let (mut number, mut failing) = (0, Failing::default());
    loop {
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if failing.is_news(std::time::Instant::now()) {
                    server.lent.log.server(format!("no connection taken, tried again until one is: {error}"));
                }
                sleep(PAUSE).await;
                continue;
            }
        };
        number += 1;
        let waiting = match server.places.wait(from.ip(), Instant::now()) {
            Ok(waiting) => waiting,
            Err(refusal) => {
                server.lent.log.connection(number, format!("refused {from}: {}", refusal.wording().en));
                // Lines before the version belong to the protocol. One that does not take them at once does without.
                let _too_late = stream.try_write(lines(&refusal.wording()).as_bytes());
                continue;
            }
        };
        let (server, config) = (Arc::clone(server), Arc::clone(&config));
        tokio::spawn(async move {
            let alive = server.alive();
            attend(stream, from, number, waiting, server, config).await;
            drop(alive);
        });
    }
}

/// Sees a connection through.
async fn attend(
    stream: TcpStream,
    from: SocketAddr,
    number: u64,
    waiting: Place,
    server: Arc<Server>,
    config: Arc<Config>,
) {
    let until = Instant::now() + server.settings.limits.grace;
    let lent = server.lent.clone();
    let log = |event: String| lent.log.connection(number, event);
    log(format!("connection from {from}"));
    // A connection that has ended already has no use for it.
    let _ended = stream.set_nodelay(true);
    let (stream, cut) = Stream::new(stream);
    let (began, begins) = oneshot::channel();
    let handler = Connection::new(server, number, cut.clone(), waiting, began);
    let mut stopping = lent.stopping.clone();
    let started = tokio::select! {
        started = timeout_at(until, run_stream(config, stream, handler)) => started,
        _ = stopping.wait_for(|stops| *stops) => return,
    };
    let mut running = match started {
        Ok(Ok(running)) => pin!(running),
        Ok(Err(error)) => return log(format!("closed: {error}")),
        Err(_) => return log("closed: too slow to log in".to_owned()),
    };
    let begun = tokio::select! {
        ended = &mut running => {
            return log(ended.map_or_else(|error| format!("closed: {error}"), |()| "closed".to_owned()));
        }
        begun = timeout_at(until, begins) => begun.is_ok(),
        _ = stopping.wait_for(|stops| *stops) => false,
    };
    if !begun {
        log("cut: no session began in time".to_owned());
        cut.cut();
    }
    log(running.await.map_or_else(|error| format!("closed: {error}"), |()| "closed".to_owned()));
}
