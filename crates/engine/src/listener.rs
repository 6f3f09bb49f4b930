//! A port with so many connections at most: each takes a file, and the database needs files, too.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};

/// Connections that are open at the same time.
const MOST: usize = 512;

/// How long a connection stays on which nothing comes or goes. WebSockets are pinged more often.
const IDLE: Duration = Duration::from_secs(300);

/// How long one stays on which nothing ever came.
const MUTE: Duration = Duration::from_secs(10);

/// A listener that lets in so many at a time, and puts out who keeps a place for nothing.
#[derive(Debug)]
pub struct Bounded<L> {
    listener: L,
    places: Arc<Semaphore>,
    idle: Duration,
}

impl<L: Listener> Bounded<L> {
    /// Bounds a public port.
    pub fn new(listener: L) -> Self {
        Self::with(listener, MOST, IDLE)
    }

    fn with(listener: L, most: usize, idle: Duration) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(most)), idle }
    }
}

impl<L: Listener<Io: Unpin>> Listener for Bounded<L> {
    type Io = Held<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // It fails only where a semaphore was closed, and nobody closes this one.
        let place = self.places.clone().acquire_owned().await.ok();
        let (io, address) = self.listener.accept().await;
        let timer = Box::pin(sleep(self.idle.min(MUTE)));
        (Held { io, timer, idle: self.idle, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection with its place.
#[derive(Debug)]
pub struct Held<T> {
    io: T,
    timer: Pin<Box<Sleep>>,
    idle: Duration,
    _place: Option<OwnedSemaphorePermit>,
}

impl<T> Held<T> {
    /// Ends a connection that waited for too long.
    fn watch<R>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            let later = Instant::now() + self.idle;
            self.timer.as_mut().reset(later);
            return polled;
        }
        self.timer.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Held<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        self.watch(context, polled)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Held<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(context, bytes);
        self.watch(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(context, parts);
        self.watch(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        time::timeout,
    };

    use super::*;

    async fn answered(stream: &mut TcpStream) -> bool {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        let read = timeout(Duration::from_millis(500), stream.read(&mut [0; 64])).await;
        read.is_ok_and(|read| read.is_ok_and(|bytes| bytes > 0))
    }

    async fn serve(most: usize, idle: Duration) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(async move { axum::serve(Bounded::with(listener, most, idle), router).await });
        address
    }

    #[tokio::test]
    async fn who_comes_too_many_waits_until_another_leaves() {
        let address = serve(2, IDLE).await;
        let connect = || async { TcpStream::connect(address).await.expect("connected") };
        let (mut first, mut second, mut third) =
            (connect().await, connect().await, connect().await);
        assert!(answered(&mut first).await && answered(&mut second).await);
        assert!(!answered(&mut third).await);
        drop(second);
        assert!(answered(&mut third).await && answered(&mut first).await);
    }

    #[tokio::test]
    async fn who_says_nothing_for_long_is_put_out() {
        let address = serve(2, Duration::from_millis(300)).await;
        let mut silent = TcpStream::connect(address).await.expect("connected");
        let ended = timeout(Duration::from_secs(5), silent.read(&mut [0; 64])).await;
        assert_eq!(ended.expect("in time").ok().filter(|bytes| *bytes > 0), None);
    }
}
