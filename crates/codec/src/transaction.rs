//! Transactions of the kinds whose fields have columns, to and from their EIP-2718 bytes.

use alloc::{borrow::Cow, vec::Vec};

use crate::number::Number;

/// A kind of transaction whose fields have columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Without a chain id in its signature.
    Unprotected,
    /// With one (EIP-155).
    Legacy,
    /// EIP-2930.
    AccessList,
    /// EIP-1559.
    DynamicFee,
    /// EIP-7702.
    SetCode,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Unprotected, Self::Legacy, Self::AccessList, Self::DynamicFee, Self::SetCode];

    /// Its number in the column of kinds, where 0 is a transaction without columns.
    pub(crate) const fn number(self) -> u8 {
        self as u8 + 1
    }

    pub(crate) fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The first byte of its transactions; legacy ones are only a list.
    const fn envelope(self) -> Option<u8> {
        match self {
            Self::Unprotected | Self::Legacy => None,
            Self::AccessList => Some(1),
            Self::DynamicFee => Some(2),
            Self::SetCode => Some(4),
        }
    }

    pub(crate) const fn has_tip(self) -> bool {
        matches!(self, Self::DynamicFee | Self::SetCode)
    }

    /// How many lists end it: access list, authorizations.
    pub(crate) const fn lists(self) -> usize {
        match self {
            Self::Unprotected | Self::Legacy => 0,
            Self::AccessList | Self::DynamicFee => 1,
            Self::SetCode => 2,
        }
    }
}

/// The fields of a transaction, less its chain id.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    pub(crate) kind: Kind,
    pub(crate) nonce: Number,
    pub(crate) gas: Number,
    /// The gas price, or the most for gas.
    pub(crate) fee: Number,
    pub(crate) tip: Number,
    /// None creates a contract.
    pub(crate) to: Option<[u8; 20]>,
    pub(crate) value: Number,
    pub(crate) data: Cow<'a, [u8]>,
    /// What the access list and the authorizations hold, in RLP.
    pub(crate) lists: [&'a [u8]; 2],
    pub(crate) parity: bool,
    pub(crate) r: Number,
    pub(crate) s: Number,
}

impl<'a> Fields<'a> {
    /// The fields of a transaction and its chain id (none if unprotected), if writing them
    /// gives the same bytes again.
    pub(crate) fn parse(raw: &'a [u8]) -> Option<(Self, Option<u64>)> {
        let parsed = Self::read(raw)?;
        let mut again = Vec::with_capacity(raw.len());
        parsed.0.write(parsed.1.unwrap_or_default(), &mut Vec::new(), &mut again);
        (again == raw).then_some(parsed)
    }

    fn read(raw: &'a [u8]) -> Option<(Self, Option<u64>)> {
        let (kind, list) = match raw.split_first()? {
            (1, list) => (Some(Kind::AccessList), list),
            (2, list) => (Some(Kind::DynamicFee), list),
            (4, list) => (Some(Kind::SetCode), list),
            _ => (None, raw),
        };
        let mut items = Items(list);
        let mut items = Items(items.list()?);
        let chain_id = kind.map(|_| items.u64()).map_or(Some(None), |id| id.map(Some))?;
        let nonce = items.number()?;
        let tip = match kind {
            Some(kind) if kind.has_tip() => items.number()?,
            _ => Number::ZERO,
        };
        let (fee, gas) = (items.number()?, items.number()?);
        let to = match items.string()? {
            [] => None,
            to => Some(to.try_into().ok()?),
        };
        let (value, data) = (items.number()?, items.string()?);
        let mut lists = [[].as_slice(); 2];
        for list in lists.iter_mut().take(kind.map_or(0, Kind::lists)) {
            *list = items.list()?;
        }
        let (kind, chain_id, parity) = match (kind, items.u64()?) {
            (Some(kind), parity @ (0 | 1)) => (kind, chain_id, parity == 1),
            (None, v @ (27 | 28)) => (Kind::Unprotected, None, v == 28),
            (None, v @ 35..) => (Kind::Legacy, Some((v - 35) / 2), (v - 35) % 2 == 1),
            _ => return None,
        };
        let (r, s) = (items.number()?, items.number()?);
        let data = Cow::Borrowed(data);
        let fields = Self { kind, nonce, gas, fee, tip, to, value, data, lists, parity, r, s };
        items.0.is_empty().then_some((fields, chain_id))
    }

