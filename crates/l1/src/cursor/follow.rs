//! The cursor over anything that answers as L1 does.

use alloy_primitives::{Address, B256};
use futures_util::future::join_all;

use super::{
    BlockId, CursorOptions, L1Block, Step,
    window::{Claimed, Window, bind, distribute, link, may_have_logs},
};
use crate::{Header, L1Error};

/// So many requests at once.
const AT_ONCE: usize = 16;
/// A node's index of logs may come after its newest blocks. "None" of a block whose bloom says
/// "maybe" is believed below so many blocks, or after so many looks; not at each it is asked again.
const INDEXED: u64 = 2;
const BELIEVED: u32 = 10;

/// What a cursor asks. Every answer may be of another branch than the one before.
pub(super) trait Chain {
    /// The last header, or the one of a number if there is one.
    async fn header(&self, number: Option<u64>) -> Result<Option<Header>, L1Error>;
    /// The logs of a range of numbers.
    async fn logs(&self, from: u64, to: u64, of: &[Address]) -> Result<Vec<Claimed>, L1Error>;
    /// The logs of one block.
    async fn logs_of(&self, block: B256, of: &[Address]) -> Result<Vec<Claimed>, L1Error>;
}

#[derive(Debug)]
pub(super) struct Follow<C> {
    pub(super) chain: C,
    addresses: Vec<Address>,
    window: Window,
    head: BlockId,
    range: u64,
    /// As many blocks as the node lately gave logs of at once.
    span: u64,
    /// A block of which the node has no logs, its bloom has "maybe", and at how many looks so far.
    doubted: (B256, u32),
}

/// What came of asking for a block's logs.
enum Found {
    Block(L1Block),
    /// The chain is another one by now.
    Gone,
    /// It may be too early to believe that there are none.
    Early(B256),
}

impl<C: Chain> Follow<C> {
    pub(super) async fn start(
        chain: C,
        addresses: Vec<Address>,
        from: BlockId,
        options: &CursorOptions,
    ) -> Result<Self, L1Error> {
        let window = Window::new(options.depth, from);
        let range = options.range.max(1);
        let doubted = (B256::ZERO, 0);
        let mut this = Self { chain, addresses, window, head: from, range, span: range, doubted };
        let Some(header) = this.chain.header(Some(from.number)).await? else {
            return Err(this.reorged());
        };
        if BlockId::from(&header) != from {
            return Err(this.reorged());
        }
        this.remember(header).await?;
        Ok(this)
    }

    pub(super) fn tip(&self) -> BlockId {
        self.window.tip()
    }

    pub(super) const fn head(&self) -> BlockId {
        self.head
    }

    pub(super) async fn next(&mut self) -> Result<Step, L1Error> {
        let Some(head) = self.chain.header(None).await? else { return Ok(Step::Idle) };
        self.head = BlockId::from(&head);
        let tip = self.window.tip();
        // A node that lags behind what it said before has not reorganised.
        if self.window.has(self.head) {
            return Ok(Step::Idle);
        }
        if head.parent != tip.hash && !self.is_canonical(tip).await? {
            return self.back().await;
        }
        let last = head.number.min(tip.number.saturating_add(self.range));
        let linked = link(tip, self.headers(tip.number + 1, last).await?);
        let blocks = self.with_logs(linked).await?;
        if blocks.is_empty() {
            return Ok(Step::Idle);
        }
        for block in &blocks {
            self.window.push(BlockId { number: block.number, hash: block.hash });
        }
        Ok(Step::Forward(blocks))
    }

    async fn back(&mut self) -> Result<Step, L1Error> {
        let mut search = self.window.search();
        while let Some(block) = search.question() {
            let canonical = self.is_canonical(block).await?;
            search.answer(canonical);
        }
        let to = search.fork().ok_or_else(|| self.reorged())?;
        self.window.back_to(to);
        Ok(Step::Back { to })
    }

    async fn is_canonical(&self, block: BlockId) -> Result<bool, L1Error> {
        let header = self.chain.header(Some(block.number)).await?;
        Ok(header.is_some_and(|header| header.hash == block.hash))
    }

    fn reorged(&self) -> L1Error {
        L1Error::Reorged { number: self.window.oldest().number, depth: self.window.depth() }
    }

    /// Fills the window with what came before, so that a cursor that just began survives a
    /// reorganisation too.
    async fn remember(&mut self, from: Header) -> Result<(), L1Error> {
        let first = from.number.saturating_sub(self.window.depth() as u64);
        if first == from.number {
            return Ok(());
        }
        let headers = self.headers(first, from.number - 1).await?;
        let mut parent = from.parent;
        for header in headers.into_iter().rev() {
            let Some(header) = header.filter(|header| header.hash == parent) else { break };
            parent = header.parent;
            self.window.remember([BlockId::from(&header)]);
        }
        Ok(())
    }

