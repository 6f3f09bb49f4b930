//! Just enough of an assembler to write the benchmark contracts readably.

/// Assembles words: mnemonics, `0x…` pushes of their own length, `:name` for a jump
/// target and `@name` for a push of it.
pub(crate) fn assemble(source: &str) -> Vec<u8> {
    let words: Vec<&str> = source.split_whitespace().collect();
    let mut targets = std::collections::HashMap::new();
    let mut at = 0;
    for word in &words {
        if let Some(name) = word.strip_prefix(':') {
            targets.insert(name, at as u16);
        }
        at += size(word);
    }
    let mut code = Vec::new();
    for word in words {
        if word.starts_with(':') {
            code.push(0x5b);
        } else if let Some(name) = word.strip_prefix('@') {
            code.push(0x61);
            code.extend(targets[name].to_be_bytes());
        } else if let Some(bytes) = push(word) {
            code.push(0x5f + bytes.len() as u8);
            code.extend(bytes);
        } else {
            code.push(opcode(word));
        }
    }
    code
}

fn size(word: &str) -> usize {
    match (word.as_bytes()[0], push(word)) {
        (b'@', _) => 3,
        (_, Some(bytes)) => 1 + bytes.len(),
        _ => 1,
    }
}

fn push(word: &str) -> Option<Vec<u8>> {
    let digits = word.strip_prefix("0x")?;
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16);
    let bytes: Result<Vec<u8>, _> = (0..digits.len()).step_by(2).map(byte).collect();
    Some(bytes.expect("pushes are written with pairs of hexadecimal digits"))
}

fn opcode(word: &str) -> u8 {
    const NAMES: [(&str, u8); 31] = [
        ("STOP", 0x00),
        ("ADD", 0x01),
        ("MUL", 0x02),
        ("SUB", 0x03),
        ("LT", 0x10),
        ("EQ", 0x14),
        ("ISZERO", 0x15),
        ("KECCAK256", 0x20),
        ("CALLER", 0x33),
        ("CALLDATALOAD", 0x35),
        ("CALLDATASIZE", 0x36),
        ("CALLDATACOPY", 0x37),
        ("POP", 0x50),
        ("MLOAD", 0x51),
        ("MSTORE", 0x52),
        ("SLOAD", 0x54),
        ("SSTORE", 0x55),
        ("JUMP", 0x56),
        ("JUMPI", 0x57),
        ("GAS", 0x5a),
        ("PUSH0", 0x5f),
        ("DUP1", 0x80),
        ("DUP2", 0x81),
        ("DUP3", 0x82),
        ("SWAP1", 0x90),
        ("SWAP2", 0x91),
        ("LOG3", 0xa3),
        ("RETURN", 0xf3),
        ("STATICCALL", 0xfa),
        ("REVERT", 0xfd),
        ("SHR", 0x1c),
    ];
    let found = NAMES.iter().find(|(name, _)| *name == word);
    found.unwrap_or_else(|| panic!("{word} is not in the table of this assembler")).1
}
