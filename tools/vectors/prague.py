"""Writes spec/vectors/prague: blocks of Prague, Cancun and the change between them, made
and judged by the executable specification of Ethereum. See the README beside the vectors."""

import gzip
import io
import json
import pathlib
import random
import sys
import tarfile
import time

from ethereum.crypto.hash import keccak256
from ethereum_rlp import rlp

import prague_cases_blocks
import prague_cases_bls
import prague_cases_calls
import prague_cases_create
import prague_cases_invalid
import prague_cases_long
import prague_cases_opcodes
import prague_cases_precompiles
import prague_cases_setcode
import prague_cases_system
import prague_cases_transactions

GROUPS = {
    "transactions": prague_cases_transactions,
    "setcode": prague_cases_setcode,
    "precompiles": prague_cases_precompiles,
    "bls": prague_cases_bls,
    "system": prague_cases_system,
    "opcodes": prague_cases_opcodes,
    "calls": prague_cases_calls,
    "create": prague_cases_create,
    "invalid": prague_cases_invalid,
    "blocks": prague_cases_blocks,
    "long": prague_cases_long,
}
# Large and repetitive.
PACKED = {"create", "invalid", "long"}
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "spec/vectors/prague"

HEADER_NAMES = {
    "parent_hash": "parentHash",
    "ommers_hash": "uncleHash",
    "coinbase": "coinbase",
    "state_root": "stateRoot",
    "transactions_root": "transactionsTrie",
    "receipt_root": "receiptTrie",
    "bloom": "bloom",
    "difficulty": "difficulty",
    "number": "number",
    "gas_limit": "gasLimit",
    "gas_used": "gasUsed",
    "timestamp": "timestamp",
    "extra_data": "extraData",
    "prev_randao": "mixHash",
    "nonce": "nonce",
    "base_fee_per_gas": "baseFeePerGas",
    "withdrawals_root": "withdrawalsRoot",
    "blob_gas_used": "blobGasUsed",
    "excess_blob_gas": "excessBlobGas",
    "parent_beacon_block_root": "parentBeaconBlockRoot",
    "requests_hash": "requestsHash",
}


def text(value):
    """Bytes or a number in hexadecimal."""
    if isinstance(value, (bytes, bytearray)):
        return "0x" + bytes(value).hex()
    return hex(int(value))


def header_json(header):
    fields = {
        json_name: text(getattr(header, name))
        for name, json_name in HEADER_NAMES.items()
        if hasattr(header, name)
    }
    return fields | {"hash": text(keccak256(rlp.encode(header)))}


def accounts_json(accounts):
    return {
        text(address): {
            "nonce": text(account.nonce),
            "balance": text(account.balance),
            "code": text(account.code),
            "storage": {
                text(slot): text(value) for slot, value in sorted(account.storage.items()) if value
            },
        }
        for address, account in sorted(accounts.items())
    }


def case_json(chain):
    blocks = []
    for encoded, header, exception in chain.blocks:
        verdict = (
            {"expectException": exception}
            if header is None
            else {"blockHeader": header_json(header)}
        )
        blocks.append({"rlp": text(encoded), **verdict})
    case = {
        "network": chain.network,
        "config": {"network": chain.network, "chainid": text(chain.chain_id)},
        "genesisBlockHeader": header_json(chain.made[0].block.header),
        "pre": accounts_json(chain.pre),
        "blocks": blocks,
        "lastblockhash": text(chain.head.hash),
        "postStateHash": text(chain.head.block.header.state_root),
        "sealEngine": "NoProof",
    }
    return ({"_info": {"comment": chain.comment}} if chain.comment else {}) | case


def write(group, content):
    """The file, or an archive that is the same whenever and wherever it is made."""
    path = FOLDER / f"{group}.json"
    if group not in PACKED:
        path.write_text(content)
        return path
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(path.name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content.encode()))
    path = FOLDER / f"{group}.tar.gz"
    path.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return path


def main():
    """Writes every group, or those that are named."""
    sys.setrecursionlimit(200_000)
    random.seed(0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or list(GROUPS)
    for group in wanted:
        start = time.time()
        chains = [make() for make in GROUPS[group].CASES]
        assert len({chain.name for chain in chains}) == len(chains)
        lines = [
            f"{json.dumps(chain.name)}: {json.dumps(case_json(chain), separators=(',', ':'))}"
            for chain in chains
        ]
        path = write(group, "{\n" + ",\n".join(lines) + "\n}\n")
        blocks = sum(len(chain.blocks) for chain in chains)
        print(
            f"{path.name}: {len(chains)} cases, {blocks} blocks, {path.stat().st_size:,} bytes, "
            f"{time.time() - start:.0f} s",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
