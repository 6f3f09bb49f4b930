//! Transactions by their fields instead of one after the other: like stands beside like, and
//! what no compression can make smaller stands apart.

use alloc::{borrow::Cow, collections::BTreeMap, vec, vec::Vec};

use tern_protocol::{BatchLimits, FormatError, Unpack, put_length};

use crate::{
    BatchData, DataError, length_bytes,
    number::Number,
    transaction::{Fields, Kind},
};

/// In the order in which they are written. Numbers have two: their heads, then their bytes.
#[derive(Debug, Clone, Copy)]
enum Column {
    /// Transactions of each block.
    Counts = 0,
    /// A byte for each transaction.
    Kinds = 1,
    Nonces = 2,
    Gas = 4,
    Fees = 6,
    Tips = 8,
    Values = 10,
    /// 0 for a receiver that is new, or the place of one that came before, from 1.
    Receivers = 12,
    /// Of calldata, or of a whole transaction.
    Lengths = 13,
    /// What is before the whole words at the end of calldata.
    Data = 14,
    Words = 15,
    /// Access lists and authorizations, each with its length.
    Lists = 17,
    /// Transactions of no known kind.
    Verbatim = 18,
}

const COLUMNS: usize = 19;
const KIND: u8 = 0x07;
const CREATES: u8 = 0x08;
const PARITY: u8 = 0x10;
const WORD: usize = 32;

/// Transactions by columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// What is worth compressing.
    pub packed: Vec<u8>,
    /// What is not: of each transaction the signature, and its receiver the first time.
    pub loose: Vec<u8>,
}

impl Columns {
    /// Sorts transactions into columns.
    pub fn new(data: &BatchData) -> Self {
        let mut writer = Writer::new(chain_id(data));
        for block in &data.blocks {
            put_length(writer.column(Column::Counts), block.len() as u32);
            for raw in block {
                writer.transaction(raw);
            }
        }
        writer.finish()
    }

    /// Puts the transactions of so many blocks together again.
    pub fn read(&self, block_count: u16, limits: &BatchLimits) -> Result<BatchData, DataError> {
        read(&self.packed, &self.loose, block_count, limits)
    }
}

/// The chain id of the first transaction that has one: on a chain, all have the same.
fn chain_id(data: &BatchData) -> u64 {
    let mut transactions = data.blocks.iter().flatten();
    transactions.find_map(|raw| Fields::parse(raw)?.1).unwrap_or_default()
}

struct Writer {
    chain_id: u64,
    columns: [Vec<u8>; COLUMNS],
    loose: Vec<u8>,
    places: BTreeMap<[u8; 20], u32>,
}

impl Writer {
    fn new(chain_id: u64) -> Self {
        let columns = core::array::from_fn(|_| Vec::new());
        Self { chain_id, columns, loose: Vec::new(), places: BTreeMap::new() }
    }

    fn column(&mut self, column: Column) -> &mut Vec<u8> {
        &mut self.columns[column as usize]
    }

    fn number(&mut self, column: Column, number: &Number) {
        if let [heads, bytes] = &mut self.columns[column as usize..column as usize + 2] {
            number.write(heads, bytes);
        }
    }

    fn transaction(&mut self, raw: &[u8]) {
        let own = |chain: &Option<u64>| chain.is_none_or(|chain| chain == self.chain_id);
        match Fields::parse(raw).filter(|(_, chain)| own(chain)) {
            Some((fields, _)) => self.fields(&fields),
            None => {
                self.column(Column::Kinds).push(0);
                put_length(self.column(Column::Lengths), raw.len() as u32);
                self.column(Column::Verbatim).extend_from_slice(raw);
            }
        }
    }

