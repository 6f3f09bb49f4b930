//! Which web pages may ask a node for operators.
//!
//! A browser lets any page open WebSockets and send simple requests to whatever runs on its
//! machine. With the public methods a page can do nothing that it could not do elsewhere.

use axum::http::{HeaderMap, HeaderValue, Uri, header::ORIGIN};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::Audience;

/// What browsers are told.
pub(crate) fn cors(audience: Audience) -> CorsLayer {
    let all = CorsLayer::permissive();
    match audience {
        Audience::Public => all,
        Audience::Operators => {
            all.allow_origin(AllowOrigin::predicate(|origin, _| !is_elsewhere(origin)))
        }
    }
}

/// Whether a request is a page's that may not send it.
pub(crate) fn is_refused(audience: Audience, headers: &HeaderMap) -> bool {
    audience == Audience::Operators && headers.get(ORIGIN).is_some_and(is_elsewhere)
}

/// Whether a page is of another machine. Wallets in browsers are no pages.
fn is_elsewhere(origin: &HeaderValue) -> bool {
    let Ok(text) = origin.to_str() else { return true };
    let Ok(uri) = text.parse::<Uri>() else { return true };
    let is_page = matches!(uri.scheme_str(), Some("http" | "https") | None);
    is_page && !matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_machines_cannot_use_what_is_for_operators() {
        let refused = |audience, origin| {
            let origin = HeaderValue::from_static(origin);
            is_refused(audience, &HeaderMap::from_iter([(ORIGIN, origin)]))
        };
        for elsewhere in ["https://evil.example", "http://localhost.evil.example:8545", "null"] {
            assert!(refused(Audience::Operators, elsewhere), "{elsewhere}");
            assert!(!refused(Audience::Public, elsewhere), "{elsewhere}");
        }
        let here = ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443"];
        for near in here.into_iter().chain(["chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn"])
        {
            assert!(!refused(Audience::Operators, near), "{near}");
        }
        assert!(!is_refused(Audience::Operators, &HeaderMap::new()));
    }
}
