// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// Reads of Ethereum's state through Merkle-Patricia proofs, in calldata and strictly.
///
/// Guaranteed: if the root is that of a state which an Ethereum client made, an answer is the
/// value in it. Every node but those inside another is checked against its hash before it is
/// read; keys are hashes of one length, so none is the beginning of another; nodes after the
/// leaf are refused; only canonical values are answered.
///
/// Not guaranteed: that a value has one proof only (a node inside another may also be given
/// apart), so a proof's bytes are no name. Absence cannot be proven: what is zero has no leaf, and
/// every try to prove it reverts.
///
/// CAUTION: if nobody vouches for the root, neither does this library: a made-up trie can hold
/// nodes that mean several things.
///
/// OpenZeppelin's `TrieProof` answers the same at several times the gas; tests hold the two
/// against each other.
library Trie {
    /// The header is not the preimage of the block hash.
    error WrongHeader(bytes32 expected, bytes32 got);
    /// The preimage of a block hash does not begin as headers do.
    error NotAHeader();
    /// A node is not the one that its parent names.
    error WrongNode(uint256 index, bytes32 expected, bytes32 got);
    /// Nothing lies at the key: the path ends, or leads elsewhere, in this node.
    error NotInTrie(uint256 index);
    error MalformedNode(uint256 index);
    /// The nodes end before the leaf.
    error ProofEnds(uint256 nodes);
    /// Nodes follow the leaf.
    error ProofGoesOn(uint256 expectedNodes, uint256 gotNodes);
    error NotAnAccount();
    error NotASlotValue();

    // Lists of 256 to 65,535 bytes have a prefix of 3 bytes; before the state root come two
    // hashes (33 bytes each with their prefix), an address (21) and the root's own prefix.
    uint256 private constant HEADER_PREFIX = 3;
    uint256 private constant STATE_ROOT_AT = HEADER_PREFIX + 33 + 33 + 21 + 1;

    /// Where a walk stands.
    struct Walk {
        /// What the key has left, at the top of the word, and how many nibbles that is.
        uint256 key;
        uint256 left;
        /// Which of the proof's nodes is read.
        uint256 index;
        /// The node's items: from here to there in calldata.
        uint256 from;
        uint256 to;
    }

    /// The state root in a block's header.
    function stateRoot(bytes calldata header, bytes32 blockHash) internal pure returns (bytes32) {
        bytes32 got = keccak256(header);
        if (got != blockHash) revert WrongHeader(blockHash, got);
        // The hash vouches for the shape; this tells what is not a header at all.
        if (
            header.length < STATE_ROOT_AT + 32 || header[0] != 0xf9 || header[HEADER_PREFIX] != 0xa0
                || header[STATE_ROOT_AT - 1] != 0xa0
        ) revert NotAHeader();
        return bytes32(header[STATE_ROOT_AT:STATE_ROOT_AT + 32]);
    }

    /// The storage root of an account.
    function storageRoot(bytes32 root, address account, bytes[] calldata proof)
        internal
        pure
        returns (bytes32)
    {
        (uint256 from, uint256 length) = _leaf(root, keccak256(abi.encodePacked(account)), proof);
        // [nonce, balance, storage root, code hash]: always more than 55 bytes and less than 256.
        if (length < 2 || _byte(from) != 0xf8 || _byte(from + 1) != length - 2) {
            revert NotAnAccount();
        }
        uint256 place = from + 2;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 first = _byte(place);
            if (first > 0xa0) revert NotAnAccount();
            place += first < 0x80 ? 1 : first - 0x7f;
        }
        // Two hashes and nothing else. This also bounds `place`.
        if (place + 66 != from + length || _byte(place) != 0xa0 || _byte(place + 33) != 0xa0) {
            revert NotAnAccount();
        }
        return bytes32(_word(place + 1));
    }

    /// The value of a slot that is not zero.
    function slotValue(bytes32 root, bytes32 slot, bytes[] calldata proof)
        internal
        pure
        returns (bytes32)
    {
        (uint256 from, uint256 length) = _leaf(root, keccak256(abi.encodePacked(slot)), proof);
        uint256 first = _byte(from);
        if (length == 1 && first != 0 && first < 0x80) return bytes32(first);
        // The shortest form: no zero in front, no prefix before what needs none.
        if (
            length < 2 || length > 33 || first != 0x7f + length || _byte(from + 1) == 0
                || (length == 2 && _byte(from + 1) < 0x80)
        ) revert NotASlotValue();
        return bytes32(_word(from + 1) >> (8 * (33 - length)));
    }

    /// Where in calldata the content of the key's leaf is, and how long it is.
    function _leaf(bytes32 root, bytes32 key, bytes[] calldata proof)
        private
        pure
        returns (uint256 from, uint256 length)
    {
        Walk memory w = Walk(uint256(key), 64, 0, 0, 0);
        bytes32 expected = root;
        while (true) {
            if (w.index == proof.length) revert ProofEnds(w.index);
            bytes calldata node = proof[w.index];
            bytes32 got = keccak256(node);
            if (got != expected) revert WrongNode(w.index, expected, got);
            (w.from, w.to) = _open(_start(node), _start(node) + node.length, w.index);

            bool inside = true;
            while (inside) {
                (uint256 child, uint256 end, bool isLeaf) = _step(w);
                if (isLeaf) {
                    if (w.index + 1 != proof.length) revert ProofGoesOn(w.index + 1, proof.length);
                    return _content(child, end, w.index);
                }
                inside = _byte(child) >= 0xc0;
                if (!inside) {
                    if (_byte(child) != 0xa0) revert NotInTrie(w.index);
                    expected = bytes32(_word(child + 1));
                } else {
                    _skipCopy(w, proof, child, end);
                    (w.from, w.to) = _open(child, end, w.index);
                }
            }
            ++w.index;
        }
    }

    /// Takes the key's next step through one node: to the item that it leads to, and whether that
    /// is the leaf's content.
    function _step(Walk memory w) private pure returns (uint256 item, uint256 end, bool isLeaf) {
        uint256 second = _next(w.from, w.to, w.index);
        uint256 third = _next(second, w.to, w.index);
        if (third == w.to) {
            isLeaf = _follow(w, w.from, second);
            return (second, third, isLeaf);
        }
        // A branch. Keys of 64 nibbles end in leaves, never in branches.
        if (w.left == 0) revert NotInTrie(w.index);
        uint256 nibble = w.key >> 252;
        (item, end) = (w.from, second);
        for (uint256 i = 0; i < nibble; ++i) {
            (item, end) = (end, _next(end, w.to, w.index));
        }
        unchecked {
            w.key <<= 4;
            --w.left;
        }
    }

    /// Takes the path of a leaf or extension; true for a leaf, which must end the key.
    function _follow(Walk memory w, uint256 from, uint256 to) private pure returns (bool isLeaf) {
        // A string of one small byte is that byte; others have a prefix of one byte here.
        if (to - from > 1) ++from;
        uint256 flag = _byte(from) >> 4;
        if (flag > 3) revert MalformedNode(w.index);
        bool odd = flag & 1 == 1;
        isLeaf = flag > 1;
        if (!odd && _byte(from) & 15 != 0) revert MalformedNode(w.index);

        uint256 count = 2 * (to - from) - (odd ? 1 : 2);
        if (count > w.left) revert NotInTrie(w.index);
        if (isLeaf ? count != w.left : count == 0) revert NotInTrie(w.index);
        uint256 path = odd ? _word(from) << 4 : _word(from + 1);
        if (count != 0 && (path ^ w.key) >> (256 - 4 * count) != 0) revert NotInTrie(w.index);
        unchecked {
            w.key = count == 64 ? 0 : w.key << (4 * count);
            w.left -= count;
        }
    }

    /// A node inside another needs no place of its own in the proof, but may have one.
    function _skipCopy(Walk memory w, bytes[] calldata proof, uint256 child, uint256 end)
        private
        pure
    {
        if (w.index + 1 == proof.length) return;
        bytes calldata next = proof[w.index + 1];
        if (next.length == end - child && keccak256(next) == _hash(child, end)) ++w.index;
    }

    /// The items of a list that fills the bytes from `start` to `end`.
    function _open(uint256 start, uint256 end, uint256 index)
        private
        pure
        returns (uint256 from, uint256 to)
    {
        uint256 size = end - start;
        if (size == 0) revert MalformedNode(index);
        uint256 first = _byte(start);
        if (first >= 0xc0 && first < 0xf8 && size == first - 0xbf) return (start + 1, end);
        if (first == 0xf8 && size > 57 && size == _byte(start + 1) + 2) return (start + 2, end);
        if (first == 0xf9 && size > 258 && size == (_word(start + 1) >> 240) + 3) {
            return (start + 3, end);
        }
        revert MalformedNode(index);
    }

    /// Where the item after the one at `place` begins; not beyond `end`.
    function _next(uint256 place, uint256 end, uint256 index)
        private
        pure
        returns (uint256 after_)
    {
        if (place >= end) revert MalformedNode(index);
        unchecked {
            uint256 first = _byte(place);
            if (first == 0xa0) after_ = place + 33;
            else if (first == 0x80 || first < 0x80) after_ = place + 1;
            else if (first < 0xb8) after_ = place + first - 0x7f;
            // Of the longer ones nodes hold only an account, in a leaf.
            else if (first == 0xb8) after_ = place + 2 + _byte(place + 1);
            // A node inside another has less than 32 bytes.
            else if (first >= 0xc0 && first < 0xdf) after_ = place + first - 0xbf;
            else revert MalformedNode(index);
        }
        if (after_ > end) revert MalformedNode(index);
    }

    /// The content of a string from `start` to `end`.
    function _content(uint256 start, uint256 end, uint256 index)
        private
        pure
        returns (uint256 from, uint256 length)
    {
        uint256 first = _byte(start);
        if (first >= 0xc0 || first == 0x80) revert MalformedNode(index);
        if (first < 0x80) from = start;
        else from = start + (first < 0xb8 ? 1 : 2);
        length = end - from;
    }

    function _start(bytes calldata data) private pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := data.offset
        }
    }

    function _word(uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(place)
        }
    }

    function _byte(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(248, calldataload(place))
        }
    }

    function _hash(uint256 start, uint256 end) private pure returns (bytes32) {
        bytes calldata part;
        assembly ("memory-safe") {
            part.offset := start
            part.length := sub(end, start)
        }
        return keccak256(part);
    }
}