    fn fields(&mut self, fields: &Fields<'_>) {
        let creates = if fields.to.is_none() { CREATES } else { 0 };
        let parity = if fields.parity { PARITY } else { 0 };
        self.column(Column::Kinds).push(fields.kind.number() | creates | parity);
        self.loose.extend_from_slice(&fields.r.word());
        self.loose.extend_from_slice(&fields.s.word());
        self.number(Column::Nonces, &fields.nonce);
        self.number(Column::Gas, &fields.gas);
        self.number(Column::Fees, &fields.fee);
        if fields.kind.has_tip() {
            self.number(Column::Tips, &fields.tip);
        }
        self.number(Column::Values, &fields.value);
        if let Some(to) = fields.to {
            self.receiver(to);
        }
        put_length(self.column(Column::Lengths), fields.data.len() as u32);
        let (head, words) = fields.data.split_at(fields.data.len() % WORD);
        self.column(Column::Data).extend_from_slice(head);
        for word in words.chunks_exact(WORD) {
            self.number(Column::Words, &Number::new(word).unwrap_or(Number::ZERO));
        }
        for list in &fields.lists[..fields.kind.lists()] {
            put_length(self.column(Column::Lists), list.len() as u32);
            self.column(Column::Lists).extend_from_slice(list);
        }
    }

    fn receiver(&mut self, to: [u8; 20]) {
        let next = self.places.len() as u32 + 1;
        let place = *self.places.entry(to).or_insert(next);
        if place == next {
            self.loose.extend_from_slice(&to);
        }
        put_length(self.column(Column::Receivers), if place == next { 0 } else { place });
    }

    fn finish(self) -> Columns {
        let mut packed = self.chain_id.to_be_bytes().to_vec();
        for column in &self.columns {
            put_length(&mut packed, column.len() as u32);
        }
        for column in &self.columns {
            packed.extend_from_slice(column);
        }
        Columns { packed, loose: self.loose }
    }
}

/// Puts transactions together again. The limit of bytes is that of their plain form.
pub(crate) fn read(
    packed: &[u8],
    loose: &[u8],
    block_count: u16,
    limits: &BatchLimits,
) -> Result<BatchData, DataError> {
    let mut reader = Reader::new(packed, loose, limits)?;
    let mut left = limits.transactions as usize;
    let mut blocks = Vec::with_capacity(block_count.into());
    for _ in 0..block_count {
        let count = reader.column(Column::Counts).length("transaction count")?;
        left = left
            .checked_sub(count)
            .ok_or(DataError::Transactions { limit: limits.transactions })?;
        reader.spend(length_bytes(count))?;
        let mut block = Vec::with_capacity(count.min(reader.column(Column::Kinds).0.len()));
        for _ in 0..count {
            block.push(reader.transaction()?);
        }
        blocks.push(block);
    }
    reader.end()?;
    Ok(BatchData { blocks })
}

struct Reader<'a> {
    chain_id: u64,
    columns: [Unpack<'a>; COLUMNS],
    loose: Unpack<'a>,
    places: Vec<[u8; 20]>,
    scratch: Vec<u8>,
    /// Bytes that the plain form may still have.
    left: usize,
    limit: u32,
}

impl<'a> Reader<'a> {
    fn new(packed: &'a [u8], loose: &'a [u8], limits: &BatchLimits) -> Result<Self, DataError> {
        let mut input = Unpack(packed);
        let chain_id = u64::from_be_bytes(input.array("chain id")?);
        let mut lengths = [0; COLUMNS];
        for length in &mut lengths {
            *length = input.length("column lengths")?;
        }
        let mut columns = [Unpack(&[]); COLUMNS];
        for (column, length) in columns.iter_mut().zip(lengths) {
            *column = Unpack(input.bytes(length, "columns")?);
        }
        input.end()?;
        Ok(Self {
            chain_id,
            columns,
            loose: Unpack(loose),
            places: Vec::new(),
            scratch: Vec::new(),
            left: limits.decoded_bytes as usize,
            limit: limits.decoded_bytes,
        })
    }

