//! `/metrics` and `/healthz`.

use std::{future::Future, net::SocketAddr, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::net::TcpListener;

use crate::{BatcherError, stats::Stats};

/// Listens there; the server runs while its future is polled.
pub(crate) async fn serve(
    address: Option<SocketAddr>,
    stats: Arc<Stats>,
) -> Result<(Option<SocketAddr>, impl Future<Output = Result<(), BatcherError>>), BatcherError> {
    let listener = match address {
        None => None,
        Some(address) => {
            let error = |source| BatcherError::Listen { address, source };
            let listener = TcpListener::bind(address).await.map_err(error)?;
            let bound = listener.local_addr().map_err(error)?;
            Some((listener, bound))
        }
    };
    let bound = listener.as_ref().map(|(_, bound)| *bound);
    let server = async move {
        let Some((listener, address)) = listener else {
            return std::future::pending().await;
        };
        let router = Router::new()
            .route("/metrics", get(async |State(stats): State<Arc<Stats>>| stats.metrics()))
            .route("/healthz", get(health))
            .with_state(stats);
        axum::serve(listener, router)
            .await
            .map_err(|source| BatcherError::Listen { address, source })
    };
    Ok((bound, server))
}

async fn health(State(stats): State<Arc<Stats>>) -> (StatusCode, String) {
    match stats.is_well() {
        Ok(()) => (StatusCode::OK, "ok\n".into()),
        Err(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble + "\n"),
    }
}
