//! `tern address`

use clap::Args;
use serde_json::json;
use tern_interop_address::{Error, InteropAddress};

use super::print;
use crate::failure::Failure;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern address 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045@eip155:1
  tern address 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045 --chain 7357
  tern address 0x00010000010114d8da6bf26964af9d7eed9e03e53415d37aa96045 --json

Nothing is looked up: names (alice.eth) and labels (@base) are refused.")]
pub(crate) struct Address {
    /// Text (ERC-7828), bytes (ERC-7930), or a plain address with --chain.
    #[arg(required = true, value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// The chain id of plain addresses.
    #[arg(long, value_name = "ID")]
    chain: Option<u64>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Shows each address in both forms.
pub(crate) fn run(arguments: &Address) -> Result<bool, Failure> {
    for text in &arguments.addresses {
        let address = parse(text, arguments.chain)?;
        let (bytes, checksum) = (address.to_hex(), address.checksum().to_string());
        let plain = address.text();
        let result = json!({
            "text": plain.as_ref().map(|_| address.to_string()),
            "bytes": bytes,
            "checksum": checksum,
            "namespace": address.chain().kind().to_string(),
            "chainId": address.chain().evm_id(),
        });
        let shown = if plain.is_some() { address.to_string() } else { "(none known)".into() };
        let words = format!("text      {shown}\nbytes     {bytes}\nchecksum  {checksum}");
        print(arguments.json, &result, &words)?;
    }
    Ok(true)
}

fn parse(text: &str, chain: Option<u64>) -> Result<InteropAddress, Error> {
    match (text.parse(), chain) {
        (Err(Error::NoChain(text)), Some(chain)) => format!("{text}@eip155:{chain}").parse(),
        (parsed, _) => parsed,
    }
}