    fn column(&mut self, column: Column) -> &mut Unpack<'a> {
        &mut self.columns[column as usize]
    }

    fn number(&mut self, column: Column) -> Result<Number, DataError> {
        match &mut self.columns[column as usize..column as usize + 2] {
            [heads, bytes] => Number::read(heads, bytes),
            _ => Ok(Number::ZERO),
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), DataError> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(DataError::Bytes { limit: self.limit })?;
        Ok(())
    }

    fn transaction(&mut self) -> Result<Vec<u8>, DataError> {
        let kind = self.column(Column::Kinds).u8("transaction kinds")?;
        let raw = match kind {
            0 => self.verbatim()?.to_vec(),
            _ => self.written(kind)?,
        };
        self.spend(length_bytes(raw.len()) + raw.len())?;
        Ok(raw)
    }

    fn verbatim(&mut self) -> Result<&'a [u8], DataError> {
        let length = self.column(Column::Lengths).length("transaction length")?;
        Ok(self.column(Column::Verbatim).bytes(length, "transaction")?)
    }

    fn written(&mut self, number: u8) -> Result<Vec<u8>, DataError> {
        let known = Kind::of(number & KIND).filter(|_| number < 2 * PARITY);
        let kind = known.ok_or(FormatError::Unknown {
            what: "transaction kind",
            got: number,
            known: "0 and, with two flags, 1 to 5",
        })?;
        let (r, s) = (self.signature_part()?, self.signature_part()?);
        let nonce = self.number(Column::Nonces)?;
        let gas = self.number(Column::Gas)?;
        let fee = self.number(Column::Fees)?;
        let tip = if kind.has_tip() { self.number(Column::Tips)? } else { Number::ZERO };
        let value = self.number(Column::Values)?;
        let to = if number & CREATES == 0 { Some(self.receiver()?) } else { None };
        let data = Cow::Owned(self.calldata()?);
        let mut lists = [[].as_slice(); 2];
        for list in lists.iter_mut().take(kind.lists()) {
            let length = self.column(Column::Lists).length("list length")?;
            *list = self.column(Column::Lists).bytes(length, "lists")?;
        }
        let parity = number & PARITY != 0;
        let fields = Fields { kind, nonce, gas, fee, tip, to, value, data, lists, parity, r, s };
        // What is around these seldom takes more.
        let mut out = Vec::with_capacity(fields.data.len() + lists[0].len() + lists[1].len() + 160);
        fields.write(self.chain_id, &mut self.scratch, &mut out);
        Ok(out)
    }

    fn signature_part(&mut self) -> Result<Number, DataError> {
        let word: [u8; WORD] = self.loose.array("signatures")?;
        Ok(Number::new(&word).unwrap_or(Number::ZERO))
    }

    fn receiver(&mut self) -> Result<[u8; 20], DataError> {
        match self.column(Column::Receivers).length("receivers")? {
            0 => {
                let to = self.loose.array("new receivers")?;
                self.places.push(to);
                Ok(to)
            }
            place => {
                let known = self.places.get(place - 1).copied();
                known.ok_or(DataError::Columns("a receiver's place is unknown"))
            }
        }
    }

    fn calldata(&mut self) -> Result<Vec<u8>, DataError> {
        let length = self.column(Column::Lengths).length("calldata length")?;
        // Before it is there: a head of one byte can stand for a word of zeros.
        if length > self.left {
            return Err(DataError::Bytes { limit: self.limit });
        }
        let mut data = vec![0; length];
        let (head, words) = data.split_at_mut(length % WORD);
        head.copy_from_slice(self.column(Column::Data).bytes(length % WORD, "calldata")?);
        for word in words.chunks_exact_mut(WORD) {
            word.copy_from_slice(&self.number(Column::Words)?.word());
        }
        Ok(data)
    }

    fn end(self) -> Result<(), DataError> {
        for column in self.columns {
            column.end()?;
        }
        Ok(self.loose.end()?)
    }
}
