//! Where a command's key comes from.

use std::path::PathBuf;

use clap::Args;
use tern_l1::KeySource;

/// The variable with a key, for who gives none by an option.
const VARIABLE: &str = "TERN_KEY";

/// A key, never on the command line itself, where other users of the machine would see it.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyOptions {
    /// A file with the private key, which nobody else can read. Else the variable TERN_KEY has it.
    #[arg(long, value_name = "FILE", conflicts_with = "keystore")]
    pub(crate) key_file: Option<PathBuf>,
    /// An encrypted key (Web3 Secret Storage).
    #[arg(long, value_name = "FILE")]
    pub(crate) keystore: Option<PathBuf>,
    /// A file with the keystore's password; else it comes from the variable TERN_PASSWORD.
    #[arg(long, value_name = "FILE", requires = "keystore")]
    pub(crate) password_file: Option<PathBuf>,
}

impl KeyOptions {
    /// Where the key is.
    pub(crate) fn source(&self) -> KeySource {
        self.given().unwrap_or(KeySource::Variable(VARIABLE))
    }

    fn given(&self) -> Option<KeySource> {
        match (&self.key_file, &self.keystore) {
            (Some(path), _) => Some(KeySource::File(path.clone())),
            (None, Some(path)) => Some(KeySource::Keystore {
                path: path.clone(),
                password_file: self.password_file.clone(),
            }),
            (None, None) => None,
        }
    }
}
