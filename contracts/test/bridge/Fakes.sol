// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {DelayParams} from "../../src/factory/Params.sol";
import {Content} from "../../src/settlement/ISettlement.sol";
import {Claim, ClaimId} from "../../src/types/Types.sol";

/// A vault that keeps the promises of `IInbox`, and takes deposits.
contract FakeInbox {
    error NotEnough(uint256 have, uint256 need);
    error BadDeposit(uint256 value);

    event Deposited(address to, uint256 value);

    address public settlement;
    address public bridge;
    uint64 public deposits;

    function set(address settlement_, address bridge_) external {
        (settlement, bridge) = (settlement_, bridge_);
    }

    function deposit(address to) external payable returns (uint64) {
        if (msg.value == 0 || msg.value % 1 gwei != 0) revert BadDeposit(msg.value);
        emit Deposited(to, msg.value);
        return deposits++;
    }

    function release(address to, uint256 amount, uint256 gasLimit, bytes calldata data)
        external
        returns (bool ok)
    {
        require(msg.sender == bridge);
        if (amount > address(this).balance) revert NotEnough(address(this).balance, amount);
        bytes memory copy = data;
        assembly ("memory-safe") {
            ok := call(gasLimit, to, amount, add(copy, 0x20), mload(copy), 0, 0)
        }
    }

    receive() external payable {}
}

/// A settlement contract whose claims are final when a test says so.
contract FakeSettlement {
    address public inbox;
    uint40 private _delay;
    mapping(ClaimId => Content) private _contents;
    bool public dead;

    constructor(address inbox_, uint40 delay) {
        (inbox, _delay) = (inbox_, delay);
    }

    /// It is its own registry.
    function registry() external view returns (address) {
        return address(this);
    }

    function delays() external view returns (DelayParams memory d) {
        d.bridgeDelay = _delay;
    }

    function setFinal(ClaimId id, uint40 finalAt) external {
        (_contents[id].known, _contents[id].finalAt) = (true, finalAt);
    }

    function setDead(bool dead_) external {
        dead = dead_;
    }

    function content(ClaimId id) external view returns (Content memory) {
        return _contents[id];
    }

    function isDead(Claim calldata) external view returns (bool) {
        return dead;
    }
}

contract PlainToken is ERC20 {
    constructor() ERC20("A Token", "TKN") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// A token that does what a test wants.
contract OddToken is ERC20 {
    enum Way {
        Plain,
        /// Takes one per cent of each transfer.
        Fee,
        ReturnsFalse,
        ReturnsNothing,
        Reverts,
        BurnsGas,
        /// Calls `hook` before each transfer.
        Hooks,
        /// Says yes and moves nothing.
        Lies
    }

    Way public way;
    address public hook;
    bytes public hookData;
    bool public hookOk;

    constructor() ERC20("Odd", "ODD") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function set(Way way_) external {
        way = way_;
    }

    function setHook(address hook_, bytes calldata data) external {
        (way, hook, hookData) = (Way.Hooks, hook_, data);
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return _odd(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        _spendAllowance(from, msg.sender, value);
        return _odd(from, to, value);
    }

    function _odd(address from, address to, uint256 value) private returns (bool) {
        if (way == Way.ReturnsFalse) return false;
        if (way == Way.Reverts) revert("no");
        if (way == Way.Lies) return true;
        if (way == Way.BurnsGas) {
            while (true) {}
        }
        if (way == Way.Hooks) (hookOk,) = hook.call(hookData);
        if (way == Way.Fee) {
            _burn(from, value / 100);
            value -= value / 100;
        }
        _transfer(from, to, value);
        if (way == Way.ReturnsNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return true;
    }
}

/// A receiver that does what a test wants.
contract OddReceiver {
    enum Way {
        Takes,
        Reverts,
        BurnsGas,
        Bomb,
        Calls
    }

    Way public way;
    address public target;
    bytes public data;
    bool public calledOk;
    bytes public answer;
    bytes public heard;
    address public originInbox;
    address public originSender;
    address public caller;
    uint256 public gasSeen;

    function set(Way way_) external {
        way = way_;
    }

    function setCall(address target_, bytes calldata data_) external {
        (way, target, data) = (Way.Calls, target_, data_);
    }

    function run(address to, bytes calldata what) external {
        (bool ok, bytes memory back) = to.call(what);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(back, 0x20), mload(back))
            }
        }
    }

    fallback() external payable {
        uint256 gas = gasleft();
        if (way == Way.Reverts) revert("no");
        if (way == Way.BurnsGas) {
            while (true) {}
        }
        if (way == Way.Bomb) {
            assembly {
                revert(0, 1000000)
            }
        }
        if (way == Way.Calls) (calledOk, answer) = target.call(data);
        heard = msg.data;
        caller = msg.sender;
        gasSeen = gas;
        (bool ok, bytes memory back) = msg.sender.staticcall(abi.encodeWithSignature("bridge()"));
        if (ok) {
            (ok, back) = abi.decode(back, (address)).staticcall(abi.encodeWithSignature("origin()"));
            (originInbox, originSender) = abi.decode(back, (address, address));
        }
    }

    receive() external payable {
        if (way == Way.Reverts) revert("no");
        if (way == Way.Calls) (calledOk, answer) = target.call(data);
    }
}

/// A chain that lies about everything and calls back.
contract EvilChain {
    address public bridge;
    uint40 public finalAt = 1;
    address public target;
    bytes public data;
    bool public calledOk;
    bytes public answer;
    bool public says = true;

    constructor(address bridge_) {
        bridge = bridge_;
    }

    function settlement() external view returns (address) {
        return address(this);
    }

    function inbox() external view returns (address) {
        return address(this);
    }

    function registry() external view returns (address) {
        return address(this);
    }

    function delays() external pure returns (DelayParams memory d) {}

    function set(address target_, bytes calldata data_, bool says_) external {
        (target, data, says) = (target_, data_, says_);
    }

    function content(ClaimId) external view returns (Content memory c) {
        (c.known, c.finalAt) = (true, finalAt);
    }

    function isDead(Claim calldata) external pure returns (bool) {
        return false;
    }

    function deposit(address) external payable returns (uint64) {
        (calledOk, answer) = target.call(data);
        return 0;
    }

    function release(address, uint256, uint256, bytes calldata) external returns (bool) {
        (calledOk, answer) = target.call(data);
        return says;
    }
}
