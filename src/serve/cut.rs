//! A connection that can be cut off from outside, whatever the protocol above it waits for.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// The knife: cuts once.
#[derive(Clone)]
pub struct Cut(Arc<Mutex<Option<oneshot::Sender<()>>>>);

impl Cut {
    /// To the other side the connection has ended; to this side too.
    pub fn cut(&self) {
        if let Some(sender) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ended_already = sender.send(());
        }
    }
}

/// A connection until it is cut.
pub struct Stream {
    inner: TcpStream,
    /// None when it was cut.
    until: Option<oneshot::Receiver<()>>,
}

impl Stream {
    pub fn new(inner: TcpStream) -> (Self, Cut) {
        let (sender, until) = oneshot::channel();
        (Stream { inner, until: Some(until) }, Cut(Arc::new(Mutex::new(Some(sender)))))
    }

    /// Whether it was cut; who waits is woken when it is.
    fn is_cut(&mut self, context: &mut Context<'_>) -> bool {
        if let Some(until) = &mut self.until
            && Pin::new(until).poll(context).is_ready()
        {
            self.until = None;
        }
        self.until.is_none()
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_cut(context) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(context, to)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_cut(context) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
