//! The contracts that Prague's rules call, present from a rollup's first block.

use alloc::vec::Vec;

use crate::Address;

/// The caller of system contracts.
pub const SYSTEM_ADDRESS: Address = address("fffffffffffffffffffffffffffffffffffffffe");

/// A contract of the genesis block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Predeploy {
    /// The EIP that defines it.
    pub eip: u32,
    /// Where it is.
    pub address: Address,
    code: &'static str,
}

impl Predeploy {
    /// Its code, as the EIP publishes it.
    pub fn code(&self) -> Vec<u8> {
        hex::decode(self.code).expect("the constants below are hexadecimal")
    }
}

/// Roots of anchors, by time.
pub const BEACON_ROOTS: Predeploy = Predeploy {
    eip: 4788,
    address: address("000f3df6d732807ef1319fb7b8bb8522d0beac02"),
    code: "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500",
};

/// Hashes of the last 8,191 blocks.
pub const HISTORY_STORAGE: Predeploy = Predeploy {
    eip: 2935,
    address: address("0000f90827f1c53a10cb7a02335b175320002935"),
    code: "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500",
};

/// Validator withdrawal requests: hashed, then ignored on a rollup.
pub const WITHDRAWAL_REQUESTS: Predeploy = Predeploy {
    eip: 7002,
    address: address("00000961ef480eb55e80d19ad83579a64c007002"),
    code: "3373fffffffffffffffffffffffffffffffffffffffe1460cb5760115f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff146101f457600182026001905f5b5f82111560685781019083028483029004916001019190604d565b909390049250505036603814608857366101f457346101f4575f5260205ff35b34106101f457600154600101600155600354806003026004013381556001015f35815560010160203590553360601b5f5260385f601437604c5fa0600101600355005b6003546002548082038060101160df575060105b5f5b8181146101835782810160030260040181604c02815460601b8152601401816001015481526020019060020154807fffffffffffffffffffffffffffffffff00000000000000000000000000000000168252906010019060401c908160381c81600701538160301c81600601538160281c81600501538160201c81600401538160181c81600301538160101c81600201538160081c81600101535360010160e1565b910180921461019557906002556101a0565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff14156101cd57505f5b6001546002828201116101e25750505f6101e8565b01600290035b5f555f600155604c025ff35b5f5ffd",
};

/// Validator consolidation requests: hashed, then ignored on a rollup.
pub const CONSOLIDATION_REQUESTS: Predeploy = Predeploy {
    eip: 7251,
    address: address("0000bbddc7ce488642fb579f8b00f3a590007251"),
    code: "3373fffffffffffffffffffffffffffffffffffffffe1460d35760115f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1461019a57600182026001905f5b5f82111560685781019083028483029004916001019190604d565b9093900492505050366060146088573661019a573461019a575f5260205ff35b341061019a57600154600101600155600354806004026004013381556001015f358155600101602035815560010160403590553360601b5f5260605f60143760745fa0600101600355005b6003546002548082038060021160e7575060025b5f5b8181146101295782810160040260040181607402815460601b815260140181600101548152602001816002015481526020019060030154905260010160e9565b910180921461013b5790600255610146565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff141561017357505f5b6001546001828201116101885750505f61018e565b01600190035b5f555f6001556074025ff35b5f5ffd",
};

/// All of them.
pub const PREDEPLOYS: [Predeploy; 4] =
    [BEACON_ROOTS, HISTORY_STORAGE, WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS];

const fn address(text: &str) -> Address {
    const fn digit(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => panic!("an address constant has a character that is no lower-case digit"),
        }
    }
    let text = text.as_bytes();
    let mut bytes = [0; 20];
    let mut i = 0;
    while i < 20 {
        bytes[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
        i += 1;
    }
    Address(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_lengths_that_their_deployments_copy() {
        let lengths = PREDEPLOYS.map(|predeploy| (predeploy.eip, predeploy.code().len()));
        assert_eq!(lengths, [(4788, 97), (2935, 83), (7002, 504), (7251, 414)]);
    }
}
