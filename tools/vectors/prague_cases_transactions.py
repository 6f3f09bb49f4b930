"""Every transaction type, what it costs and where its money goes."""

from ethereum.forks.prague.transactions import Access
from ethereum_types.bytes import Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint

from prague_asm import asm, call, forward, forwarder, store
from prague_chain import BASE_FEE, COINBASE, Account, Chain
from prague_tx import Key, Pen, blob_hash

RICH = 10**20
ALICE, BOB = Key(0xA11CE), Key(0xB0B)
FORWARDER = bytes.fromhex("f0" * 20)
SINK = bytes.fromhex("51" * 20)
NOBODY = bytes.fromhex("0b" * 20)


def chain(name, extra=None, **options):
    accounts = {
        ALICE.address: Account(RICH),
        BOB.address: Account(RICH),
        FORWARDER: Account(0, 1, forwarder()),
    }
    return Chain(name, accounts | (extra or {}), **options)


def every_type(name="every_type", chain_id=1):
    """Legacy with and without chain id, 2930, 1559, 4844 in one block."""
    made = chain(name, chain_id=chain_id)
    pen = Pen(made, ALICE)
    to_sha = dict(to=FORWARDER, data=forward(b"\x02", b"tern"))
    access = [Access(account=Bytes20(FORWARDER), slots=(Bytes32(bytes(32)),) * 2)]
    made.add(
        pen(0, **to_sha),
        pen("unprotected", **to_sha),
        pen(1, **to_sha),
        pen(1, access_list=access, **to_sha),
        pen(2, **to_sha),
        pen(2, access_list=access, **to_sha),
        pen(3, **to_sha),
        pen(3, blobs=[blob_hash(i) for i in range(6)], access_list=access, **to_sha),
    )
    made.add(pen(2, to=NOBODY, value=1), pen(3, to=BOB.address, value=5))
    return made


def other_chain_id():
    return every_type("other_chain_id", chain_id=0x7E57_C0DE)


def transfers():
    """Transfers to oneself, precompiles, the coinbase, nobody with and without value."""
    made = chain("transfers")
    pen, bob = Pen(made, ALICE), Pen(made, BOB)
    targets = [
        ALICE.address,
        COINBASE,
        NOBODY,
        bytes(20),
        bytes(19) + b"\x01",
        bytes(19) + b"\x09",
        bytes(19) + b"\x11",
        bytes(19) + b"\x12",
    ]
    made.add(*[pen(to=target, value=value) for target in targets for value in (0, 1)])
    made.add(bob(to=COINBASE, value=7), coinbase=BOB.address)
    made.add(bob(to=ALICE.address, value=7), coinbase=Bytes20(NOBODY))
    return made


def no_tip():
    """A price of exactly the base fee pays no tip, so the coinbase is not created."""
    made = chain("no_tip")
    pen = Pen(made, ALICE)
    base_fee = int(made.make()[0].block.header.base_fee_per_gas)
    fresh = Bytes20(b"\x77" * 20)
    made.add(
        pen(0, to=BOB.address, gas_price=base_fee),
        pen(1, to=BOB.address, gas_price=base_fee),
        pen(2, to=BOB.address, max_fee_per_gas=base_fee, max_priority_fee_per_gas=0),
        pen(2, to=BOB.address, max_fee_per_gas=base_fee, max_priority_fee_per_gas=base_fee),
        coinbase=fresh,
    )
    assert bytes(fresh) not in made.head.accounts
    made.add(
        pen(2, to=BOB.address, max_fee_per_gas=BASE_FEE * 9, max_priority_fee_per_gas=1),
        coinbase=fresh,
    )
    return made


def calldata_floor():
    """Calldata's floor price below, at and above what execution costs (EIP-7623)."""
    burner = bytes.fromhex("bb" * 20)
    clearer = bytes.fromhex("cc" * 20)
    made = chain(
        "calldata_floor",
        {
            burner: Account(0, 1, asm("INVALID")),
            clearer: Account(
                0,
                1,
                asm([store(slot, 0) for slot in range(1, 9)]),
                {slot: slot for slot in range(1, 9)},
            ),
        },
    )
    pen = Pen(made, ALICE)
    data = bytes(100) + b"\xff" * 1000
    tokens = 100 + 4 * 1000
    floor, usual = 21_000 + 10 * tokens, 21_000 + 4 * tokens
    made.add(
        pen(to=NOBODY, data=data, gas=floor),
        pen(to=NOBODY, data=data, gas=floor + 1),
        pen(to=burner, data=data, gas=floor),
        pen(to=burner, data=data, gas=floor + 1),
        pen(to=burner, data=data, gas=floor + 100_000),
        pen(0, to=NOBODY, data=b"\0", gas=21_010),
        pen(0, to=NOBODY, data=b"\1", gas=21_040),
    )
    made.add(pen(to=clearer, data=data, gas=floor + 50_000), pen(to=clearer, gas=80_000))
    made.add(
        pen(data=b"\0" * 2000, gas=floor + 100_000),
        pen(1, data=b"\xfe" + data, gas=300_000),
        pen(3, to=NOBODY, data=data, gas=floor),
    )
    assert usual < floor
    return made


