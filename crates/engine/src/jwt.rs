//! The shared secret of the Engine API.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::EngineError;

/// How far the two clocks may be apart, in seconds.
const DRIFT: u64 = 60;

/// The secret that the Engine API's two sides share.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iat: u64,
}

impl Secret {
    /// A secret of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a file with 32 bytes in hexadecimal, with or without `0x`.
    pub fn read(path: &Path) -> Result<Self, EngineError> {
        let unusable =
            |reason: String| EngineError::SecretFile { path: PathBuf::from(path), reason };
        let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
        let text = text.trim();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes)
            .map_err(|_| unusable("it is not 32 bytes in hexadecimal".into()))?;
        // Clients in containers share it by such rights, so it is not refused as a key's file is.
        if for_others(path) {
            warn!(
                path = %path.display(),
                "other users may read the secret of the Engine API: `chmod 600` keeps it to this one"
            );
        }
        Ok(Self(bytes))
    }

    /// A token for a request that is sent now.
    pub(crate) fn token(&self) -> Result<String, EngineError> {
        let key = EncodingKey::from_secret(&self.0);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &Claims { iat: now() }, &key).map_err(
            |error| EngineError::Ethrex { what: "sign a token", reason: error.to_string() },
        )
    }

    /// Whether a token was made with this secret, and lately.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        let key = DecodingKey::from_secret(&self.0);
        let mut rules = Validation::new(Algorithm::HS256);
        rules.validate_exp = false;
        rules.set_required_spec_claims(&["iat"]);
        jsonwebtoken::decode::<Claims>(token, &key, &rules)
            .is_ok_and(|token| token.claims.iat.abs_diff(now()) <= DRIFT)
    }
}

#[cfg(unix)]
fn for_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn for_others(_: &Path) -> bool {
    false
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
