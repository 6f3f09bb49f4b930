//! As much RLP as the tests write and take apart.

pub(crate) fn header(base: u8, length: usize) -> Vec<u8> {
    if length < 56 {
        return vec![base + length as u8];
    }
    let digits = trimmed(&length.to_be_bytes());
    [&[base + 55 + digits.len() as u8][..], &digits].concat()
}

pub(crate) fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [0..=0x7f] => bytes.to_vec(),
        _ => [header(0x80, bytes.len()), bytes.to_vec()].concat(),
    }
}

pub(crate) fn number(number: u128) -> Vec<u8> {
    string(&trimmed(&number.to_be_bytes()))
}

pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    [header(0xc0, payload.len()), payload].concat()
}

fn trimmed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// A list's items, each with its header.
pub(crate) fn items(list: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, _) = payload(list);
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (_, length) = payload(rest);
        items.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    items
}

/// An item's payload, and the item's length with its header.
fn payload(item: &[u8]) -> (&[u8], usize) {
    let first = item[0];
    let (start, length) = match first {
        0..=0x7f => (0, 1),
        0x80..=0xb7 => (1, usize::from(first - 0x80)),
        0xc0..=0xf7 => (1, usize::from(first - 0xc0)),
        _ => {
            let digits = usize::from(if first < 0xc0 { first - 0xb7 } else { first - 0xf7 });
            let length =
                item[1..=digits].iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit));
            (1 + digits, length)
        }
    };
    (&item[start..start + length], start + length)
}