    async fn headers(&self, first: u64, last: u64) -> Result<Vec<Option<Header>>, L1Error> {
        let numbers: Vec<u64> = (first..=last).collect();
        let mut headers = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(AT_ONCE) {
            let asked = some.iter().map(|number| self.chain.header(Some(*number)));
            for header in join_all(asked).await {
                headers.push(header?);
            }
        }
        Ok(headers)
    }

    /// The blocks whose logs are certain, from the first on. Near the head each block is asked for
    /// by its hash; far from it, where nothing reorganises, many at once.
    async fn with_logs(&mut self, headers: Vec<Header>) -> Result<Vec<L1Block>, L1Error> {
        let near = self.head.number.saturating_sub(self.window.depth() as u64);
        let far = headers.partition_point(|header| header.number < near);
        let mut blocks = Vec::with_capacity(headers.len());
        let mut rest = &headers[..far];
        while !rest.is_empty() {
            let count = rest.len().min(usize::try_from(self.span).unwrap_or(usize::MAX));
            let (some, others) = rest.split_at(count);
            let (first, last) = (some[0].number, some[count - 1].number);
            match self.chain.logs(first, last, &self.addresses).await {
                Ok(logs) => {
                    let found = distribute(some, &self.addresses, logs);
                    if !self.complete(&mut blocks, some, found).await? {
                        return Ok(blocks);
                    }
                    self.span = self.span.saturating_mul(2).min(self.range);
                    rest = others;
                }
                // Nodes say in many ways that this is too much at once.
                Err(L1Error::Refused { .. } | L1Error::NotANode { .. }) if count > 1 => {
                    self.span = count as u64 / 2;
                }
                Err(L1Error::Refused { .. } | L1Error::NotANode { .. }) => {
                    if !self.complete(&mut blocks, some, vec![None]).await? {
                        return Ok(blocks);
                    }
                    rest = others;
                }
                Err(error) => return Err(error),
            }
        }
        for some in headers[far..].chunks(AT_ONCE) {
            if !self.complete(&mut blocks, some, vec![None; some.len()]).await? {
                break;
            }
        }
        Ok(blocks)
    }

    /// Asks by hash for the logs that are missing. False if some cannot be had now.
    async fn complete(
        &mut self,
        blocks: &mut Vec<L1Block>,
        headers: &[Header],
        found: Vec<Option<L1Block>>,
    ) -> Result<bool, L1Error> {
        let this = &*self;
        let asked = headers.iter().zip(found).map(|(header, found)| async move {
            match found {
                Some(block) => Ok(Found::Block(block)),
                None => this.logs_of(header).await,
            }
        });
        for found in join_all(asked).await {
            match found? {
                Found::Block(block) => blocks.push(block),
                Found::Gone => return Ok(false),
                Found::Early(hash) => {
                    let before = if self.doubted.0 == hash { self.doubted.1 } else { 0 };
                    self.doubted = (hash, before.saturating_add(1));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// At how many looks a block was doubted.
    fn said(&self, header: &Header) -> u32 {
        if self.doubted.0 == header.hash { self.doubted.1 } else { 0 }
    }

    /// Whether "no logs" of a block whose bloom says otherwise may be for want of time.
    fn is_early(&self, header: &Header) -> bool {
        let near = self.head.number < header.number.saturating_add(INDEXED);
        self.said(header) < BELIEVED && near
    }

    async fn logs_of(&self, header: &Header) -> Result<Found, L1Error> {
        let id = BlockId::from(header);
        // Blooms often say "maybe" for nothing, and requests for logs are dear: not at every look.
        if self.is_early(header) && !(self.said(header) + 1).is_power_of_two() {
            return Ok(Found::Early(header.hash));
        }
        match self.chain.logs_of(header.hash, &self.addresses).await {
            // Some nodes answer with nothing for a block that they do not have any more.
            Ok(logs) if logs.is_empty() && may_have_logs(header, &self.addresses) => {
                if !self.is_canonical(id).await? {
                    Ok(Found::Gone)
                } else if self.is_early(header) {
                    Ok(Found::Early(header.hash))
                } else {
                    Ok(bind(header, logs).map_or(Found::Gone, Found::Block))
                }
            }
            Ok(logs) => Ok(bind(header, logs).map_or(Found::Gone, Found::Block)),
            Err(error @ L1Error::Refused { .. }) => {
                if self.is_canonical(id).await? {
                    Err(error)
                } else {
                    Ok(Found::Gone)
                }
            }
            Err(error) => Err(error),
        }
    }
}
