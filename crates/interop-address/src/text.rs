//! The text of ERC-7828: `account@namespace:chain#CHECKSUM`.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, str::FromStr};

use crate::{
    ChainRef, ChainType, Error, InteropAddress,
    address::keccak256,
    base::{from_base58, from_decimal, to_base58, to_decimal},
};

impl fmt::Display for InteropAddress {
    /// The text with its checksum, without it by `{:#}`; hexadecimal bytes where no text is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            None => f.write_str(&self.to_hex()),
            Some(text) if f.alternate() => f.write_str(&text),
            Some(text) => write!(f, "{text}#{}", self.checksum()),
        }
    }
}

impl FromStr for InteropAddress {
    type Err = Error;

    /// Reads the text, or the bytes in hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('@') {
            Some((account, rest)) => parse(text, account, rest),
            None => parse_hex(text),
        }
    }
}

impl InteropAddress {
    /// The text without its checksum, if there is one: the chain must be said, and its namespace
    /// be known.
    pub fn text(&self) -> Option<String> {
        let reference = self.chain().reference();
        if reference.is_empty() {
            return None;
        }
        let (chain, account) = match self.chain().kind() {
            ChainType::Eip155 => {
                let account = self.evm_account().map(|account| eip55(&account));
                (to_decimal(reference), account.unwrap_or_default())
            }
            ChainType::Solana => (to_base58(reference), ascii(to_base58(self.account()))),
            _ => return None,
        };
        Some(format!("{account}@{}:{}", self.chain().kind(), ascii(chain)))
    }
}

fn ascii(bytes: Vec<u8>) -> String {
    bytes.into_iter().map(char::from).collect()
}

fn parse_hex(text: &str) -> Result<InteropAddress, Error> {
    let wrong = || {
        let is_name = text.contains('.') && !text.contains(char::is_whitespace);
        if is_name { Error::Name(text.into()) } else { Error::Hex(text.into()) }
    };
    let digits = text.strip_prefix("0x").ok_or_else(wrong)?;
    let bytes = hex::decode(digits).map_err(|_| wrong())?;
    // What most people have at hand; as bytes of this format it could only be another version.
    if bytes.len() == 20 && !bytes.starts_with(&[0, 1]) {
        return Err(Error::NoChain(text.into()));
    }
    InteropAddress::from_bytes(&bytes)
}

fn parse(text: &str, account: &str, rest: &str) -> Result<InteropAddress, Error> {
    let wrong = |rule| Error::Text { text: text.into(), rule };
    let (chain, checksum) = match rest.split_once('#') {
        None => (rest, None),
        Some((chain, checksum)) => (chain, Some(checksum)),
    };
    if chain.contains('@') {
        return Err(wrong("it has more than one @"));
    }
    let Some((namespace, reference)) = chain.split_once(':') else {
        return Err(match chain {
            "" => wrong("after @ comes the chain, such as eip155:1"),
            label => Error::Label(label.into()),
        });
    };
    if account.contains('.') {
        return Err(Error::Name(account.into()));
    }
    let address = match namespace {
        "eip155" => {
            let rule = "a chain id is a decimal number without leading zeros";
            let reference = from_decimal(reference).ok_or_else(|| wrong(rule))?;
            let chain = ChainRef::new(ChainType::Eip155, reference)?;
            InteropAddress::new(chain, evm_account(text, account)?)?
        }
        "solana" => {
            let read = |part| from_base58(part).ok_or_else(|| wrong("Solana is in base 58"));
            let chain = read(reference)?;
            if chain.is_empty() {
                return Err(wrong("after solana: comes the genesis hash"));
            }
            InteropAddress::new(ChainRef::new(ChainType::Solana, chain)?, read(account)?)?
        }
        other => return Err(Error::Namespace(other.into())),
    };
    let expected = address.checksum();
    match checksum {
        Some(got) if got != expected.to_string() => {
            Err(Error::Checksum { got: got.into(), expected })
        }
        _ => Ok(address),
    }
}

/// Twenty bytes, or none.
fn evm_account(text: &str, account: &str) -> Result<Vec<u8>, Error> {
    let wrong = || Error::Text {
        text: text.into(),
        rule: "an account of an EVM chain is 0x and 40 hexadecimal digits",
    };
    if account.is_empty() {
        return Ok(Vec::new());
    }
    let digits = account.strip_prefix("0x").ok_or_else(wrong)?;
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| wrong())?;
    let mixed = digits.bytes().any(|byte| byte.is_ascii_lowercase())
        && digits.bytes().any(|byte| byte.is_ascii_uppercase());
    let expected = eip55(&bytes);
    if mixed && account != expected {
        return Err(Error::Case { got: account.into(), expected });
    }
    Ok(bytes.to_vec())
}

/// Hexadecimal digits whose case is a checksum.
fn eip55(account: &[u8; 20]) -> String {
    let digits = hex::encode(account);
    let hash = keccak256(digits.as_bytes());
    let cased = digits.char_indices().map(|(at, digit)| {
        let nibble = (hash[at / 2] >> (4 * (1 - at % 2))) & 15;
        if nibble >= 8 { digit.to_ascii_uppercase() } else { digit }
    });
    format!("0x{}", cased.collect::<String>())
}

#[cfg(feature = "serde")]
mod as_text {
    use alloc::string::String;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::InteropAddress;

    impl Serialize for InteropAddress {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for InteropAddress {
        fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
            String::deserialize(input)?.parse().map_err(D::Error::custom)
        }
    }
}
