// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// What a token says of itself, read so that no token can make it fail or cost much: an answer
/// that is missing, malformed or too dear is empty, a long one is cut.
library TokenFacts {
    /// Too little gas was left to hear the token out: a caller must not choose what is heard.
    error TooLittleGasToAsk(uint256 needed, uint256 got);

    uint256 internal constant MAX_TEXT = 64;
    uint256 private constant ASK_GAS = 50_000;
    // What EIP-150 keeps back, and the call itself.
    uint256 private constant NEED_GAS = 60_000;

    function name(address token) internal view returns (string memory) {
        return _text(token, IERC20Metadata.name.selector);
    }

    function symbol(address token) internal view returns (string memory) {
        return _text(token, IERC20Metadata.symbol.selector);
    }

    /// Zero if the token does not say.
    function decimals(address token) internal view returns (uint8) {
        (bool ok, uint256 size, bytes memory answer) = _ask(token, IERC20Metadata.decimals.selector);
        if (!ok || size < 32) return 0;
        uint256 value = _word(answer, 0);
        return value > type(uint8).max ? 0 : uint8(value);
    }

    function _text(address token, bytes4 selector) private view returns (string memory) {
        (bool ok, uint256 size, bytes memory answer) = _ask(token, selector);
        if (!ok || size < 32) return "";
        if (size < 64) {
            // Some tokens of the first years answer with bytes32.
            uint256 end = 0;
            while (end < 32 && answer[end] != 0) ++end;
            return string(_cut(answer, 0, end));
        }
        uint256 length = _word(answer, 32);
        if (_word(answer, 0) != 32 || length > size - 64) return "";
        return string(_cut(answer, 64, length < MAX_TEXT ? length : MAX_TEXT));
    }

    function _ask(address token, bytes4 selector)
        private
        view
        returns (bool ok, uint256 size, bytes memory answer)
    {
        if (gasleft() < NEED_GAS) revert TooLittleGasToAsk(NEED_GAS, gasleft());
        uint256 most = 64 + MAX_TEXT;
        answer = new bytes(most);
        assembly ("memory-safe") {
            mstore(0x00, selector)
            // Output of bounded length: the answer may be a bomb.
            ok := staticcall(ASK_GAS, token, 0x00, 4, add(answer, 0x20), most)
            size := returndatasize()
        }
    }

    function _word(bytes memory data, uint256 offset) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 0x20), offset))
        }
    }

    function _cut(bytes memory data, uint256 from, uint256 length)
        private
        pure
        returns (bytes memory part)
    {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = data[from + i];
        }
    }
}
