//! Both forms of anything.

use proptest::{collection::vec, prelude::*};
use tern_interop_address::{ChainRef, ChainType, InteropAddress};

fn account(kind: ChainType) -> BoxedStrategy<Vec<u8>> {
    let whole = match kind {
        ChainType::Eip155 => 20..=20,
        ChainType::Solana => 32..=32,
        _ => 1..=255,
    };
    prop_oneof![Just(vec![]), vec(any::<u8>(), whole)].boxed()
}

fn reference(kind: ChainType) -> BoxedStrategy<Vec<u8>> {
    match kind {
        ChainType::Eip155 => (vec(any::<u8>(), 0..=32))
            .prop_map(|bytes| bytes.into_iter().skip_while(|byte| *byte == 0).collect())
            .boxed(),
        ChainType::Solana => prop_oneof![Just(vec![]), vec(any::<u8>(), 32)].boxed(),
        _ => vec(any::<u8>(), 0..=255).boxed(),
    }
}

fn addresses() -> impl Strategy<Value = InteropAddress> {
    prop_oneof![Just(0_u16), Just(2), any::<u16>()]
        .prop_map(ChainType::from_code)
        .prop_flat_map(|kind| (Just(kind), reference(kind), account(kind)))
        .prop_filter_map("neither chain nor account", |(kind, reference, account)| {
            InteropAddress::new(ChainRef::new(kind, reference).ok()?, account).ok()
        })
}

proptest! {
    #[test]
    fn every_address_is_read_back_from_both_forms(address in addresses()) {
        prop_assert_eq!(InteropAddress::from_bytes(&address.to_bytes()), Ok(address.clone()));
        for text in [address.to_string(), format!("{address:#}"), address.to_hex()] {
            prop_assert_eq!(text.parse(), Ok(address.clone()), "{}", text);
        }
    }

    #[test]
    fn what_is_read_has_no_other_bytes(bytes in vec(any::<u8>(), 0..60), kind in 0_u8..5) {
        let mut bytes = bytes;
        for (at, byte) in [0, 1, 0, kind].into_iter().enumerate().take(bytes.len()) {
            bytes[at] = byte;
        }
        if let Ok(address) = InteropAddress::from_bytes(&bytes) {
            prop_assert_eq!(address.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_byte_more_or_less_is_refused(address in addresses(), extra: u8) {
        let mut bytes = address.to_bytes();
        bytes.push(extra);
        prop_assert!(InteropAddress::from_bytes(&bytes).is_err());
        bytes.truncate(bytes.len() - 2);
        prop_assert!(InteropAddress::from_bytes(&bytes).is_err());
    }

    #[test]
    fn what_is_read_from_text_is_what_was_written(text in "[0-9a-zA-Z@:#.x]{0,60}") {
        if let Ok(address) = text.parse::<InteropAddress>() {
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn a_changed_text_does_not_keep_its_checksum(address in addresses(), other in addresses()) {
        if let (Some(text), true) = (address.text(), address != other) {
            let wrong = format!("{text}#{}", other.checksum());
            prop_assume!(address.checksum() != other.checksum());
            prop_assert!(wrong.parse::<InteropAddress>().is_err());
        }
    }

    #[test]
    fn evm_addresses_keep_chain_and_account(chain in 1_u64.., account: [u8; 20]) {
        let address = InteropAddress::evm(chain, account).expect("a chain");
        prop_assert_eq!(address.chain().evm_id(), Some(chain));
        prop_assert_eq!(address.evm_account(), Some(account));
    }
}

#[test]
fn there_is_no_chain_zero() {
    assert!(InteropAddress::evm(0, [1; 20]).is_err());
    let other = ChainRef::new(ChainType::Other(0), vec![1]).expect("mainnet");
    assert_eq!(other, ChainRef::evm(1).expect("mainnet"), "one chain has one name");
}
