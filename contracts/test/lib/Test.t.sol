// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Test, Vm} from "./Test.sol";

/// What the tests of the tests act on.
contract Counter {
    uint256 public value;
    address public last;

    error TooMuch(uint256 asked, uint256 most);

    event Added(address indexed who, uint256 amount);

    function add(uint256 amount) external payable {
        if (amount > 10) revert TooMuch(amount, 10);
        value += amount;
        last = msg.sender;
        emit Added(msg.sender, amount);
    }

    function fail() external pure {
        require(false, "always");
    }

    function burn(uint256 rounds) external {
        for (uint256 i = 0; i < rounds; i++) {
            value = uint256(keccak256(abi.encode(value, i)));
        }
    }

    function take(bytes calldata data) external {
        value = data.length;
    }

    function blob(uint256 index) external view returns (bytes32) {
        return blobhash(index);
    }
}

contract Child {
    uint256 public immutable number;

    constructor(uint256 number_) payable {
        number = number_;
    }
}

contract TestTest is Test {
    Counter counter;
    address alice;

    function setUp() public {
        counter = new Counter();
        alice = makeAddr("alice");
    }

    function test_callers() public {
        vm.prank(alice);
        counter.add(1);
        assertEq(counter.last(), alice);
        counter.add(1);
        assertEq(counter.last(), address(this));
        vm.startPrank(alice, alice);
        counter.add(1);
        counter.add(1);
        assertEq(counter.last(), alice, "the prank lasts");
        vm.stopPrank();
        hoax(alice, 5 ether);
        counter.add{value: 5 ether}(1);
        assertEq(address(counter).balance, 5 ether);
        startHoax(alice);
        counter.add{value: 1}(1);
        vm.stopPrank();
        assertEq(vm.getLabel(alice), "alice");
    }

    function test_environment() public {
        vm.warp(1000);
        vm.roll(2000);
        vm.chainId(77);
        vm.fee(3 gwei);
        vm.txGasPrice(4 gwei);
        vm.coinbase(alice);
        vm.prevrandao(bytes32(uint256(5)));
        assertEq(block.timestamp, 1000);
        assertEq(block.number, 2000);
        assertEq(block.chainid, 77);
        assertEq(block.basefee, 3 gwei);
        assertEq(tx.gasprice, 4 gwei);
        assertEq(block.coinbase, alice);
        assertEq(block.prevrandao, 5);
        assertEq(setBlobFee(6), 6);
        assertEq(setBlobFee(1), 1);
        assertApproxEqRel(setBlobFee(7 gwei), 7 gwei, 1e12);
        vm.setBlockhash(1999, keccak256("1999"));
        assertEq(blockhash(1999), keccak256("1999"));
        assertEq(vm.getEvmVersion(), "osaka");
    }

    function test_timeMoves() public {
        vm.warp(100);
        skip(10);
        assertEq(vm.getBlockTimestamp(), 110);
        skip(10);
        assertEq(vm.getBlockTimestamp(), 120);
        rewind(20);
        assertEq(vm.getBlockTimestamp(), 100);
    }

    /// With --isolate, only calls that change nothing see the hashes: forge 1.7.1 would make the
    /// others blob transactions, and refuses them.
    function test_blobHashes() public {
        bytes32[] memory hashes = new bytes32[](2);
        hashes[0] = bytes32(uint256(1) << 248);
        hashes[1] = bytes32(uint256(1) << 248 | 7);
        vm.blobhashes(hashes);
        assertEq(vm.getBlobhashes(), hashes);
        assertEq(counter.blob(0), hashes[0]);
        assertEq(counter.blob(1), hashes[1]);
        assertEq(counter.blob(2), bytes32(0));
    }

    function test_accounts() public {
        vm.deal(alice, 3 ether);
        assertEq(alice.balance, 3 ether);
        vm.etch(alice, address(counter).code);
        assertEq(alice.code, address(counter).code);
        vm.store(alice, bytes32(0), bytes32(uint256(9)));
        assertEq(Counter(alice).value(), 9);
        assertEq(vm.load(alice, bytes32(0)), bytes32(uint256(9)));

        address bob = makeAddr("bob");
        vm.setNonce(bob, 7);
        assertEq(vm.getNonce(bob), 7);
        address expected = vm.computeCreateAddress(bob, 7);
        vm.prank(bob);
        assertEq(address(new Child(1)), expected);
        bytes memory code = abi.encodePacked(type(Child).creationCode, abi.encode(2));
        expected = vm.computeCreate2Address(bytes32(uint256(3)), keccak256(code), address(this));
        assertEq(address(new Child{salt: bytes32(uint256(3))}(2)), expected);
    }

    function test_keys() public {
        (address who, uint256 key) = makeAddrAndKey("signer");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256("digest"));
        assertEq(ecrecover(keccak256("digest"), v, r, s), who);
        assertEq(vm.addr(key), who);
    }

    function test_reverts() public {
        vm.expectRevert();
        counter.fail();
        vm.expectRevert(bytes("always"));
        counter.fail();
        vm.expectRevert(Counter.TooMuch.selector); // forge: the whole data, not its beginning
        this.revertsBare();
        vm.expectPartialRevert(Counter.TooMuch.selector);
        counter.add(11);
        vm.expectRevert(abi.encodeWithSelector(Counter.TooMuch.selector, 11, 10));
        counter.add(11);
        vm.expectRevert(bytes("always"), address(counter));
        counter.fail();
    }

    function revertsBare() external pure {
        bytes4 selector = Counter.TooMuch.selector;
        assembly {
            mstore(0, selector)
            revert(0, 4)
        }
    }

    function test_events() public {
        vm.expectEmit();
        emit Counter.Added(address(this), 1);
        counter.add(1);
        vm.expectEmit(address(counter));
        emit Counter.Added(address(this), 2);
        counter.add(2);
        vm.expectEmit(true, false, false, false, address(counter));
        emit Counter.Added(address(this), 99);
        counter.add(3);

        vm.recordLogs();
        counter.add(4);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].emitter, address(counter));
        assertEq(logs[0].topics[0], Counter.Added.selector);
        assertEq(logs[0].data, abi.encode(4));
    }

    function test_calls() public {
        vm.expectCall(address(counter), abi.encodeCall(Counter.add, (1)), 2);
        counter.add(1);
        counter.add(1);
        vm.mockCall(address(counter), abi.encodeCall(counter.value, ()), abi.encode(42));
        assertEq(counter.value(), 42);
        vm.mockCallRevert(address(counter), abi.encodeCall(counter.value, ()), "mocked");
        vm.expectRevert(bytes("mocked"));
        counter.value();
        vm.clearMockedCalls();
        assertEq(counter.value(), 2);
    }

    function test_snapshots() public {
        counter.add(1);
        uint256 id = vm.snapshotState();
        counter.add(2);
        assertTrue(vm.revertToState(id));
        assertEq(counter.value(), 1);
    }

    function test_artifacts() public {
        bytes memory code = vm.getCode("Test.t.sol:Child");
        assertEq(code, type(Child).creationCode);
        address child = vm.deployCode("Test.t.sol:Child", abi.encode(5));
        assertEq(Child(child).number(), 5);
    }

    function test_json() public view {
        string memory json =
            '{"u":[1,"0x2"],"h":["0x0000000000000000000000000000000000000000000000000000000000000003"],"b":["0x","0x0405"],"a":["0x0000000000000000000000000000000000000006"],"f":[true,false],"s":["x","y"],"deep":[{"n":7}]}';
        uint256[] memory numbers = vm.parseJsonUintArray(json, ".u");
        assertEq(numbers.length, 2);
        assertEq(numbers[1], 2);
        assertEq(vm.parseJsonBytes32Array(json, ".h")[0], bytes32(uint256(3)));
        assertEq(vm.parseJsonBytesArray(json, ".b")[1], hex"0405");
        assertEq(vm.parseJsonBytesArray(json, ".b")[0], "");
        assertEq(vm.parseJsonAddressArray(json, ".a")[0], address(6));
        assertTrue(vm.parseJsonBoolArray(json, ".f")[0]);
        assertEq(vm.parseJsonStringArray(json, ".s")[1], "y");
        assertEq(vm.parseJsonUint(json, ".deep[0].n"), 7);
        assertTrue(vm.keyExistsJson(json, ".deep"));
        assertFalse(vm.keyExistsJson(json, ".none"));
        assertEq(vm.parseJsonKeys(json, ".deep[0]")[0], "n");
        assertEq(vm.toString(uint256(12)), "12");
        assertEq(vm.parseUint("0x10"), 16);
    }

    function test_files() public view {
        assertGt(bytes(vm.readFile("../spec/vectors/config.json")).length, 2);
    }

    function test_writtenFiles() public {
        vm.createDir("cache/test", true);
        // Two runs in one folder must not meet.
        string memory path = string.concat("cache/test/", vm.toString(vm.randomUint()));
        vm.writeFile(path, "written");
        assertEq(vm.readFile(path), "written");
        vm.removeFile(path);
    }

    function test_variables() public view {
        assertEq(vm.envOr("TERN_NOT_THERE", uint256(4)), 4);
        assertEq(vm.envOr("TERN_NOT_THERE", string("four")), "four");
    }

    function test_gasOfACall() public {
        counter.burn(1);
        counter.burn(1); // now that the slot is warm
        uint64 one = vm.lastCallGas().gasTotalUsed;
        counter.burn(50);
        assertGt(vm.lastCallGas().gasTotalUsed, one);
        assertGt(one, 300);
    }

    function test_skipped() public {
        vm.skip(true, "to see that it is skipped");
        assertTrue(false);
    }

    function test_assertions() public {
        assertEq(int256(-1), -1);
        assertEq(true, true);
        assertEq(string("a"), "a", "strings");
        assertNotEq(uint256(1), 2);
        assertLt(uint256(1), 2);
        assertLe(uint256(2), 2);
        assertGt(int256(-1), -2, "order");
        assertGe(uint256(2), 2);
        assertApproxEqAbs(uint256(100), 103, 3);
        assertApproxEqRel(uint256(100), 103, 0.04e18);
        vm.expectRevert(bytes("differ: 1 != 2"));
        this.unequal();
    }

    function unequal() external pure {
        assertEq(uint256(1), 2, "differ");
    }

    function testFuzz_bound(uint256 x, uint256 a, uint256 b) public pure {
        (uint256 min, uint256 max) = a < b ? (a, b) : (b, a);
        uint256 y = bound(x, min, max);
        assertGe(y, min);
        assertLe(y, max);
        if (x >= min && x <= max) assertEq(y, x);
    }

    function testFuzz_boundSigned(int256 x, int256 a, int256 b) public pure {
        (int256 min, int256 max) = a < b ? (a, b) : (b, a);
        int256 y = bound(x, min, max);
        assertGe(y, min);
        assertLe(y, max);
    }

    function test_boundEnds() public pure {
        assertEq(bound(uint256(0), 5, 9), 5);
        assertEq(bound(uint256(1), 5, 9), 6);
        assertEq(bound(type(uint256).max, 5, 9), 9);
        assertEq(bound(type(uint256).max - 1, 5, 9), 8);
        assertEq(bound(uint256(0), 7, 7), 7);
        assertEq(bound(uint256(2), 7, 8), 7);
        assertEq(bound(type(int256).min, -3, 3), -3);
        assertEq(bound(int256(-2), -3, 3), -2);
    }

    function testFuzz_assume(uint256 x) public pure {
        vm.assume(x != 3);
        assertNotEq(x, 3);
    }
}

/// Called by the invariant run, and by nothing else.
contract Handler is Test {
    Counter public counter;
    uint256 public sum;
    address public immutable actor;

    constructor(Counter counter_, address actor_) {
        counter = counter_;
        actor = actor_;
    }

    function add(uint256 amount) external {
        require(msg.sender == actor, "called by a stranger");
        amount = bound(amount, 0, 10);
        sum += amount;
        counter.add(amount);
    }

    function breaks() external pure {
        require(false, "not among the selectors");
    }
}

/// Breaks if a target, selector or sender below is not heeded.
contract TestInvariant is Test {
    Counter counter;
    Handler handler;

    function setUp() public {
        counter = new Counter();
        address actor = makeAddr("actor");
        handler = new Handler(counter, actor);
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = Handler.add.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetSender(actor);
        excludeContract(address(counter));
        excludeSender(address(1));
    }

    function invariant_sum() public view {
        assertEq(counter.value(), handler.sum());
    }

    function afterInvariant() public view {
        assertGt(handler.sum(), 0, "the handler was never called");
    }
}
