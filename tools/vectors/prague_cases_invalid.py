"""Blocks that must be rejected, each wrong in one thing only, and right ones between them."""

from dataclasses import replace

from ethereum.crypto.elliptic_curve import SECP256K1N
from ethereum.forks.prague.blocks import Withdrawal
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes, Bytes0, Bytes8, Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint

from prague_asm import asm, store
from prague_cases_system import withdrawal_request
from prague_chain import Account, Chain, encode_block, rlp_list
from prague_contracts import WITHDRAWAL_REQUESTS
from prague_tx import Key, Pen, Raw, authorize, blob_hash, make_tx, with_high_s

RICH = 10**20
ALICE, BOB, POOR, CONTRACT_KEY = (Key(n) for n in (0xA11CE, 0xB0B, 0x900F, 0xC0DE))
SINK, WRITER = b"\x51" * 20, b"\xaa" * 20
OTHER = Bytes32(b"\x99" * 32)
EMPTY_ROOT = Bytes32(
    bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
)
CREDIT = Withdrawal(index=U64(0), validator_index=U64(0), address=Bytes20(SINK), amount=U256(1))


def chain(name, extra=None, **options):
    accounts = {
        ALICE.address: Account(RICH),
        BOB.address: Account(RICH),
        POOR.address: Account(10**6),
        CONTRACT_KEY.address: Account(RICH, 0, asm("STOP")),
        WRITER: Account(0, 1, asm(store(0, 1, 0, "SLOAD ADD"), 0, 0, "LOG0")),
    }
    return Chain(name, accounts | (extra or {}), **options)