    /// Its EIP-2718 bytes. `scratch` is only there to be used again.
    pub(crate) fn write(&self, chain_id: u64, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        let payload = scratch;
        payload.clear();
        let chain = chain_id.to_be_bytes();
        if self.kind.envelope().is_some() {
            put_number(payload, &chain);
        }
        put_string(payload, self.nonce.shortest());
        if self.kind.has_tip() {
            put_string(payload, self.tip.shortest());
        }
        put_string(payload, self.fee.shortest());
        put_string(payload, self.gas.shortest());
        put_string(payload, self.to.as_ref().map_or(&[], <[u8; 20]>::as_slice));
        put_string(payload, self.value.shortest());
        put_string(payload, &self.data);
        for list in &self.lists[..self.kind.lists()] {
            put_header(payload, 0xc0, list.len());
            payload.extend_from_slice(list);
        }
        let parity = u128::from(self.parity);
        let v = match self.kind {
            Kind::Unprotected => 27 + parity,
            Kind::Legacy => 35 + 2 * u128::from(chain_id) + parity,
            Kind::AccessList | Kind::DynamicFee | Kind::SetCode => parity,
        };
        put_number(payload, &v.to_be_bytes());
        put_string(payload, self.r.shortest());
        put_string(payload, self.s.shortest());

        out.extend(self.kind.envelope());
        put_header(out, 0xc0, payload.len());
        out.extend_from_slice(payload);
    }
}

fn put_header(out: &mut Vec<u8>, base: u8, len: usize) {
    if len < 56 {
        out.push(base + len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        out.push(base + 55 + (bytes.len() - zeros) as u8);
        out.extend_from_slice(&bytes[zeros..]);
    }
}

fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    if !matches!(bytes, [0..0x80]) {
        put_header(out, 0x80, bytes.len());
    }
    out.extend_from_slice(bytes);
}

fn put_number(out: &mut Vec<u8>, bytes: &[u8]) {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    put_string(out, &bytes[zeros..]);
}

/// Items of RLP from front to back. Lenient: what it reads is written again and compared.
struct Items<'a>(&'a [u8]);

impl<'a> Items<'a> {
    /// The next item's payload, and whether it is a list.
    fn item(&mut self) -> Option<(&'a [u8], bool)> {
        let (&head, rest) = self.0.split_first()?;
        let list = head >= 0xc0;
        let (len, rest) = match head {
            0..0x80 => (1, self.0),
            0x80..0xb8 | 0xc0..0xf8 => (usize::from(head & 0x3f), rest),
            0xb8..0xc0 | 0xf8.. => {
                let (len, rest) = rest.split_at_checked(usize::from(head & 0x3f) - 55)?;
                (
                    len.iter().try_fold(0usize, |sum, byte| {
                        sum.checked_mul(256)?.checked_add(usize::from(*byte))
                    })?,
                    rest,
                )
            }
        };
        let (payload, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((payload, list))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        self.item().filter(|(_, list)| !list).map(|(payload, _)| payload)
    }

    fn list(&mut self) -> Option<&'a [u8]> {
        self.item().filter(|(_, list)| *list).map(|(payload, _)| payload)
    }

    fn number(&mut self) -> Option<Number> {
        Number::new(self.string()?)
    }

    fn u64(&mut self) -> Option<u64> {
        let bytes = self.string()?;
        (bytes.len() <= 8).then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }
}
