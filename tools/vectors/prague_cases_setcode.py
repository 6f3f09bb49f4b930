"""Set-code transactions (EIP-7702): who may delegate, to what, and what others see."""

from ethereum.crypto.elliptic_curve import SECP256K1N
from ethereum_types.numeric import U8, U256

from prague_asm import asm, call, deployer, forward, forwarder, returning, store
from prague_chain import COINBASE, Account, Chain
from prague_tx import Key, Pen, authorize, with_high_s

RICH = 10**20
ALICE, BOB, CAROL, DAVE = Key(0xA11CE), Key(0xB0B), Key(0xCA401), Key(0xDA7E)
NEW = [Key(0x9000 + i) for i in range(12)]
WRITER, VIEWER, FORWARDER, EMPTY = (bytes([n]) * 20 for n in (0xAA, 0xEE, 0xF0, 0x0E))

# Counts calls in slot 0 and notes who runs where, for whom.
WRITER_CODE = asm(
    store(0, 1, 0, "SLOAD ADD"),
    store(1, "CALLER"),
    store(2, "ADDRESS"),
    store(3, "ORIGIN"),
    store(4, "CODESIZE"),
    store(5, "SELFBALANCE"),
)
# Looks at the account that the first word of its input names, in every way there is.
VIEWER_CODE = asm(
    store(1, 0, "CALLDATALOAD EXTCODESIZE"),
    store(2, 0, "CALLDATALOAD EXTCODEHASH"),
    32,
    0,
    0,
    0,
    "CALLDATALOAD EXTCODECOPY",
    store(3, 0, "MLOAD"),
    store(4, 0, "CALLDATALOAD BALANCE"),
    store(5, "GAS", 0, "CALLDATALOAD EXTCODESIZE POP GAS SWAP1 SUB"),
    store(6, 0, 0, 0, 0, 0, 0, "CALLDATALOAD", 150_000, "CALL"),
    store(7, 0, 0, 0, 0, 0, "CALLDATALOAD", 150_000, "STATICCALL"),
    store(8, 0, 0, 0, 0, 0, "CALLDATALOAD", 150_000, "DELEGATECALL"),
    store(9, 0, 0, 0, 0, 0, 0, "CALLDATALOAD", 150_000, "CALLCODE"),
    store(10, "RETURNDATASIZE"),
)


def word(address):
    """An address as one word of input."""
    return bytes(address).rjust(32, b"\0")


def chain(name, extra=None, **options):
    accounts = {key.address: Account(RICH) for key in (ALICE, BOB, CAROL)} | {
        WRITER: Account(0, 1, WRITER_CODE),
        VIEWER: Account(0, 1, VIEWER_CODE),
        FORWARDER: Account(0, 1, forwarder()),
    }
    return Chain(name, accounts | (extra or {}), **options)


def delegation(address):
    return b"\xef\x01\x00" + bytes(address)


def accepted():
    """For any chain and for this one, by new accounts and by ones that exist, then called."""
    made = chain("authorizations_that_count", chain_id=7)
    pen = Pen(made, ALICE)
    auths = [
        authorize(NEW[0], WRITER),
        authorize(NEW[1], WRITER, chain_id=7),
        authorize(BOB, WRITER),
    ]
    made.add(pen(4, to=NEW[0].address, authorizations=auths, gas=400_000, value=3))
    made.add(
        pen(to=NEW[0].address, gas=200_000),
        pen(to=NEW[1].address, gas=200_000, value=1),
        pen(to=BOB.address, gas=200_000),
    )
    made.add(
        Pen(made, BOB)(to=NEW[2].address, value=1),
        pen(to=VIEWER, data=word(BOB.address), gas=900_000),
    )
    return made


