"""Vectors of spec/claim.md: claims, checkpoints and their proofs, statements."""

from format_common import hexed, hexes, refused, some_address, some_hash
from formats import (
    ZERO,
    check_checkpoint,
    checkpoint_proof,
    checkpoints_root,
    claim_id,
    keccak,
    statement_id,
)

SEED = some_hash("checkpoints")

CLAIM = dict(
    l1ChainId=11155111,
    settlement=some_address("settlement"),
    configHash=some_hash("config"),
    parentBlockHash=some_hash("parent block"),
    firstBatchAcc=some_hash("first batch"),
    lastBatchAcc=some_hash("last batch"),
    blockHash=some_hash("block"),
    blockNumber=123_456,
    checkpointsRoot=some_hash("root"),
)

CLAIMS = {
    "a claim": {},
    "on another L1": {"l1ChainId": 1},
    "on another contract": {"settlement": some_address("another settlement")},
    "from genesis": {"firstBatchAcc": ZERO, "parentBlockHash": some_hash("genesis")},
    "numbers as large as they may be": {"l1ChainId": 2**64 - 1, "blockNumber": 2**64 - 1},
    "zero everywhere": {
        name: 0 if isinstance(value, int) else bytes(len(value)) for name, value in CLAIM.items()
    },
}

STATEMENTS = {
    "a statement": (1, 1, some_hash("key"), b"public inputs"),
    "another verifier version": (1, 2, some_hash("key"), b"public inputs"),
    "another system": (2, 1, some_hash("key"), b"public inputs"),
    "no public inputs": (1, 1, some_hash("key"), b""),
    "numbers as large as they may be": (2**32 - 1, 2**32 - 1, b"\xff" * 32, b"\xff" * 200),
    "zero everywhere": (0, 0, ZERO, ZERO),
}

COUNTS = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 100, 511, 512, 513, 1023, 1024)

PROOFS = (
    (1, 0),
    (2, 0),
    (2, 1),
    (3, 2),
    (5, 4),
    (6, 3),
    (8, 7),
    (9, 8),
    (513, 512),
    (1024, 0),
    (1024, 1023),
)


def block_hash(index):
    return keccak(SEED, index.to_bytes(32, "big"))


def block_hashes(count):
    return [block_hash(index) for index in range(count)]


def claim_case(name, changes):
    fields = CLAIM | changes
    written = {
        key: str(value) if isinstance(value, int) else hexed(value) for key, value in fields.items()
    }
    return {"name": name, **written, "id": hexed(claim_id(*fields.values()))}


def statement_case(name, system, version, key, public_inputs):
    return {
        "name": name,
        "system": system,
        "verifierVersion": version,
        "vkHash": hexed(key),
        "publicInputs": hexed(public_inputs),
        "id": hexed(statement_id(system, version, key, public_inputs)),
    }


def checkpoints_case(count):
    root = hexed(checkpoints_root(block_hashes(count)))
    return {"name": f"{count} blocks", "count": count, "root": root}


def bad_checkpoints_case(count):
    reason = refused(checkpoints_root, block_hashes(count))
    return {"name": f"{count} blocks", "count": count, "kind": "CheckpointCount", "reason": reason}


def proof_parts(count, index):
    hashes = block_hashes(count)
    return dict(
        root=checkpoints_root(hashes),
        count=count,
        index=index,
        block=hashes[index],
        proof=checkpoint_proof(hashes, index),
    )


def proof_json(name, root, count, index, block, proof):
    return {
        "name": name,
        "root": hexed(root),
        "count": count,
        "index": index,
        "block": hexed(block),
        "proof": hexes(proof),
    }


def proof_case(count, index):
    parts = proof_parts(count, index)
    check_checkpoint(*parts.values())
    return proof_json(f"block {index} of {count}", **parts)


def bad_proofs():
    good = proof_parts(5, 4)
    siblings = good["proof"]
    inner = proof_parts(4, 2)
    node = keccak(b"\x01", keccak(b"\x00", inner["block"]), inner["proof"][0])
    two = proof_parts(2, 1)
    changes = {
        "another block": (good, {"block": block_hash(3)}),
        "another index": (good, {"index": 3}),
        "another root": (good, {"root": checkpoints_root(block_hashes(6))}),
        "the root without its count": (
            proof_parts(1, 0),
            {"root": keccak(b"\x00", block_hash(0))},
        ),
        "another count that fills up to the same tree": (good, {"count": 6}),
        "another count of half the tree": (good, {"count": 4, "index": 0}),
        "the index is the count": (good, {"index": 5}),
        "an index with a bit above the tree": (good, {"index": 4 + 8}),
        "index 2 of 2 that leads to the same leaf as 0": (proof_parts(2, 0), {"index": 2}),
        "a sibling too few": (good, {"proof": siblings[:-1]}),
        "a sibling too many": (good, {"proof": siblings + [ZERO]}),
        "no siblings": (good, {"proof": []}),
        "siblings for a tree of one leaf": (proof_parts(1, 0), {"proof": [ZERO]}),
        "siblings in the opposite order": (good, {"proof": siblings[::-1]}),
        "a changed sibling": (good, {"proof": [some_hash("sibling"), *siblings[1:]]}),
        "a filling leaf shown as a block": (good, {"index": 5, "block": ZERO}),
        "a node shown as a block": (
            inner,
            {"count": 4, "index": 1, "block": node, "proof": inner["proof"][1:]},
        ),
        "left and right changed": (two, {"index": 0}),
        "count 0": (proof_parts(1, 0), {"count": 0}),
        "count 1,025": (proof_parts(1024, 0), {"count": 1025}),
    }
    for name, (parts, change) in changes.items():
        parts = parts | change
        reason = refused(check_checkpoint, *parts.values())
        yield proof_json(name, **parts) | {"reason": reason}


def cases():
    return {
        "claims": [claim_case(name, changes) for name, changes in CLAIMS.items()],
        "statements": [statement_case(name, *case) for name, case in STATEMENTS.items()],
        "seed": hexed(SEED),
        "seedSays": "the hash of block i is keccak(seed, i as 32 bytes)",
        "checkpoints": [checkpoints_case(count) for count in COUNTS],
        "checkpointsInvalid": [bad_checkpoints_case(count) for count in (0, 1025, 2048)],
        "proofs": [proof_case(count, index) for count, index in PROOFS],
        "proofsInvalid": list(bad_proofs()),
    }
