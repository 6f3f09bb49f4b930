//! Against a real node: the cursor, blobs and the sender.

mod blobs;
mod chain;
mod cursor;
mod gate;
mod program;
mod sender;

/// Async threads may pass each on to another.
#[test]
fn cursors_blobs_and_senders_can_be_spawned() {
    fn spawnable<T: Send + 'static>(_: impl FnOnce(T) + Send) {}
    fn future<T: Send>(_: T) {}
    spawnable(|mut cursor: tern_l1::Cursor| future(async move { cursor.next().await }));
    spawnable(|mut sender: tern_l1::Sender| future(async move { sender.tick().await }));
    spawnable(|blobs: tern_l1::Blobs| {
        let at = tern_l1::BlobBlock { number: 0, timestamp: 0 };
        future(async move { blobs.get(at, &[]).await });
    });
}
