//! Keys: where they come from, and that they are never shown.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;

use crate::L1Error;

/// A private key. Shows as its address.
#[derive(Clone)]
pub struct Key(pub(crate) PrivateKeySigner);

/// Where a key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file with 64 hexadecimal digits that nobody else can read.
    File(PathBuf),
    /// A file encrypted with a password (Web3 Secret Storage).
    Keystore {
        /// The file.
        path: PathBuf,
        /// A file whose first line is the password. Else the variable `TERN_PASSWORD`.
        password_file: Option<PathBuf>,
    },
    /// An environment variable.
    Variable(&'static str),
    /// The first account of every development node, known to everybody.
    Dev,
}

// The first account of the mnemonic "test test test ... junk".
const DEV: [u8; 32] =
    alloy_primitives::hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

impl Key {
    /// Reads a key.
    pub fn load(source: &KeySource) -> Result<Self, L1Error> {
        match source {
            KeySource::File(path) => {
                Self::parse(&read_secret(path)?, &format!("the key file {}", path.display()))
            }
            KeySource::Keystore { path, password_file } => keystore(path, password_file.as_deref()),
            KeySource::Variable(name) => {
                let text = std::env::var(name).map_err(|_| L1Error::NoKey(name))?;
                Self::parse(&text, &format!("the variable {name}"))
            }
            KeySource::Dev => Self::from_bytes(DEV, "the development key"),
        }
    }

    /// Reads hexadecimal digits, with or without `0x`.
    pub fn parse(text: &str, from: &str) -> Result<Self, L1Error> {
        let text = text.trim();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 32];
        alloy_primitives::hex::decode_to_slice(digits, &mut bytes)
            .map_err(|_| L1Error::NotAKey { from: from.into() })?;
        Self::from_bytes(bytes, from)
    }

    fn from_bytes(bytes: [u8; 32], from: &str) -> Result<Self, L1Error> {
        PrivateKeySigner::from_bytes(&B256::from(bytes))
            .map(Self)
            .map_err(|_| L1Error::NotAKey { from: from.into() })
    }

    /// Signs a digest as it is: r, s and v.
    pub fn sign(&self, digest: B256) -> Result<[u8; 65], L1Error> {
        let signed = self.0.credential().sign_prehash_recoverable(digest.as_slice());
        let (signature, parity) = signed.map_err(|error| L1Error::Sign {
            what: "a digest".into(),
            reason: error.to_string(),
        })?;
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes[64] = 27 + parity.to_byte();
        Ok(bytes)
    }

    /// The account it signs for.
    pub const fn address(&self) -> Address {
        self.0.address()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.address())
    }
}

/// Reads a file that only its owner can read.
fn read_secret(path: &Path) -> Result<String, L1Error> {
    let error = |source| L1Error::KeyFile { path: path.into(), source };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(error)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(L1Error::KeyFileOpen { path: path.into(), mode });
        }
    }
    fs::read_to_string(path).map_err(error)
}

fn keystore(path: &Path, password_file: Option<&Path>) -> Result<Key, L1Error> {
    fs::metadata(path).map_err(|source| L1Error::KeyFile { path: path.into(), source })?;
    let password = match password_file {
        Some(file) => read_secret(file)?.lines().next().unwrap_or_default().to_owned(),
        None => std::env::var("TERN_PASSWORD").map_err(|_| L1Error::Keystore {
            path: path.into(),
            reason: "give its password with --password-file FILE or the variable TERN_PASSWORD"
                .into(),
        })?,
    };
    PrivateKeySigner::decrypt_keystore(path, password).map(Key).map_err(|error| L1Error::Keystore {
        path: path.into(),
        reason: format!("{error}; check the password and that the file is a keystore"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // After the example of Web3 Secret Storage; its password is "testpassword".
    const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":
        "6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":
        "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
        "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":
        "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":
        "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
        "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;

    #[test]
    fn a_keystore_opens_with_its_password_only_and_shows_no_key() {
        let folder = std::env::temp_dir().join(format!("tern-key-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the test");
        let path = folder.join("keystore.json");
        fs::write(&path, KEYSTORE).expect("it is writable");
        let open = |password: &str| {
            let file = folder.join("password");
            fs::write(&file, password).expect("it is writable");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("ours");
            }
            let source = KeySource::Keystore { path: path.clone(), password_file: Some(file) };
            Key::load(&source)
        };
        let key = open("testpassword\n").expect("the right password");
        let shown = format!("{key:?}");
        assert_eq!(shown, "Key(0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b)");
        let error = open("guess").expect_err("a wrong password").to_string();
        assert!(error.contains("check the password") && !error.contains("guess"), "{error}");
        fs::remove_dir_all(folder).expect("the folder was made");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for text in ["", "secret", &"0".repeat(64), &"f".repeat(64), &"1".repeat(63)] {
            let error = Key::parse(text, "the file").expect_err("no key").to_string();
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
    }
}
