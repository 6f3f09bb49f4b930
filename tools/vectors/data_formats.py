"""Batch data once more, written from the text of spec/batch.md and nothing else: packing into
blobs, the plain form, columns. Decompression is the brotli library's."""

import brotli

from format_base import Bad, Reader, be, need, put_length

# Blobs

BLOB_BYTES = 4096 * 32
BLOB_HOLDS = 1024 * 127


def pack(data):
    """All blobs as one byte string."""
    count = -(-(4 + len(data)) // BLOB_HOLDS)
    held = (be(len(data), 32) + data).ljust(count * BLOB_HOLDS, b"\x00")
    out = []
    for start in range(0, len(held), 127):
        group = held[start : start + 127]
        top = int.from_bytes(group[124:], "big")
        for i, shift in enumerate((18, 12, 6, 0)):
            out += [bytes([top >> shift & 0b111111]), group[31 * i : 31 * i + 31]]
    return b"".join(out)


def unpack(blobs):
    need(blobs and len(blobs) % BLOB_BYTES == 0, "a blob has not the length of one")
    count, held = len(blobs) // BLOB_BYTES, []
    for start in range(0, len(blobs), 128):
        elements = [blobs[at : at + 32] for at in range(start, start + 128, 32)]
        need(all(element[0] < 64 for element in elements), "the two highest bits are not zero")
        held += [element[1:] for element in elements]
        a, b, c, d = (element[0] for element in elements)
        held.append(be(a << 18 | b << 12 | c << 6 | d, 24))
    held = b"".join(held)
    length, held = int.from_bytes(held[:4], "big"), held[4:]
    need(length <= len(held), "the length exceeds what the blobs hold")
    need(count == -(-(4 + length) // BLOB_HOLDS), "there are more blobs than hold the data")
    need(not any(held[length:]), "something follows the data")
    return held[:length]


# Codecs


def encode_data(blocks, version=1, codec=0):
    out = [be(version, 8), be(codec, 8)]
    for transactions in blocks:
        out.append(put_length(len(transactions)))
        for raw in transactions:
            out += [put_length(len(raw)), raw]
    return b"".join(out)


def decode_data(data, block_count, limits):
    reader = Reader(data)
    need(reader.uint(8) == 1, "unknown version")
    codec = reader.uint(8)
    need(codec in (0, 1), "unknown codec")
    if codec == 1:
        return decode_columns(reader, block_count, limits)
    need(len(data) - 2 <= limits["decodedBytes"], "decoded data exceeds limits.decodedBytes")
    blocks, total = [], 0
    for _ in range(block_count):
        count = reader.length()
        total += count
        need(total <= limits["transactions"], "more than limits.transactions transactions")
        blocks.append([reader.counted_bytes() for _ in range(count)])
    reader.done()
    return blocks


# RLP, only written


def rlp(item):
    if isinstance(item, int):
        item = be(item, item.bit_length() + 7 & ~7)
    if isinstance(item, (bytes, bytearray)):
        if len(item) == 1 and item[0] < 0x80:
            return bytes(item)
        return rlp_head(0x80, len(item)) + bytes(item)
    return rlp_list(b"".join(map(rlp, item)))


def rlp_head(base, length):
    if length < 56:
        return bytes([base + length])
    size = be(length, length.bit_length() + 7 & ~7)
    return bytes([base + 55 + len(size)]) + size


def rlp_list(payload):
    return rlp_head(0xC0, len(payload)) + payload


# Columns

COLUMNS = 19
KINDS = {
    # number: (first byte, has a chain id, has a priority fee, lists)
    1: (b"", False, False, 0),
    2: (b"", True, False, 0),
    3: (b"\x01", True, False, 1),
    4: (b"\x02", True, True, 1),
    5: (b"\x04", True, True, 2),
}


def transaction(kind, chain_id, fields):
    """EIP-2718 bytes of fields by name."""
    envelope, _, has_tip, lists = KINDS[kind]
    f, parity = fields, fields["parity"]
    fees = [f["tip"], f["fee"]] if has_tip else [f["fee"]]
    head = [chain_id] if envelope else []
    v = {1: 27 + parity, 2: 35 + 2 * chain_id + parity}.get(kind, parity)
    body = [*head, f["nonce"], *fees, f["gas"], f["to"], f["value"], f["data"]]
    payload = b"".join(map(rlp, body))
    payload += b"".join(map(rlp_list, f["lists"][:lists]))
    return envelope + rlp_list(payload + b"".join(map(rlp, [v, f["r"], f["s"]])))


def decode_columns(reader, block_count, limits):
    stream, loose = reader.counted_bytes(), Reader(reader.take(len(reader.data) - reader.at))
    packed = Reader(inflate(stream, limits["decodedBytes"]))
    chain_id = packed.uint(64)
    lengths = [packed.length() for _ in range(COLUMNS)]
    columns = [Reader(packed.take(length)) for length in lengths]
    packed.done()
    state = ColumnReader(columns, loose, chain_id)
    blocks, total, size = [], 0, 0
    for _ in range(block_count):
        count = columns[0].length()
        total += count
        need(total <= limits["transactions"], "more than limits.transactions transactions")
        size += len(put_length(count))
        block = []
        for _ in range(count):
            block.append(state.transaction(limits["decodedBytes"]))
            size += len(put_length(len(block[-1]))) + len(block[-1])
            need(size <= limits["decodedBytes"], "decoded data exceeds limits.decodedBytes")
        blocks.append(block)
    need(size <= limits["decodedBytes"], "decoded data exceeds limits.decodedBytes")
    for column in columns:
        column.done()
    loose.done()
    return blocks


def inflate(stream, most):
    need(stream, "the stream ends early")
    need(stream[0] & 0x0F not in (0x0D, 0x0F), "a window of more than 22 bits")
    try:
        out = brotli.decompress(stream)
    except brotli.error:
        raise Bad("it is not a stream of brotli, or something follows it") from None
    need(len(out) <= most, "decoded data exceeds limits.decodedBytes")
    return out


class ColumnReader:
    def __init__(self, columns, loose, chain_id):
        self.columns, self.loose, self.chain_id = columns, loose, chain_id
        self.receivers = []

    def number(self, column):
        head = self.columns[column].uint(8)
        need(head <= 248, "unknown head")
        tens, size = (0, head) if head <= 32 else ((head - 33) // 8 + 1, (head - 33) % 8 + 1)
        held = self.columns[column + 1].take(size)
        need(held[:1] != b"\x00", "a number begins with a zero")
        return int.from_bytes(held, "big") * 10**tens

    def receiver(self):
        place = self.columns[12].length()
        if place == 0:
            self.receivers.append(self.loose.take(20))
        need(place <= len(self.receivers), "unknown receiver")
        return self.receivers[place - 1]

    def transaction(self, most):
        kind = self.columns[1].uint(8)
        if kind == 0:
            return self.columns[18].take(self.columns[13].length())
        flags, kind = kind & ~7, kind & 7
        need(kind in KINDS and not flags & ~24, "unknown kind")
        _, _, has_tip, lists = KINDS[kind]
        fields = {"r": self.loose.uint(256), "s": self.loose.uint(256), "parity": flags >> 4}
        for name, column in (("nonce", 2), ("gas", 4), ("fee", 6), ("tip", 8), ("value", 10)):
            fields[name] = self.number(column) if name != "tip" or has_tip else 0
        fields["to"] = b"" if flags & 8 else self.receiver()
        length = self.columns[13].length()
        need(length <= most, "decoded data exceeds limits.decodedBytes")
        data = [self.columns[14].take(length % 32)]
        data += [be(self.number(15), 256) for _ in range(length // 32)]
        fields["data"] = b"".join(data)
        fields["lists"] = [self.columns[17].counted_bytes() for _ in range(lists)]
        return transaction(kind, self.chain_id, fields)


class ColumnWriter:
    """Columns of transactions that are given by their fields or, without, as bytes."""

    def __init__(self, chain_id=0):
        self.chain_id = chain_id
        self.columns = [bytearray() for _ in range(COLUMNS)]
        self.loose, self.receivers = bytearray(), []

    def number(self, column, value):
        tens = 0
        while value and tens < 27 and value % 10 ** (tens + 1) == 0:
            tens += 1
        short, whole = (be(n, n.bit_length() + 7 & ~7) for n in (value // 10**tens, value))
        if tens and len(short) <= 8 and len(short) < len(whole):
            self.columns[column].append(33 + (tens - 1) * 8 + len(short) - 1)
            self.columns[column + 1] += short
        else:
            self.columns[column].append(len(whole))
            self.columns[column + 1] += whole

    def add(self, kind, fields):
        if kind == 0:
            self.columns[1].append(0)
            self.columns[13] += put_length(len(fields))
            self.columns[18] += fields
            return
        _, _, has_tip, lists = KINDS[kind]
        self.columns[1].append(kind | (0 if fields["to"] else 8) | fields["parity"] << 4)
        self.loose += be(fields["r"], 256) + be(fields["s"], 256)
        for name, column in (("nonce", 2), ("gas", 4), ("fee", 6), ("tip", 8), ("value", 10)):
            if name != "tip" or has_tip:
                self.number(column, fields[name])
        to, data = fields["to"], fields["data"]
        if to in self.receivers:
            self.columns[12] += put_length(self.receivers.index(to) + 1)
        elif to:
            self.receivers.append(to)
            self.columns[12] += put_length(0)
            self.loose += to
        self.columns[13] += put_length(len(data))
        head = len(data) % 32
        self.columns[14] += data[:head]
        for at in range(head, len(data), 32):
            self.number(15, int.from_bytes(data[at : at + 32], "big"))
        for payload in fields["lists"][:lists]:
            self.columns[17] += put_length(len(payload)) + payload

    def packed(self):
        lengths = b"".join(put_length(len(column)) for column in self.columns)
        return be(self.chain_id, 64) + lengths + b"".join(self.columns)


def compress(packed):
    return brotli.compress(packed, quality=11, lgwin=16)


def body(stream, loose):
    return b"\x01\x01" + put_length(len(stream)) + stream + bytes(loose)


def encode_columns(blocks):
    """Data in columns of transactions that are only bytes."""
    writer = ColumnWriter()
    for block in blocks:
        writer.columns[0] += put_length(len(block))
        for raw in block:
            writer.add(0, raw)
    return body(compress(writer.packed()), writer.loose)