def refunds():
    """Refunds for cleared storage: capped, cancelled by a revert, taken back by writing again."""
    clearer, reverter, flipper = (bytes([n]) * 20 for n in (0xC1, 0xC2, 0xC3))
    full = {slot: slot for slot in range(1, 21)}
    clear = [store(slot, 0) for slot in range(1, 21)]
    flip = [
        [store(1, 5), store(1, 0), store(1, 1)],
        [store(2, 0), store(2, 9), store(2, 2)],
        [store(30, 1), store(30, 0)],
        [store(31, 1), store(31, 2), store(31, 0)],
    ]
    made = chain(
        "refunds",
        {
            clearer: Account(0, 1, asm(clear), dict(full)),
            reverter: Account(0, 1, asm(clear, 0, 0, "REVERT"), dict(full)),
            flipper: Account(0, 1, asm(flip, 1, "SLOAD POP"), dict(full)),
            FORWARDER: Account(
                0, 1, asm(call("CALL", reverter), "POP", call("CALL", flipper), "POP STOP")
            ),
        },
    )
    pen = Pen(made, ALICE)
    made.add(
        pen(to=reverter, gas=300_000), pen(to=clearer, gas=300_000), pen(to=flipper, gas=300_000)
    )
    made.add(pen(to=FORWARDER, gas=500_000), pen(to=clearer, gas=300_000))
    return made


def gas_runs_out():
    """Gas that ends in the middle: at the top, one call down, at the storage stipend."""
    spender, caller, stipend = (bytes([n]) * 20 for n in (0xD1, 0xD2, 0xD3))
    spend = asm([store(slot, 1) for slot in range(10)])
    made = chain(
        "gas_runs_out",
        {
            spender: Account(0, 1, spend),
            caller: Account(
                0,
                1,
                asm(
                    store(0, call("CALL", spender)),
                    store(1, call("CALL", spender, gas=30_000)),
                    store(2, "GAS"),
                ),
            ),
            stipend: Account(0, 1, asm(store(0, 1))),
            FORWARDER: Account(
                10,
                1,
                asm(
                    store(0, call("CALL", stipend, gas=0, value=1)),
                    store(1, call("CALL", stipend, gas=20_000)),
                    store(2, call("CALL", stipend, gas=2_301)),
                    store(3, call("CALL", NOBODY, gas=0, value=1)),
                ),
            ),
        },
    )
    pen = Pen(made, ALICE)
    made.add(
        *[
            pen(to=target, gas=gas)
            for target in (spender, caller)
            for gas in (21_000, 40_000, 43_105, 100_000, 221_000, 250_000, 500_000)
        ]
    )
    made.add(pen(to=FORWARDER, gas=200_000))
    return made


def greatest_nonce():
    """The last nonce that a transaction may have, and creation by an account that has it."""
    last = Key(0x1A57)
    creator = bytes.fromhex("ee" * 20)
    made = chain(
        "greatest_nonce",
        {
            last.address: Account(RICH, 2**64 - 2),
            creator: Account(5, 2**64 - 1, asm(store(0, 0, 0, 1, "CREATE"), store(1, "GAS"))),
        },
    )
    made.add(Pen(made, last)(to=NOBODY, value=1), Pen(made, ALICE)(to=creator, gas=200_000))
    made.wrong_tx("TransactionException.NONCE_IS_MAX", Pen(made, last).peek(to=NOBODY))
    return made


def many_transactions():
    """More than 127 transactions: their index needs two bytes in the tries."""
    made = chain("many_transactions")
    pens = Pen(made, ALICE), Pen(made, BOB)
    made.add(*[pens[i % 2](i % 3, to=NOBODY, value=i, gas=21_000) for i in range(131)])
    return made


def base_fee_moves():
    """Full and empty blocks move the base fee; the gas limit moves as far as it may."""
    burner = bytes.fromhex("bb" * 20)
    made = chain("base_fee_moves", {burner: Account(0, 1, asm("INVALID"))})
    pen = Pen(made, ALICE)
    fee = dict(max_fee_per_gas=10_000)
    made.add(pen(to=burner, gas=30_000_000, **fee))
    made.add(pen(to=burner, gas=15_000_000, **fee))
    made.add(pen(to=burner, gas=15_000_001, **fee))
    made.add()
    limit = int(made.head.block.header.gas_limit)
    made.add(gas_limit=Uint(limit + limit // 1024 - 1))
    limit = int(made.head.block.header.gas_limit)
    made.add(gas_limit=Uint(limit - limit // 1024 + 1), extra_data=b"\xff" * 32)
    return made


def blob_market():
    """Blocks with the greatest number of blobs raise the blob price until one is too poor for it."""
    reader = asm(store(0, "BLOBBASEFEE"), [store(i + 1, i, "BLOBHASH") for i in (0, 1, 8, 9)])
    made = chain(
        "blob_market",
        {SINK: Account(0, 1, reader)},
        excess_blob_gas=U64(100 * 131_072),
        blob_gas_used=U64(0),
    )
    pen = Pen(made, ALICE)
    for _ in range(6):
        made.add(
            pen(
                3,
                to=SINK,
                blobs=[blob_hash(i) for i in range(9)],
                gas=300_000,
                max_fee_per_blob_gas=10**6,
            )
        )
    made.add(pen(2, to=SINK, gas=300_000), timestamp=made.head.block.header.timestamp + U256(1))
    made.add(
        *[
            pen(3, to=SINK, blobs=[blob_hash(i)] * 3, gas=300_000, max_fee_per_blob_gas=10**6)
            for i in range(3)
        ]
    )
    return made


CASES = [
    every_type,
    other_chain_id,
    transfers,
    no_tip,
    calldata_floor,
    refunds,
    gas_runs_out,
    greatest_nonce,
    many_transactions,
    base_fee_moves,
    blob_market,
]