def header_fields(network="Prague", name="header_fields"):
    """Each field of the header, wrong alone."""
    made = chain(name, network=network)
    made.add(Pen(made, ALICE)(to=WRITER), withdrawals=[CREDIT])
    txs, parent = [Pen(made, ALICE)(to=WRITER)], made.head.block.header
    right = made.make(txs, [CREDIT])[0].block.header
    wrong = [
        ("UNKNOWN_PARENT", dict(parent_hash=OTHER)),
        ("IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS", dict(ommers_hash=OTHER)),
        ("INVALID_STATE_ROOT", dict(state_root=OTHER)),
        ("INVALID_STATE_ROOT", dict(state_root=parent.state_root)),
        ("INVALID_TRANSACTIONS_ROOT", dict(transactions_root=OTHER)),
        ("INVALID_TRANSACTIONS_ROOT", dict(transactions_root=EMPTY_ROOT)),
        ("INVALID_RECEIPTS_ROOT", dict(receipt_root=OTHER)),
        ("INVALID_LOG_BLOOM", dict(bloom=type(right.bloom)(bytes(256)))),
        ("INVALID_LOG_BLOOM", dict(bloom=type(right.bloom)(b"\xff" * 256))),
        ("IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS", dict(difficulty=Uint(1))),
        ("INVALID_BLOCK_NUMBER", dict(number=right.number + Uint(1))),
        ("INVALID_BLOCK_NUMBER", dict(number=parent.number)),
        ("INVALID_BLOCK_NUMBER", dict(number=Uint(0))),
        ("INVALID_GASLIMIT", dict(gas_limit=parent.gas_limit + parent.gas_limit // Uint(1024))),
        ("INVALID_GASLIMIT", dict(gas_limit=parent.gas_limit - parent.gas_limit // Uint(1024))),
        ("INVALID_GASLIMIT", dict(gas_limit=Uint(4_999))),
        ("INVALID_GASLIMIT", dict(gas_limit=Uint(2**63))),
        ("INVALID_GASLIMIT", dict(gas_limit=right.gas_used - Uint(1))),
        ("INVALID_GAS_USED", dict(gas_used=right.gas_used + Uint(1))),
        ("INVALID_GAS_USED", dict(gas_used=Uint(0))),
        ("INVALID_GAS_USED_ABOVE_LIMIT", dict(gas_used=right.gas_limit + Uint(1))),
        ("INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT", dict(timestamp=parent.timestamp)),
        ("INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT", dict(timestamp=parent.timestamp - U256(1))),
        ("EXTRA_DATA_TOO_BIG", dict(extra_data=Bytes(bytes(33)))),
        ("INCORRECT_BLOCK_FORMAT", dict(nonce=Bytes8(b"\0" * 7 + b"\1"))),
        ("INVALID_BASEFEE_PER_GAS", dict(base_fee_per_gas=right.base_fee_per_gas + Uint(1))),
        ("INVALID_BASEFEE_PER_GAS", dict(base_fee_per_gas=right.base_fee_per_gas - Uint(1))),
        ("INVALID_WITHDRAWALS_ROOT", dict(withdrawals_root=OTHER)),
        ("INVALID_WITHDRAWALS_ROOT", dict(withdrawals_root=EMPTY_ROOT)),
        ("INCORRECT_BLOB_GAS_USED", dict(blob_gas_used=U64(131_072))),
        ("INCORRECT_BLOB_GAS_USED", dict(blob_gas_used=U64(1))),
        ("INCORRECT_EXCESS_BLOB_GAS", dict(excess_blob_gas=U64(1))),
        ("INCORRECT_EXCESS_BLOB_GAS", dict(excess_blob_gas=U64(131_072))),
        ("INVALID_STATE_ROOT", dict(parent_beacon_block_root=OTHER)),
    ]
    if network == "Prague":
        wrong += [
            ("INVALID_REQUESTS", dict(requests_hash=OTHER)),
            ("INVALID_REQUESTS", dict(requests_hash=Bytes32(bytes(32)))),
            ("INVALID_REQUESTS", dict(requests_hash=EMPTY_ROOT)),
        ]
    for exception, changes in wrong:
        made.wrong_header(f"BlockException.{exception}", txs, [CREDIT], **changes)
    made.add(*txs, withdrawals=[CREDIT])
    return made


def header_fields_in_cancun():
    return header_fields("Cancun", "header_fields_in_cancun")


def parts_missing_or_added():
    """Headers with a field too few or too many, blocks with a part too few or too many,
    uncles, integers with leading zeros, wrong lengths, trailing bytes."""
    made = chain("encoding_of_blocks")
    txs = [Pen(made, ALICE)(to=WRITER)]
    block = made.make(txs, [CREDIT])[0].block
    items = rlp.decode(rlp.encode(block.header))
    encode = lambda fields: rlp.encode(fields)
    parts = [
        rlp.encode(block.header),
        rlp_list([tx.in_block() for tx in txs]),
        b"\xc0",
        rlp.encode(block.withdrawals),
    ]
    reject = lambda encoded: made.reject(
        encoded, "BlockException.RLP_STRUCTURES_ENCODING|BlockException.INCORRECT_BLOCK_FORMAT"
    )
    for cut in (16, 17, 18, 19, 20):
        reject(encode_block(block, txs, header=encode(items[:cut])))
    reject(encode_block(block, txs, header=encode(items + [b""])))
    reject(encode_block(block, txs, header=encode(items + [bytes(32)])))
    for index, value in (
        (8, b"\0" + items[8]),
        (9, b"\0" + items[9]),
        (10, b"\0"),
        (11, b"\0" + items[11]),
        (15, b"\0" + items[15]),
        (7, b"\0"),
        (17, b"\0"),
        (0, items[0][:-1]),
        (2, items[2] + b"\0"),
        (6, items[6][1:]),
        (14, bytes(7)),
        (13, items[13] + b"\0"),
        (9, bytes([1]) * 9),
        (16, b""),
        (19, b""),
        (20, items[20][1:]),
        (12, [b""]),
    ):
        reject(
            encode_block(block, txs, header=encode(items[:index] + [value] + items[index + 1 :]))
        )
    reject(rlp_list(parts[:3]))
    reject(rlp_list(parts + [b"\xc0"]))
    reject(rlp_list(parts[:3] + [b"\x80"]))
    reject(rlp_list([parts[0], b"\x80", *parts[2:]]))
    reject(rlp_list([parts[0], parts[1], rlp.encode([block.header]), parts[3]]))
    reject(rlp_list(parts) + b"\0")
    reject(rlp_list(parts)[:-1])
    reject(b"")
    reject(b"\xc0")
    reject(b"\x80")
    reject(rlp.encode(rlp_list(parts)))
    long = rlp_list(parts)
    reject(b"\xfa" + b"\0" + long[1:])
    good = [CREDIT.index, CREDIT.validator_index, CREDIT.address, CREDIT.amount]
    for changed in (
        good[:3],
        good + [U64(0)],
        [b"\0", *good[1:]],
        [*good[:2], SINK[1:], good[3]],
        [*good[:3], b"\0\1"],
    ):
        reject(encode_block(block, txs, withdrawals=rlp.encode([changed])))
    reject(encode_block(block, txs, withdrawals=()))
    reject(encode_block(block, txs, withdrawals=(CREDIT, CREDIT)))
    reject(encode_block(block, ()))
    reject(encode_block(block, txs * 2))
    made.add(*txs, withdrawals=[CREDIT])
    return made


def transactions_encoding():
    """Transactions that are not in the one canonical form."""
    made = chain("encoding_of_transactions")
    key, at = ALICE, dict(to=SINK, nonce=0, value=5)
    auth = [authorize(BOB, WRITER)]
    reject = lambda tx, raw: made.wrong_tx(
        "TransactionException.RLP_INVALID", Raw(tx.tx, raw, tx.sender)
    )
    for kind in (0, 1, 2, 3, 4):
        tx = make_tx(key, 1, kind, **at, **({"authorizations": auth} if kind == 4 else {}))
        encoded = tx.encoded()
        prefix, fields = (
            (b"", rlp.decode(encoded)) if kind == 0 else (encoded[:1], rlp.decode(encoded[1:]))
        )
        first = 0 if kind == 0 else 1
        to = {0: 3, 1: 4, 2: 5, 3: 5, 4: 5}[kind]
        change = lambda index, value: reject(
            tx, prefix + rlp.encode(fields[:index] + [value] + fields[index + 1 :])
        )
        (
            change(first, b"\0"),
            change(to - 1, b"\0" + fields[to - 1]),
            change(to, SINK[1:]),
            change(to, SINK + b"\0"),
        )
        (
            change(to + 1, b"\0\5"),
            change(len(fields) - 1, b"\0" + fields[-1]),
            change(to - 1, bytes([1]) * 9 if kind else bytes([1]) * 33),
        )
        reject(tx, prefix + rlp.encode(fields + [b""]))
        reject(tx, prefix + rlp.encode(fields[:-1]))
        if kind:
            reject(tx, encoded + b"\0")
            reject(tx, encoded[:-1])
            change(to + 3, b"")
            change(to + 3, [[SINK, [bytes(31)]]])
            change(to + 3, [[SINK]])
            change(len(fields) - 3, b"\2")
    tx = make_tx(key, 1, 2, **at)
    for unknown in (b"\x00", b"\x05", b"\x7f", b"\x80", b"\xbf"):
        made.wrong_tx(
            "TransactionException.TYPE_NOT_SUPPORTED",
            Wrapped(tx.tx, unknown + tx.encoded()[1:], tx.sender),
        )
    made.wrong_tx("TransactionException.RLP_INVALID", Wrapped(tx.tx, b"", tx.sender))
    made.wrong_tx("TransactionException.RLP_INVALID", Wrapped(tx.tx, b"\2", tx.sender))
    legacy = make_tx(key, 1, 0, **at)
    made.wrong_tx(
        "TransactionException.RLP_INVALID", Wrapped(legacy.tx, legacy.encoded(), legacy.sender)
    )
    made.add(make_tx(key, 1, 2, **at))
    return made


class Wrapped(Raw):
    """Bytes that stand in the block as one string, whatever they are."""

    def in_block(self):
        return rlp.encode(self.encoded())


def authorization_encoding():
    """Authorizations with a field too large, too many or not canonical make the block invalid."""
    made = chain("encoding_of_authorizations")
    tx = make_tx(ALICE, 1, 4, to=SINK, authorizations=[authorize(BOB, WRITER)])
    fields = rlp.decode(tx.encoded()[1:])
    auth = fields[9][0]
    for index, value in (
        (0, bytes([1]) * 33),
        (0, b"\0"),
        (1, WRITER[1:]),
        (1, b""),
        (2, bytes([1]) * 9),
        (2, b"\0"),
        (3, b"\1\0"),
        (3, b"\0"),
        (4, bytes([1]) * 33),
        (4, b"\0" + auth[4]),
        (5, bytes([1]) * 33),
        (5, b"\0" + auth[5]),
    ):
        changed = fields[:9] + [[auth[:index] + [value] + auth[index + 1 :]]] + fields[10:]
        made.wrong_tx(
            "TransactionException.TYPE_4_INVALID_AUTHORIZATION_FORMAT",
            Raw(tx.tx, b"\4" + rlp.encode(changed), tx.sender),
        )
    for changed in ([auth[:-1]], [auth + [b""]], [b""], b"\1"):
        made.wrong_tx(
            "TransactionException.TYPE_4_INVALID_AUTHORIZATION_FORMAT",
            Raw(tx.tx, b"\4" + rlp.encode(fields[:9] + [changed] + fields[10:]), tx.sender),
        )
    made.add(tx)
    return made


def signatures():
    """Signatures that no key made, high s, other chains, wrong v."""
    made = chain("signatures")
    order = int(SECP256K1N)
    kinds = (0, "unprotected", 1, 2, 3, 4)
    for kind in kinds:
        more = {"authorizations": [authorize(BOB, WRITER)]} if kind == 4 else {}
        tx = make_tx(ALICE, 1, kind, to=SINK, **more)
        wrong = [
            dict(r=U256(0)),
            dict(s=U256(0)),
            dict(r=U256(order)),
            dict(s=U256(order)),
            dict(r=U256(5)),
            with_high_s(tx.tx),
        ]
        wrong += (
            [dict(y_parity=U256(2)), dict(y_parity=U256(27))]
            if hasattr(tx.tx, "y_parity")
            else [dict(v=U256(v)) for v in (0, 1, 26, 29, 34, 39, 2**64 + 37, 2**255)]
        )
        for changes in wrong:
            made.wrong_tx("TransactionException.INVALID_SIGNATURE_VRS", tx.changed(**changes))
        if kind != "unprotected":
            reject = made.wrong_tx if kind == 0 else made.reject_by_eip
            for chain_id in (0, 2, 2**63 - 20):
                reject(
                    "TransactionException.INVALID_CHAINID",
                    make_tx(ALICE, chain_id, kind, to=SINK, **more),
                )
    return made


def every_kind(made, exception, kinds=(0, 1, 2, 3, 4), key=ALICE, before=(), **values):
    """The same mistake in every type of transaction."""
    for kind in kinds:
        more = {"authorizations": [authorize(BOB, WRITER)]} if kind == 4 else {}
        nonce = values.get("nonce", made.nonce(key.address) + len(before))
        made.wrong_tx(
            f"TransactionException.{exception}",
            *before,
            make_tx(key, 1, kind, **{"to": SINK, **values, "nonce": nonce}, **more),
        )


def transaction_rules():
    """Nonce, gas, price, funds, sender: each wrong alone, in every type."""
    made = chain("transaction_rules", {b"\xbb" * 20: Account(0, 1, asm("INVALID"))})
    made.add(Pen(made, ALICE)(to=SINK))
    every_kind(made, "NONCE_MISMATCH_TOO_LOW", nonce=0)
    every_kind(made, "NONCE_MISMATCH_TOO_HIGH", nonce=2)
    every_kind(made, "INTRINSIC_GAS_TOO_LOW", kinds=(0, 1, 2, 3), gas=20_999)
    every_kind(made, "INTRINSIC_GAS_TOO_LOW", kinds=(4,), gas=45_999)
    every_kind(made, "INTRINSIC_GAS_TOO_LOW", kinds=(0, 1, 2), to=None, data=b"\1", gas=53_017)
    every_kind(
        made,
        "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST",
        kinds=(0, 1, 2, 3),
        data=b"\1" * 1_000,
        gas=60_999,
    )
    every_kind(
        made, "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", kinds=(4,), data=b"\1" * 2_000, gas=100_999
    )
    every_kind(made, "GAS_ALLOWANCE_EXCEEDED", gas=30_000_001)
    every_kind(
        made,
        "GAS_ALLOWANCE_EXCEEDED",
        before=[Pen(made, ALICE)(to=b"\xbb" * 20, gas=29_950_001)],
        gas=50_000,
    )
    every_kind(made, "INSUFFICIENT_ACCOUNT_FUNDS", key=POOR)
    every_kind(made, "INSUFFICIENT_ACCOUNT_FUNDS", value=RICH)
    every_kind(made, "INSUFFICIENT_ACCOUNT_FUNDS", value=2**256 - 1)
    every_kind(made, "SENDER_NOT_EOA", key=CONTRACT_KEY)
    every_kind(
        made,
        "INSUFFICIENT_MAX_FEE_PER_GAS",
        kinds=(2, 3, 4),
        max_fee_per_gas=700,
        max_priority_fee_per_gas=0,
    )
    every_kind(made, "INSUFFICIENT_MAX_FEE_PER_GAS", kinds=(0, 1), gas_price=700)
    every_kind(
        made,
        "PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS",
        kinds=(2, 3, 4),
        max_fee_per_gas=5_000,
        max_priority_fee_per_gas=5_001,
    )
    every_kind(made, "NONCE_IS_MAX", nonce=2**64 - 1)
    made.add(Pen(made, ALICE)(to=SINK))
    return made


def funds_to_the_wei():
    """A balance that is enough to the last wei, and one wei short, maximum blob fee included."""
    keys = [Key(0x6000 + i) for i in range(10)]
    price, gas = 5_000, 50_000
    needed = {
        0: 2_000 * gas,
        1: 2_000 * gas,
        2: price * gas,
        3: price * gas + 131_072 * 100,
        4: price * gas,
    }
    balances = {key.address: Account(needed[i // 2] + 7 - i % 2) for i, key in enumerate(keys)}
    made = chain("funds_to_the_wei", balances)
    more = lambda kind: {"authorizations": [authorize(BOB, WRITER)]} if kind == 4 else {}
    txs = [
        make_tx(key, 1, i // 2, to=SINK, value=7, gas=gas, **more(i // 2))
        for i, key in enumerate(keys)
    ]
    for tx in txs[1::2]:
        made.wrong_tx("TransactionException.INSUFFICIENT_ACCOUNT_FUNDS", tx)
    made.add(*txs[::2])
    return made


def blob_rules():
    """Blob transactions: none, too many in a block, wrong version, too poor, creating."""
    made = chain("blob_rules", excess_blob_gas=U64(90 * 131_072))
    made.add()
    blobs = [blob_hash(i) for i in range(9)]
    reject = lambda exception, *txs: made.wrong_tx(f"TransactionException.{exception}", *txs)
    alice = lambda nonce=0, **values: make_tx(
        ALICE, 1, 3, **{"to": SINK, "nonce": nonce, "max_fee_per_blob_gas": 10**9, **values}
    )
    reject("TYPE_3_TX_ZERO_BLOBS", alice(blobs=[]))
    reject("TYPE_3_TX_BLOB_COUNT_EXCEEDED", alice(blobs=[blob_hash(i) for i in range(10)]))
    reject(
        "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
        alice(blobs=blobs[:5]),
        alice(1, blobs=blobs[:5]),
    )
    for version in (0, 2, 255):
        reject(
            "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH",
            alice(blobs=[blobs[0], bytes([version]) + blobs[1][1:]]),
        )
    reject("INSUFFICIENT_MAX_FEE_PER_BLOB_GAS", alice(max_fee_per_blob_gas=1))
    reject("INSUFFICIENT_MAX_FEE_PER_BLOB_GAS", alice(max_fee_per_blob_gas=0))
    creating = make_tx(ALICE, 1, 3, to=SINK)
    creating = replace(creating.tx, to=Bytes0())
    parity, r, s = ALICE.sign(_hash_of_creating(creating))
    reject(
        "TYPE_3_TX_CONTRACT_CREATION",
        Raw(replace(creating, y_parity=U256(parity), r=U256(r), s=U256(s)), sender=ALICE.address),
    )
    made.add(alice(blobs=blobs[:5]), alice(1, blobs=blobs[5:]))
    return made


def set_code_rules():
    """Set-code transactions without authorizations, and creating ones."""
    made = chain("set_code_rules")
    made.wrong_tx(
        "TransactionException.TYPE_4_EMPTY_AUTHORIZATION_LIST", make_tx(ALICE, 1, 4, to=SINK)
    )
    creating = replace(
        make_tx(ALICE, 1, 4, to=SINK, authorizations=[authorize(BOB, WRITER)]).tx, to=Bytes0()
    )
    parity, r, s = ALICE.sign(_hash_of_creating(creating))
    made.wrong_tx(
        "TransactionException.TYPE_4_TX_CONTRACT_CREATION",
        Raw(replace(creating, y_parity=U256(parity), r=U256(r), s=U256(s)), sender=ALICE.address),
    )
    made.add(make_tx(ALICE, 1, 4, to=SINK, authorizations=[authorize(ALICE, WRITER, nonce=1)]))
    return made


def _hash_of_creating(tx):
    from prague_tx import SIGNING_HASHES

    return SIGNING_HASHES[type(tx)](tx)


def not_yet_active():
    """Set-code transactions before Prague; requests in a header of Cancun."""
    made = chain("not_active_in_cancun", network="Cancun")
    tx = make_tx(ALICE, 1, 4, to=SINK, authorizations=[authorize(BOB, WRITER)])
    plain = make_tx(ALICE, 1, 2, to=SINK)
    block = made.make([plain])[0].block
    made.reject(encode_block(block, [tx]), "TransactionException.TYPE_4_TX_PRE_FORK")
    header = rlp.decode(rlp.encode(block.header))
    made.reject(
        encode_block(block, [plain], header=rlp.encode(header + [bytes(32)])),
        "BlockException.INCORRECT_BLOCK_FORMAT",
    )
    made.add(plain)
    return made


def requests_hash():
    """Requests that happened and are not in the hash, or are in it in another order."""
    from ethereum.forks.prague.requests import compute_requests_hash

    made = chain("requests_hash")
    tx = Pen(made, ALICE)(
        to=WITHDRAWAL_REQUESTS, data=withdrawal_request(1, 5), value=1, gas=200_000
    )
    body = b"\1" + bytes(ALICE.address) + withdrawal_request(1)[:48] + (5).to_bytes(8, "little")
    right = made.make([tx])[0].block.header.requests_hash
    assert right == compute_requests_hash([body])
    for requests in (
        [],
        [body, body],
        [body + b"\0"],
        [b"\0", body],
        [body, b"\2"],
        [b"\0" + body[1:]],
        [body[:1]],
    ):
        made.wrong_header(
            "BlockException.INVALID_REQUESTS",
            [tx],
            requests_hash=Bytes32(compute_requests_hash(requests)),
        )
    made.add(tx)
    return made


CASES = [
    header_fields,
    header_fields_in_cancun,
    parts_missing_or_added,
    transactions_encoding,
    authorization_encoding,
    signatures,
    transaction_rules,
    funds_to_the_wei,
    blob_rules,
    set_code_rules,
    not_yet_active,
    requests_hash,
]
