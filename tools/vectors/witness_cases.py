"""Vectors of spec/witness.md."""

import json

from format_common import hexed, hexes, refused
from formats import decode_json_witness, decode_witness, encode_witness

NODE = bytes.fromhex("c22001")

VALID = {
    "nothing in it": ([], [], []),
    "one node": ([NODE], [], []),
    "one code": ([], [b"\x60\x00"], []),
    "one header": ([], [], [b"\xf9"]),
    "all three, in order": ([NODE, b"\x80"], [b"\xfe" * 3], [b"\xf9\x02", b"\xf9\x01"]),
    "empty entries": ([b""], [b"", b""], [b""]),
    "the same entry twice": ([NODE, NODE], [], []),
    "a length of 127": ([], [b"\x00" * 127], []),
    "a length of 128": ([], [b"\x00" * 128], []),
    "128 entries": ([bytes([i]) for i in range(128)], [], []),
    "a length of 16,384, three bytes": ([], [b"\x5b" * 16_384], []),
}

HEAD = b"TWIT\x01"


def after_head(text):
    return HEAD + bytes.fromhex(text)


INVALID = {
    "nothing at all": ("NotAWitness", b""),
    "another magic": ("NotAWitness", b"TWIX\x01\x00\x00\x00"),
    "a cut magic": ("NotAWitness", b"TWI"),
    "version 0": ("NotAWitness", b"TWIT\x00\x00\x00\x00"),
    "version 2": ("NotAWitness", b"TWIT\x02\x00\x00\x00"),
    "no lists": ("Truncated", HEAD),
    "two lists": ("Truncated", after_head("00 00")),
    "cut inside an entry": ("Truncated", after_head("01 03 c220")),
    "fewer entries than announced": ("Truncated", after_head("02 01 aa")),
    "cut inside a length": ("Truncated", after_head("80")),
    "a byte follows": ("Trailing", after_head("00 00 00 00")),
    "a fourth list": ("Trailing", after_head("00 00 00 01 01 aa")),
    "a count of 0 in two bytes": ("Length", after_head("80 00 00 00")),
    "a count of 1 in two bytes": ("Length", after_head("81 00 01 aa 00 00")),
    "an entry's length in two bytes": ("Length", after_head("01 81 00 aa 00 00")),
    "an entry's length of 2^32": ("Length", after_head("01 80 80 80 80 10")),
    "an entry's length of six bytes": ("Length", after_head("01 81 80 80 80 80 00 aa")),
    "a count of six bytes, more than 32 bits": ("Length", after_head("ff ff ff ff ff 01")),
    "a count of 2^35 - 1": ("Length", after_head("ff ff ff ff 7f")),
}

GOOD_JSON = {"state": ["0xc22001", "0x80"], "codes": ["0xfefe"], "headers": ["0xf902"]}

JSON_VALID = {
    "plain": GOOD_JSON,
    "with keys": GOOD_JSON | {"keys": ["0x00", "anything"]},
    "a JSON-RPC answer": {"jsonrpc": "2.0", "id": 1, "result": GOOD_JSON},
    "a JSON-RPC answer with keys": {
        "jsonrpc": "2.0",
        "id": "a",
        "result": GOOD_JSON | {"keys": []},
    },
    "empty lists": {"state": [], "codes": [], "headers": [], "keys": []},
    "only nodes": {"state": ["0xc22001"]},
    "empty entries": {"state": ["0x"], "codes": ["0x"], "headers": ["0x"]},
    "capital digits": {"state": ["0xC2Ff01"], "codes": [], "headers": []},
    "a field that nobody knows": GOOD_JSON | {"extra": 1},
}

JSON_INVALID = {
    "nothing at all": "",
    "not JSON": "state",
    "a list": "[]",
    "an empty object": "{}",
    "a JSON-RPC error": '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}',
    "no result": '{"jsonrpc":"2.0","id":1,"result":null}',
    "no nodes": '{"codes":[],"headers":[]}',
    "nodes that are no list": '{"state":"0x00","codes":[],"headers":[]}',
    "an entry that is no string": '{"state":[1],"codes":[],"headers":[]}',
    "an entry without 0x": '{"state":["c220"],"codes":[],"headers":[]}',
    "an entry with 0X": '{"state":["0Xc220"],"codes":[],"headers":[]}',
    "half a byte": '{"state":["0xc22"],"codes":[],"headers":[]}',
    "not hexadecimal": '{"state":[],"codes":["0xzz"],"headers":[]}',
    "a space inside": '{"state":[],"codes":[],"headers":["0xf9 02"]}',
    "cut off": '{"state":["0xc220"],"codes":[]',
    "something follows": '{"state":[],"codes":[],"headers":[]} x',
}


def lists_json(nodes, codes, headers):
    return {"nodes": hexes(nodes), "codes": hexes(codes), "headers": hexes(headers)}


def valid(name, lists):
    encoding = encode_witness(*lists)
    assert decode_witness(encoding) == list(lists)
    return {"name": name, **lists_json(*lists), "encoding": hexed(encoding)}


def invalid(name, kind, encoding):
    reason = refused(decode_witness, encoding)
    return {"name": name, "encoding": hexed(encoding), "kind": kind, "reason": reason}


def json_valid(name, value):
    text = json.dumps(value)
    return {"name": name, "text": text, **lists_json(*decode_json_witness(text))}


def json_invalid(name, text):
    reason = refused(decode_json_witness, text)
    return {"name": name, "text": text, "kind": "Json", "reason": reason}


def cases():
    return {
        "valid": [valid(name, lists) for name, lists in VALID.items()],
        "invalid": [invalid(name, *case) for name, case in INVALID.items()],
        "jsonValid": [json_valid(name, value) for name, value in JSON_VALID.items()],
        "jsonInvalid": [json_invalid(name, text) for name, text in JSON_INVALID.items()],
    }
