//! Two chains of claims that cannot both be right.

use tern_protocol::{BlockNumber, Checkpoints, Claim, ClaimId, Hash};

use crate::{Conflict, Inputs, Point, Refusal, State};

/// The names of the claims on both sides.
pub(crate) struct Sides {
    pub(crate) a: Vec<ClaimId>,
    pub(crate) b: Vec<ClaimId>,
}

impl State {
    /// Whether the conflict holds: both chains known and unbroken, and not both can be right.
    pub(crate) fn check_conflict(&self, conflict: &Conflict) -> Result<Sides, Refusal> {
        let sides = Sides { a: self.check_chain(&conflict.a)?, b: self.check_chain(&conflict.b)? };
        if let ([a], [b]) = (&conflict.a[..], &conflict.b[..])
            && Inputs::of(a) == Inputs::of(b)
        {
            Refusal::unless(sides.a != sides.b, Refusal::NoConflict)?;
            return Ok(sides);
        }
        Refusal::unless(conflict.hash_a != conflict.hash_b, Refusal::NoConflict)?;
        Refusal::unless(conflict.differ_number > conflict.common_number, Refusal::NoConflict)?;
        let (common, number) = (&conflict.common, conflict.common_number);
        let common_a = self.has_block(conflict.a.first(), common, number, &conflict.common_path_a);
        let common_b = self.has_block(conflict.b.first(), common, number, &conflict.common_path_b);
        Refusal::unless(common_a && common_b, Refusal::CommonNotProven)?;
        let number = conflict.differ_number;
        let (a, b) = (conflict.a.last(), conflict.b.last());
        let differ_a = self.has_checkpoint(a, &conflict.hash_a, number, &conflict.path_a);
        let differ_b = self.has_checkpoint(b, &conflict.hash_b, number, &conflict.path_b);
        Refusal::unless(differ_a && differ_b, Refusal::DifferNotProven)?;
        Ok(sides)
    }

    fn check_chain(&self, chain: &[Claim]) -> Result<Vec<ClaimId>, Refusal> {
        Refusal::unless(!chain.is_empty(), Refusal::WrongLength(0))?;
        for (index, pair) in chain.windows(2).enumerate() {
            let linked = Point::end(&pair[0]) == Point::start(&pair[1]);
            Refusal::unless(linked, Refusal::BrokenChain(index + 1))?;
        }
        let known = |claim| {
            let id = self.id(claim);
            let known = self.contents.contains_key(&id);
            if known { Ok(id) } else { Err(Refusal::UnknownContent(id)) }
        };
        chain.iter().map(known).collect()
    }

    /// Whether a claim starts from the block or has it as a checkpoint.
    fn has_block(
        &self,
        claim: Option<&Claim>,
        block: &Hash,
        number: BlockNumber,
        path: &[Hash],
    ) -> bool {
        let starts = claim.is_some_and(|claim| {
            let range = self.inbox.range(claim.first_batch, claim.last_batch);
            range.is_some_and(|range| range.from_block == number.0) && claim.parent_block == *block
        });
        starts || self.has_checkpoint(claim, block, number, path)
    }

    fn has_checkpoint(
        &self,
        claim: Option<&Claim>,
        block: &Hash,
        number: BlockNumber,
        path: &[Hash],
    ) -> bool {
        let proven = |claim: &Claim| {
            let range = self.inbox.range(claim.first_batch, claim.last_batch)?;
            let index = number.0.checked_sub(range.from_block + 1)?;
            let count = range.to_block - range.from_block;
            let (count, index) = (usize::try_from(count).ok()?, usize::try_from(index).ok()?);
            Some(Checkpoints::verify(&claim.checkpoints, count, index, block, path))
        };
        claim.and_then(proven).unwrap_or(false)
    }
}
