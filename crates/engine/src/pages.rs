//! What web pages may ask a node for operators.
//!
//! A browser lets any page open WebSockets and send simple requests to whatever runs on its
//! machine. With the public methods a page can do nothing that it could not do elsewhere.

use std::net::Ipv4Addr;

use axum::http::{HeaderMap, HeaderValue, Uri, header::ORIGIN};

use crate::Audience;

/// For whom a request is answered: a page of another machine is the public everywhere.
pub(crate) fn audience(of: Audience, headers: &HeaderMap) -> Audience {
    if headers.get(ORIGIN).is_some_and(is_elsewhere) { Audience::Public } else { of }
}

/// Whether a page is of another machine. Wallets in browsers are no pages.
fn is_elsewhere(origin: &HeaderValue) -> bool {
    let Ok(text) = origin.to_str() else { return true };
    let Ok(uri) = text.parse::<Uri>() else { return true };
    let is_page = matches!(uri.scheme_str(), Some("http" | "https") | None);
    let is_here = |host: &str| {
        matches!(host, "localhost" | "[::1]")
            || host.ends_with(".localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    };
    is_page && !uri.host().is_some_and(is_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_machines_cannot_use_what_is_for_operators() {
        let asks = |of, origin| {
            let origin = HeaderValue::from_static(origin);
            audience(of, &HeaderMap::from_iter([(ORIGIN, origin)]))
        };
        for elsewhere in ["https://evil.example", "http://localhost.evil.example:8545", "null"] {
            assert_eq!(asks(Audience::Operators, elsewhere), Audience::Public, "{elsewhere}");
            assert_eq!(asks(Audience::Public, elsewhere), Audience::Public, "{elsewhere}");
        }
        let here = [
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://127.9.9.9:1",
            "https://[::1]:8443",
            "http://app.localhost:3000",
        ];
        for near in here.into_iter().chain(["chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn"])
        {
            assert_eq!(asks(Audience::Operators, near), Audience::Operators, "{near}");
        }
        assert_eq!(audience(Audience::Operators, &HeaderMap::new()), Audience::Operators);
    }
}
