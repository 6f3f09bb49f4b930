"""The hashes of spec/bridge.md, from its text alone."""

from formats import be, keccak, tag

OUTBOX = bytes.fromhex("7e00000000000000000000000000000000000001")
KINDS = ["eth", "token", "ethRelay", "tokenRelay"]


def message_hash(m, l1_chain, bridge):
    return keccak(
        tag("tern.message.v1"),
        be(l1_chain, 64),
        bridge,
        be(m["chainId"], 64),
        OUTBOX,
        be(m["nonce"], 64),
        be(m["kind"], 8),
        m["sender"],
        m["to"],
        m["token"],
        be(m["amount"], 256),
        m["destination"],
        be(m["gas"], 64),
        keccak(m["data"]),
    )


def message_id(inbox, message):
    return keccak(tag("tern.withdrawal.v1"), inbox, message)


def deposit_hash(d, l1_chain, bridge):
    return keccak(
        tag("tern.token-deposit.v1"),
        be(l1_chain, 64),
        bridge,
        d["inbox"],
        be(d["nonce"], 64),
        d["token"],
        d["from"],
        d["to"],
        be(d["amount"], 256),
        d["origin"],
        be(d["decimals"], 8),
        keccak(d["tokenName"].encode()),
        keccak(d["symbol"].encode()),
    )


def outbox_slot(nonce):
    return keccak(be(nonce, 256), be(0, 256))


def sent_slot(deposit):
    return keccak(deposit, be(0, 256))