def ignored():
    """Authorizations that are skipped without harm, each beside one that counts."""
    made = chain("authorizations_that_are_skipped", {NEW[9].address: Account(0, 1, asm("STOP"))})
    pen = Pen(made, ALICE)
    good = authorize(NEW[0], WRITER)
    order = int(SECP256K1N)
    skipped = [
        authorize(NEW[1], WRITER, chain_id=2),
        authorize(NEW[1], WRITER, chain_id=2**64 + 1),
        authorize(NEW[1], WRITER, chain_id=2**256 - 1),
        authorize(NEW[1], WRITER, nonce=1),
        authorize(NEW[1], WRITER, nonce=2**64 - 1),
        authorize(NEW[1], WRITER, nonce=2**64 - 2),
        authorize(NEW[9], WRITER, nonce=1),
        *[
            authorize(NEW[1], WRITER, **changes)
            for changes in (
                dict(r=U256(0)),
                dict(s=U256(0)),
                dict(r=U256(order)),
                dict(s=U256(order)),
                dict(r=U256(2**256 - 1)),
                dict(y_parity=U8(2)),
                dict(y_parity=U8(27)),
                dict(y_parity=U8(255)),
                dict(s=U256(order // 2 + 1)),
                dict(r=U256(0), s=U256(0), y_parity=U8(0)),
                dict(r=U256(5)),
            )
        ],
        authorize(NEW[1], WRITER, **with_high_s(authorize(NEW[1], WRITER))),
    ]
    for auth in skipped:
        made.add(
            pen(4, to=VIEWER, data=word(NEW[1].address), authorizations=[auth, good], gas=900_000)
        )
        good = authorize(NEW[0], WRITER, nonce=made.nonce(NEW[0].address))
    made.add(pen(4, to=WRITER, authorizations=skipped, gas=1_000_000))
    return made


def own_sender():
    """The sender authorizes itself: its nonce has already gone up by then."""
    made = chain("sender_is_authority")
    pen = Pen(made, ALICE)
    made.add(pen(4, to=WRITER, authorizations=[authorize(ALICE, WRITER, nonce=0)], gas=200_000))
    assert not made.head.accounts[ALICE.address].code
    made.add(
        pen(
            4,
            to=ALICE.address,
            authorizations=[authorize(ALICE, WRITER, nonce=2)],
            gas=200_000,
            value=9,
        )
    )
    assert made.head.accounts[ALICE.address].code == delegation(WRITER)
    pen = Pen(made, ALICE)
    made.add(
        pen(to=BOB.address, value=1),
        pen(0, to=ALICE.address, gas=200_000),
        pen(1, to=VIEWER, data=word(ALICE.address), gas=900_000),
    )
    made.add(
        pen(
            4,
            to=BOB.address,
            authorizations=[authorize(ALICE, bytes(20), nonce=pen.next + 1)],
            gas=200_000,
        )
    )
    assert made.head.accounts[ALICE.address].code == b""
    return made


def repeated():
    """One authority several times: in order of its nonces, out of order, the same twice."""
    made = chain("one_authority_several_times")
    pen = Pen(made, ALICE)
    steps = [
        [authorize(NEW[0], WRITER), authorize(NEW[0], VIEWER, nonce=1)],
        [authorize(NEW[1], WRITER), authorize(NEW[1], WRITER)],
        [authorize(NEW[2], WRITER, nonce=1), authorize(NEW[2], VIEWER, nonce=0)],
        [
            authorize(NEW[3], WRITER),
            authorize(NEW[3], bytes(20), nonce=1),
            authorize(NEW[3], VIEWER, nonce=2),
        ],
        [authorize(NEW[4], WRITER), authorize(NEW[4], bytes(20), nonce=1)],
    ]
    for key, auths in zip(NEW, steps):
        made.add(pen(4, to=key.address, authorizations=auths, gas=500_000))
    return made


def odd_targets():
    """Delegations to precompiles, to nobody, to another delegation, to oneself and in a ring."""
    targets = [bytes(19) + bytes([n]) for n in (1, 2, 4, 0x0A, 0x0B, 0x11)]
    made = chain("delegations_to_odd_targets")
    pen = Pen(made, ALICE)
    wanted = targets + [EMPTY, NEW[8].address, NEW[8].address, NEW[10].address, NEW[9].address]
    auths = [authorize(key, target) for key, target in zip(NEW, wanted)]
    auths.append(authorize(NEW[11], WRITER))
    made.add(pen(4, to=BOB.address, authorizations=auths, gas=2_000_000))
    for key in NEW[:11]:
        made.add(
            pen(to=key.address, data=b"\1" * 64, gas=100_000),
            pen(to=FORWARDER, data=forward(key.address, b"\1" * 32), gas=200_000),
            pen(to=VIEWER, data=word(key.address), gas=900_000),
        )
    made.add(
        pen(
            4,
            to=NEW[0].address,
            authorizations=[authorize(NEW[7], NEW[11].address, nonce=1)],
            gas=100_000,
        ),
        pen(to=NEW[7].address, gas=100_000),
        pen(to=FORWARDER, data=forward(NEW[7].address), gas=200_000),
    )
    return made


def seen_from_outside():
    """Code size, hash and copy of a delegated account, and all four calls into it, warm and cold."""
    made = chain(
        "delegated_account_seen_from_outside",
        {
            NEW[0].address: Account(77, 1, delegation(WRITER)),
            NEW[1].address: Account(0, 1, delegation(EMPTY)),
            NEW[2].address: Account(0, 1, delegation(bytes(19) + b"\4")),
        },
    )
    pen = Pen(made, ALICE)
    for key in NEW[:3]:
        made.add(
            pen(to=VIEWER, data=word(key.address), gas=2_000_000),
            pen(
                4,
                to=VIEWER,
                data=word(key.address),
                gas=2_000_000,
                authorizations=[authorize(key, WRITER, nonce=1)],
            ),
        )
    return made


def gas_of_delegated_calls():
    """Calls into delegated accounts with just too little gas to resolve the delegation."""
    code = asm(
        [
            store(i, call(op, NEW[i % 2].address, gas=5_000))
            for i, op in enumerate(("CALL", "STATICCALL", "DELEGATECALL", "CALLCODE"))
        ]
    )
    made = chain(
        "gas_of_delegated_calls",
        {
            NEW[0].address: Account(0, 1, delegation(WRITER)),
            NEW[1].address: Account(0, 1, delegation(EMPTY)),
            VIEWER: Account(0, 1, code),
        },
    )
    pen = Pen(made, ALICE)
    made.add(
        *[
            pen(to=VIEWER, gas=21_000 + extra)
            for extra in (
                2_600,
                2_620,
                5_200,
                5_220,
                5_221,
                7_800,
                12_000,
                29_000,
                40_000,
                60_000,
                200_000,
            )
        ]
    )
    made.add(
        *[
            pen(to=NEW[0].address, gas=21_000 + extra)
            for extra in (0, 100, 2_100, 2_600, 22_100, 200_000)
        ]
    )
    return made


def cleared():
    """Clearing a delegation empties the code hash and keeps nonce, balance and storage."""
    made = chain(
        "cleared_delegation", {NEW[0].address: Account(5, 3, delegation(WRITER), {0: 9, 7: 7})}
    )
    pen = Pen(made, ALICE)
    made.add(pen(to=NEW[0].address, gas=200_000))
    made.add(
        pen(
            4,
            to=NEW[0].address,
            authorizations=[authorize(NEW[0], bytes(20), nonce=3)],
            gas=200_000,
        ),
        pen(to=VIEWER, data=word(NEW[0].address), gas=900_000),
    )
    made.add(
        pen(
            4,
            to=VIEWER,
            data=word(NEW[1].address),
            gas=900_000,
            authorizations=[authorize(NEW[1], bytes(20)), authorize(NEW[2], bytes(20))],
        )
    )
    return made


def failure_keeps_delegation():
    """A transaction that reverts or runs out of gas keeps its delegations and their refunds."""
    reverter, burner = b"\x61" * 20, b"\x62" * 20
    made = chain(
        "failed_transaction_keeps_delegations",
        {
            reverter: Account(0, 1, asm(store(0, 1), 0, 0, "REVERT")),
            burner: Account(0, 1, asm("INVALID")),
        },
    )
    pen = Pen(made, ALICE)
    made.add(
        pen(
            4,
            to=reverter,
            authorizations=[authorize(NEW[0], WRITER), authorize(BOB, WRITER)],
            gas=200_000,
            value=5,
        ),
        pen(
            4,
            to=burner,
            authorizations=[authorize(NEW[1], WRITER), authorize(CAROL, WRITER)],
            gas=200_000,
        ),
        pen(4, to=NEW[2].address, authorizations=[authorize(NEW[2], burner)], gas=100_000, value=1),
        pen(4, to=NEW[3].address, authorizations=[authorize(NEW[3], WRITER)], gas=46_000),
    )
    made.add(pen(to=NEW[0].address, gas=200_000), pen(to=NEW[1].address, gas=200_000))
    return made


def delegated_senders():
    """Accounts with a delegation send transactions, create contracts and are drained."""
    creator, drainer, suicide = b"\x71" * 20, b"\x72" * 20, b"\x73" * 20
    init = deployer(b"\0")
    made = chain(
        "delegated_accounts_act",
        {
            creator: Account(
                0,
                1,
                asm(
                    init.ljust(32, b"\0"),
                    0,
                    "MSTORE",
                    store(0, len(init), 0, 0, "CREATE"),
                    store(1, 5, len(init), 0, 0, "CREATE2"),
                ),
            ),
            drainer: Account(0, 1, asm(0, 0, 0, 0, "SELFBALANCE", COINBASE, "GAS CALL")),
            suicide: Account(0, 1, asm(COINBASE, "SELFDESTRUCT")),
        },
    )
    pen, bob = Pen(made, ALICE), Pen(made, BOB)
    made.add(
        pen(
            4,
            to=BOB.address,
            authorizations=[authorize(BOB, creator), authorize(CAROL, suicide)],
            gas=400_000,
        ),
        pen(to=CAROL.address, gas=100_000),
    )
    bob = Pen(made, BOB)
    made.add(bob(to=BOB.address, gas=300_000))
    bob = Pen(made, BOB)
    made.add(bob(data=init, gas=200_000))
    made.add(
        pen(
            4,
            to=BOB.address,
            gas=200_000,
            authorizations=[authorize(BOB, drainer, nonce=made.nonce(BOB.address))],
        )
    )
    made.wrong_tx(
        "TransactionException.INSUFFICIENT_ACCOUNT_FUNDS", Pen(made, BOB).peek(to=ALICE.address)
    )
    made.add(
        pen(
            4,
            to=BOB.address,
            gas=200_000,
            value=10**18,
            authorizations=[authorize(BOB, bytes(20), nonce=made.nonce(BOB.address))],
        ),
        make_last(made),
    )
    return made


def make_last(made):
    return Pen(made, BOB)(to=ALICE.address, value=1, nonce=made.nonce(BOB.address) + 1)


def costs_and_refunds():
    """Refunds for authorities that exist, under the cap and over it; the floor beside them."""
    made = chain("authorization_costs")
    pen = Pen(made, ALICE)
    existing = [Key(0x5000 + i) for i in range(8)]
    made.add(*[pen(to=key.address, value=1, gas=21_000) for key in existing])
    made.add(
        pen(4, to=EMPTY, authorizations=[authorize(key, WRITER) for key in existing], gas=221_000)
    )
    made.add(
        pen(
            4,
            to=EMPTY,
            gas=221_000,
            authorizations=[authorize(key, WRITER, nonce=1) for key in existing[:4]]
            + [authorize(key, WRITER) for key in NEW[:4]],
        )
    )
    made.add(
        pen(
            4,
            to=EMPTY,
            gas=121_000,
            data=b"\1" * 2500,
            authorizations=[authorize(existing[0], WRITER, nonce=2)],
        ),
        pen(4, to=NEW[5].address, gas=46_000, authorizations=[authorize(NEW[6], WRITER)]),
    )
    return made


def designator_as_code():
    """No contract may be created with a delegation as its code, and a longer or shorter
    prefix is no delegation."""
    made = chain(
        "designator_is_not_code",
        {
            NEW[0].address: Account(0, 1, delegation(WRITER)[:-1]),
            NEW[1].address: Account(0, 1, delegation(WRITER) + b"\0"),
            NEW[2].address: Account(0, 1, b"\xef\x01\x01" + WRITER),
        },
    )
    pen = Pen(made, ALICE)
    made.add(
        pen(data=deployer(delegation(WRITER)), gas=200_000),
        pen(data=returning(delegation(WRITER)), gas=200_000),
    )
    made.add(
        *[
            pen(4, to=key.address, authorizations=[authorize(key, WRITER, nonce=1)], gas=200_000)
            for key in NEW[:3]
        ]
    )
    made.add(*[pen(to=VIEWER, data=word(key.address), gas=1_500_000) for key in NEW[:3]])
    return made


def coinbase_and_targets():
    """The coinbase delegates; a target that does not exist; a target that is delegated to a
    contract that looks at its own code."""
    looker = b"\x81" * 20
    made = chain(
        "coinbase_delegates",
        {
            looker: Account(
                0,
                1,
                asm(
                    32,
                    0,
                    0,
                    "CODECOPY",
                    store(0, 0, "MLOAD"),
                    32,
                    0,
                    0,
                    "ADDRESS EXTCODECOPY",
                    store(1, 0, "MLOAD"),
                    store(2, "ADDRESS EXTCODEHASH"),
                    store(3, "GAS"),
                ),
            )
        },
    )
    pen = Pen(made, ALICE)
    made.add(
        pen(
            4,
            to=NEW[0].address,
            gas=300_000,
            authorizations=[authorize(DAVE, looker), authorize(NEW[0], looker)],
        ),
        coinbase=DAVE.address,
    )
    made.add(
        pen(4, to=b"\x99" * 20, authorizations=[authorize(NEW[1], looker)], gas=100_000),
        pen(to=DAVE.address, gas=200_000),
        coinbase=DAVE.address,
    )
    return made


CASES = [
    accepted,
    ignored,
    own_sender,
    repeated,
    odd_targets,
    seen_from_outside,
    gas_of_delegated_calls,
    cleared,
    failure_keeps_delegation,
    delegated_senders,
    costs_and_refunds,
    designator_as_code,
    coinbase_and_targets,
]
